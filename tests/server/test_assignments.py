"""Workers: what they can do, which job comes next, and what becomes of jobs when they go."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import SUBMIT_TYPES, Priority
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.assignments import CLIENT_ID_LIMIT
from gearcli.server.engine import Engine
from tests.server.transcript import Talker, completed, error

HIGH, NORMAL, LOW = Priority


def queue_up(client: Talker, *jobs: tuple[bytes, Priority, bytes]) -> None:
    """Submit background jobs, each with its function, priority and workload."""
    for function, priority, workload in jobs:
        client.say(SUBMIT_TYPES[priority, True], function, b"", workload)


def handed_out(worker: Talker) -> list[bytes]:
    """The workloads of all jobs that a worker is given, in order."""
    return list(iter(worker.grab, b"no job"))


def test_jobs_of_one_priority_are_handed_out_by_age(client: Talker, worker: Talker) -> None:
    queue_up(client, *((b"f", NORMAL, b"%d" % i) for i in range(5)))
    assert [b"0", b"1", b"2", b"3", b"4"] == handed_out(worker)


def test_higher_priorities_come_first(client: Talker, worker: Talker) -> None:
    queue_up(client, *((b"f", p, b"%d%d" % (p, i)) for i in range(2) for p in (LOW, NORMAL, HIGH)))
    assert [b"00", b"01", b"10", b"11", b"20", b"21"] == handed_out(worker)


def test_foreground_and_background_jobs_wait_in_one_line(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"1")
    client.submit(b"2")
    client.submit_bg(b"3")
    assert [b"1", b"2", b"3"] == handed_out(worker)


def test_priority_counts_over_all_functions_of_a_worker(engine: Engine, client: Talker) -> None:
    queue_up(client, *((f, p, f + b"%d" % p) for f in (b"a", b"b", b"c") for p in Priority))
    worker = Talker(engine).can_do(b"a", b"b", b"c")
    order = [workload[-1:] for workload in handed_out(worker)]
    assert [b"0"] * 3 + [b"1"] * 3 + [b"2"] * 3 == order


def test_functions_take_turns(engine: Engine, client: Talker) -> None:
    queue_up(client, *((f, NORMAL, f + b"%d" % i) for f in (b"a", b"b", b"c") for i in range(3)))
    worker = Talker(engine).can_do(b"a", b"b", b"c")
    assert [b"a0", b"b0", b"c0", b"a1", b"b1", b"c1", b"a2", b"b2", b"c2"] == handed_out(worker)


def test_a_function_without_jobs_keeps_its_turn(engine: Engine, client: Talker) -> None:
    worker = Talker(engine).can_do(b"a", b"b")
    queue_up(client, (b"b", NORMAL, b"b0"), (b"b", NORMAL, b"b1"))
    assert [b"b0", b"b1"] == handed_out(worker)
    queue_up(client, (b"b", NORMAL, b"b2"), (b"a", NORMAL, b"a0"))
    assert [b"a0", b"b2"] == handed_out(worker)


def test_the_function_named_last_is_served_first(engine: Engine, client: Talker) -> None:
    """libgearman registers its functions in reverse, so the first of its caller comes first."""
    worker = Talker(engine)
    for function in (b"c", b"b", b"a"):
        worker.say(P.CAN_DO, function)
    queue_up(client, *((f, NORMAL, f) for f in (b"c", b"b", b"a")))
    assert [b"a", b"b", b"c"] == handed_out(worker)


def test_workers_have_turns_of_their_own(engine: Engine, client: Talker) -> None:
    first, second = Talker(engine).can_do(b"a", b"b"), Talker(engine).can_do(b"a", b"b")
    queue_up(client, *((f, NORMAL, f) for f in (b"a", b"a", b"b", b"b")))
    assert [b"a", b"a", b"b", b"b"] == [first.grab(), second.grab(), first.grab(), second.grab()]


def test_a_lost_job_waits_at_the_tail_of_its_priority(engine: Engine, client: Talker) -> None:
    dying, worker = Talker(engine).can_do(b"f"), Talker(engine).can_do(b"f")
    queue_up(client, (b"f", NORMAL, b"lost"), (b"f", NORMAL, b"next"), (b"f", LOW, b"low"))
    assert b"lost" == dying.grab()
    dying.leave()
    assert [b"next", b"lost", b"low"] == handed_out(worker)


def test_abilities_are_counted_once(engine: Engine) -> None:
    worker = Talker(engine).can_do(b"f", b"f", b"g")
    assert [1, 1] == [engine.registry.queues[name].workers for name in (b"f", b"g")]
    worker.say(P.CANT_DO, b"f")
    worker.say(P.CANT_DO, b"f")
    worker.say(P.CANT_DO, b"never said")
    assert [0, 1] == [engine.registry.queues[name].workers for name in (b"f", b"g")]
    worker.say(P.RESET_ABILITIES)
    assert [0, 0] == [engine.registry.queues[name].workers for name in (b"f", b"g")]


def test_a_worker_that_left_is_not_counted(engine: Engine, worker: Talker) -> None:
    worker.leave()
    assert (0, {}) == (engine.registry.queues[b"f"].workers, engine.peers)


def test_what_a_worker_gave_up_it_is_not_given(client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    worker.say(P.CANT_DO, b"f")
    assert b"no job" == worker.grab()
    worker.say(P.CAN_DO, b"f")
    assert b"w" == worker.grab()


@pytest.mark.parametrize("said", [(P.CANT_DO, b"f"), (P.RESET_ABILITIES,)])
def test_a_worker_that_gives_a_function_up_loses_its_jobs_of_it(
    engine: Engine, client: Talker, said: tuple[P, *tuple[bytes, ...]]
) -> None:
    worker = Talker(engine).can_do(b"g", b"f")
    handle = client.submit(b"w")
    worker.take()
    worker.say(*said)
    assert [error(Refusal.RESULT)] == worker.say(P.WORK_COMPLETE, handle, b"late")
    other = Talker(engine).can_do(b"f")
    assert handle == other.take()
    other.say(P.WORK_COMPLETE, handle, b"done")
    assert [completed(handle, b"done")] == client.heard()


def test_jobs_of_other_functions_stay_with_the_worker(engine: Engine, client: Talker) -> None:
    worker = Talker(engine).can_do(b"f", b"g")
    handle = client.submit(b"w", function=b"g")
    worker.take()
    worker.say(P.CANT_DO, b"f")
    assert [] == worker.say(P.WORK_COMPLETE, handle, b"done")
    assert [completed(handle, b"done")] == client.heard()


def test_a_job_whose_worker_dies_goes_to_the_next(engine: Engine, client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_STATUS, handle, b"1", b"2")
    client.heard()
    worker.leave()
    assert [(P.STATUS_RES, [handle, b"1", b"0", b"0", b"0"])] == client.say(P.GET_STATUS, handle)
    assert handle == Talker(engine).can_do(b"f").take()


def test_attempts_are_counted(engine: Engine, client: Talker) -> None:
    handle = client.submit(b"w")
    for attempt in (1, 2, 3):
        worker = Talker(engine).can_do(b"f")
        worker.take()
        job = engine.registry.jobs.get(handle)
        assert job is not None
        assert attempt == job.attempt
        worker.leave()


def test_all_jobs_of_a_dead_worker_are_offered_again(engine: Engine, client: Talker, worker: Talker) -> None:
    jobs = [client.submit_bg(b"%d" % i) for i in range(3)]
    for _ in jobs:
        worker.take()
    worker.leave()
    other = Talker(engine).can_do(b"f")
    assert jobs == [other.take() for _ in jobs]


def test_all_of_many_functions_are_given_up(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    for i in range(1000):
        worker.say(P.CAN_DO, b"%d" % i)
    client.submit_bg(b"w", function=b"7")
    worker.take()
    worker.say(P.RESET_ABILITIES)
    assert ({}, {}, {}) == (worker.peer.abilities, worker.peer.unlisted, worker.peer.running)
    assert 1 == engine.registry.queues[b"7"].waiting


def test_a_client_id_is_kept_up_to_its_limit(client: Talker) -> None:
    assert [] == client.say(P.SET_CLIENT_ID, b"worker 7")
    assert b"worker 7" == client.peer.client_id
    client.say(P.SET_CLIENT_ID, b"x" * 200)
    assert b"x" * CLIENT_ID_LIMIT == client.peer.client_id
