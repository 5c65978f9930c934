"""The queue of one function: order, counters, jobs that are gone, sleepers."""

from __future__ import annotations

import pytest

from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.queues import NOTHING, FunctionQueue, identity
from gearcli.server.registry import Registry

HIGH, NORMAL, LOW = 0, 1, 2


@pytest.fixture
def queue() -> FunctionQueue:
    return FunctionQueue(b"f", b"H:%d")


def put(queue: FunctionQueue, name: bytes, priority: int = NORMAL) -> Job:
    """Let a job wait, whose workload is a name to know it by."""
    job = Job(1, queue, b"", name, (priority, True))
    queue.put(job)
    return job


def drop(queue: FunctionQueue, job: Job) -> None:
    """Let a waiting job be gone, as the engine does."""
    job.number = 0
    queue.discard(job)


def taken(queue: FunctionQueue) -> list[bytes]:
    """The names of all jobs, in the order in which they are handed out."""
    names = []
    while queue.best < NOTHING:
        names.append(queue.take().workload)
    return names


def test_an_empty_queue_has_nothing(queue: FunctionQueue) -> None:
    assert (NOTHING, 0, [0, 0, 0], 0, 0, 0) == (
        queue.best, queue.waiting, queue.counts, queue.running, queue.workers, queue.waking,
    )  # fmt: skip


def test_the_highest_priority_comes_first_then_the_oldest(queue: FunctionQueue) -> None:
    for name, priority in ((b"1", LOW), (b"2", NORMAL), (b"3", HIGH), (b"4", NORMAL), (b"5", HIGH)):
        put(queue, name, priority)
    assert [b"3", b"5", b"2", b"4", b"1"] == taken(queue)


def test_counters_follow(queue: FunctionQueue) -> None:
    seen = []
    for priority in (LOW, NORMAL, HIGH):
        put(queue, b"%d" % priority, priority)
        seen.append((queue.best, queue.waiting, list(queue.counts)))
    while queue.best < NOTHING:
        queue.take()
        seen.append((queue.best, queue.waiting, list(queue.counts)))
    assert [
        (LOW, 1, [0, 0, 1]),
        (NORMAL, 2, [0, 1, 1]),
        (HIGH, 3, [1, 1, 1]),
        (NORMAL, 2, [0, 1, 1]),
        (LOW, 1, [0, 0, 1]),
        (NOTHING, 0, [0, 0, 0]),
    ] == seen


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_job_that_is_gone_is_passed_over(queue: FunctionQueue, gone: int) -> None:
    jobs = [put(queue, b"%d" % i) for i in range(3)]
    drop(queue, jobs[gone])
    assert 2 == queue.waiting
    assert [b"%d" % i for i in range(3) if i != gone] == taken(queue)


def test_the_last_job_that_goes_leaves_nothing(queue: FunctionQueue) -> None:
    low = put(queue, b"low", LOW)
    drop(queue, put(queue, b"high", HIGH))
    assert LOW == queue.best
    drop(queue, low)
    assert NOTHING == queue.best
    put(queue, b"new", LOW)
    assert [b"new"] == taken(queue)


def test_jobs_that_are_gone_do_not_pile_up(queue: FunctionQueue) -> None:
    stays = put(queue, b"stays")
    for _ in range(10_000):
        drop(queue, put(queue, b"goes"))
        assert sum(len(lane) for lane in queue._lanes) < 200
    assert [stays] == [queue.take()]


@pytest.mark.parametrize(("waiting", "gone"), [(1000, 1), (1000, 400), (3, 2)])
def test_a_few_jobs_that_are_gone_stay_where_they_are(queue: FunctionQueue, waiting: int, gone: int) -> None:
    """Taking each out at once would cost as much as the queue is long."""
    for job in [put(queue, b"%d" % i) for i in range(waiting)][:gone]:
        drop(queue, job)
    assert waiting == len(queue._lanes[NORMAL])
    assert waiting - gone == len(taken(queue))


def test_a_paused_queue_gives_nothing_out_until_it_is_resumed(queue: FunctionQueue) -> None:
    put(queue, b"before", LOW)
    queue.pause()
    gone = put(queue, b"gone", HIGH)
    put(queue, b"while", NORMAL)
    drop(queue, gone)
    assert (NOTHING, 0, 2) == (queue.best, queue.runnable, queue.waiting)
    queue.resume()
    assert (NORMAL, 2, 2) == (queue.best, queue.runnable, queue.waiting)
    assert [b"while", b"before"] == taken(queue)


def test_the_longest_sleeper_is_found_first(queue: FunctionQueue) -> None:
    peers = [Peer([]) for _ in range(3)]
    for peer in peers:
        peer.asleep = True
        queue.list_sleeper(peer)
    assert [*peers, None] == [queue.next_sleeper() for _ in range(4)]


def test_who_woke_up_elsewhere_is_dropped_and_knows_it(queue: FunctionQueue) -> None:
    awake, asleep = Peer([]), Peer([])
    asleep.asleep = True
    for peer in (awake, asleep):
        queue.list_sleeper(peer)
    assert queue.next_sleeper() is asleep
    assert ([queue], [queue], []) == (list(awake.unlisted), list(asleep.unlisted), list(queue.sleepers))


def aged(queue: FunctionQueue, submitted: float, priority: int = NORMAL) -> Job:
    """A waiting job that was submitted then."""
    job = Job(int(submitted) + 1, queue, b"", b"%d" % submitted, (priority, True), submitted)
    queue.put(job)
    return job


def test_the_oldest_job_is_told(queue: FunctionQueue) -> None:
    assert queue.oldest() is None
    second = aged(queue, 2.0, HIGH)
    assert second is queue.oldest()
    first = aged(queue, 1.0, LOW)
    assert first is queue.oldest()


def test_the_oldest_job_is_none_that_is_gone(queue: FunctionQueue) -> None:
    jobs = [aged(queue, float(number)) for number in range(4)]
    drop(queue, jobs[0])
    drop(queue, jobs[1])
    drop(queue, jobs[3])
    assert jobs[2] is queue.oldest()
    assert (1, [0, 1, 0], NORMAL) == (queue.waiting, queue.counts, queue.best)
    assert [b"2"] == taken(queue)
    assert queue.oldest() is None


def test_the_oldest_is_found_behind_those_that_are_gone() -> None:
    registry = Registry(b"H:")
    queue = registry.new_queue(b"f")
    assert queue is not None
    first, second = (registry.add(queue, b"", b"w", (1, True)) for _ in range(2))
    registry.cancel(first)
    assert second is queue.oldest()


def test_identities() -> None:
    assert b"u" == identity(b"u", b"w")
    assert b"" == identity(b"", b"w")
    assert b"" == identity(b"-", b"")
    assert identity(b"-", b"w") == identity(b"-", b"w") != identity(b"-", b"v")


@pytest.mark.parametrize(("name", "left"), [(b"1", [b"2"]), (b"2", [b"1"])])
def test_a_job_that_somebody_has_after_all_waits_no_longer(
    queue: FunctionQueue, name: bytes, left: list[bytes]
) -> None:
    jobs = {each: put(queue, each) for each in (b"1", b"gone", b"2")}
    drop(queue, jobs[b"gone"])
    queue.withdraw(jobs[name])
    assert 1 == queue.waiting
    assert left == taken(queue)


def test_the_last_job_that_is_withdrawn_leaves_nothing(queue: FunctionQueue) -> None:
    job = put(queue, b"1")
    drop(queue, put(queue, b"gone"))
    queue.withdraw(job)
    assert (NOTHING, 0) == (queue.best, queue.waiting)
