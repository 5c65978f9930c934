"""What may happen to a job at a time; of what workers ask for, `test_assignments_timeouts` tells."""

from __future__ import annotations

from gearcli.protocol.packets import Packet
from gearcli.protocol.packets import PacketType as P
from gearcli.server.deadlines import at, untime
from gearcli.server.engine import Engine
from gearcli.server.jobs import Job
from gearcli.server.journal import Journal
from gearcli.server.queues import FunctionQueue
from gearcli.timers import Timers
from tests.server.test_journal import Gated
from tests.server.transcript import Talker, completed, failed


def _job() -> Job:
    return Job(1, FunctionQueue(b"f", b"H:%d"), b"", b"w", (1, True))


def test_it_is_done_at_its_time() -> None:
    job, timers, done = _job(), Timers(), list[Job]()
    at(timers, 5.0, job, done.append)
    assert [] == list(timers.pop_due(4.9))
    for call in timers.pop_due(5.0):
        call()
    assert [job] == done


def test_a_job_that_has_gone_on_is_left_alone() -> None:
    job, timers, other, done = _job(), Timers(), Timers(), list[Job]()
    at(timers, 5.0, job, done.append)
    at(other, 6.0, job, done.append)
    untime(job)
    assert [] == [*timers.pop_due(9.0), *other.pop_due(9.0)]
    assert [] == job.known.timers


def test_what_was_done_is_forgotten() -> None:
    job, timers = _job(), Timers()
    for due in (1.0, 2.0, 3.0):
        at(timers, due, job, lambda _: None)
        list(timers.pop_due(due))
    assert 1 == len(job.known.timers)


# -- the lease ----------------------------------------------------------------------------------------

LEASE = 10.0


class House:
    """An engine with a lease, a client that listens, and a worker that has been silent for too long."""

    def __init__(self, *, retries: int = -1, keep_results: float = 0.0, data: bytes = b"") -> None:
        self.engine = Engine(b"H:", lease=LEASE, retries=retries, keep_results=keep_results)
        self.said = list[str]()
        self.engine.registry.say = self.said.append
        self.client, self.worker, self.other = (Talker(self.engine) for _ in range(3))
        self.worker.peer.address = "10.0.0.1:5"
        for each in (self.worker, self.other):
            each.can_do(b"f")
        self.handle = self.client.submit(b"w", unique=b"u")
        self.client.submit_bg(b"w", unique=b"u")
        self.worker.take()
        if data:
            self.worker.say(P.WORK_DATA, self.handle, data)
        self.client.heard()
        self.engine.tick(LEASE)

    def completes(self, result: bytes = b"late") -> list[Packet]:
        """What the client hears when the worker says that the job is done."""
        assert [] == self.worker.say(P.WORK_COMPLETE, self.handle, result)
        return self.client.heard()


def test_a_lease_that_is_over_is_said() -> None:
    words = "f H:1 is taken from its worker 10.0.0.1:5, which was silent for 10 s (--lease)"
    assert [words] == House().said


def test_a_late_result_counts_while_nobody_else_has_the_job() -> None:
    house = House(keep_results=60.0)
    assert [completed(b"H:1", b"late")] == house.completes()
    assert b"no job" == house.other.grab()
    results = house.engine.registry.results
    assert results is not None
    kept = results.get(b"H:1")
    assert kept is not None
    assert (b"late", 1) == (kept.result, kept.attempt)


def test_a_worker_that_speaks_again_has_the_job_again_and_its_lease() -> None:
    house = House()
    house.worker.say(P.WORK_STATUS, b"H:1", b"1", b"2")
    assert b"no job" == house.other.grab()
    house.engine.tick(LEASE + 9)
    assert 1 == len(house.said)
    house.engine.tick(LEASE + 10)
    assert 2 == len(house.said)
    assert b"w" == house.other.grab()


def test_a_late_result_does_not_count_once_somebody_else_has_the_job() -> None:
    house = House()
    assert b"w" == house.other.grab()
    assert [] == house.completes()
    house.other.say(P.WORK_COMPLETE, b"H:1", b"right")
    assert [completed(b"H:1", b"right")] == house.client.heard()
    assert [] == house.completes()


def test_a_late_result_does_not_count_for_a_function_that_the_worker_has_given_up() -> None:
    house = House()
    house.worker.say(P.CANT_DO, b"f")
    assert [] == house.completes()
    assert b"w" == house.other.grab()


def test_a_result_is_kept_whole_or_not_taken() -> None:
    """Of what came before the worker was silent nothing is kept."""
    house = House(keep_results=60.0, data=b"first ")
    assert [] == house.completes(b"last")
    assert [completed(b"H:1", b"last")] == House(data=b"first ").completes(b"last"), "nothing is kept here"


def test_a_job_that_has_failed_does_not_come_back() -> None:
    house = House(retries=0)
    assert [failed(b"H:1")] == house.client.heard()
    assert [] == house.completes()
    assert [b"H:1"] == [house.engine.registry.dead.handle(letter) for letter in house.engine.registry.dead]


def test_what_is_stored_knows_that_a_job_was_not_lost() -> None:
    engine = Engine(b"H:", lease=LEASE)
    journal, client, worker = Journal(engine.registry), Gated(engine), Talker(engine).can_do(b"f")
    client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")
    journal.settle(journal.take(), True)
    handle = worker.take()
    engine.tick(LEASE)
    assert [1] == list(journal.take().changes.losses.values())
    worker.say(P.WORK_STATUS, handle, b"1", b"2")
    assert [0] == list(journal.take().changes.losses.values())
