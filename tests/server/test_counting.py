"""What an engine does is counted once, whatever becomes of a job; without sockets."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gearcli.exposition import Histogram
from gearcli.protocol import runs
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, SUBMISSIONS, PacketType, request
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.counters import Counters, FunctionCounters, Result
from gearcli.server.counting import Counting, count
from gearcli.server.engine import Engine
from gearcli.server.peers import Peer
from tests.server.simulator import Simulation
from tests.server.transcript import Console, Talker


@pytest.fixture
def counters(engine: Engine) -> Counters:
    """What the engine counts; nobody has connected before."""
    counters = Counters()
    count(engine, counters)
    engine.tick(100.0, 1_700_000_000.0)
    return counters


def ends(counters: Counters, function: bytes = b"f") -> dict[str, int]:
    """How jobs of a function ended, without what did not happen."""
    return {result.value: count for result, count in counters.of(function).ended.items() if count}


def times(histogram: Histogram) -> tuple[float, float]:
    """How many there were, and how long they took together."""
    figures = {sample.suffix: sample.value for sample in histogram.samples({})}
    return figures["_count"], figures["_sum"]


def waited(function: FunctionCounters) -> tuple[float, float]:
    return times(function.waited)


def ran(function: FunctionCounters) -> tuple[float, float]:
    return times(function.ran)


# -- how long ----------------------------------------------------------------------------


def test_a_job_waits_runs_and_is_complete(
    counters: Counters, engine: Engine, client: Talker, worker: Talker
) -> None:
    client.submit(b"w")
    engine.tick(103.0)
    handle = worker.take()
    engine.tick(110.0)
    worker.say(P.WORK_COMPLETE, handle, b"r")
    function = counters.of(b"f")
    assert (1, {"completed": 1}, 0) == (function.submitted, ends(counters), function.lost)
    assert ((1, 3.0), (1, 7.0)) == (waited(function), ran(function))


def test_a_job_that_has_lost_its_worker_waits_anew(
    counters: Counters, engine: Engine, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"w")
    worker.take()
    engine.tick(105.0)
    worker.leave()
    engine.tick(107.0)
    second = Talker(engine).can_do(b"f")
    second.say(P.WORK_COMPLETE, second.take(), b"r")
    function = counters.of(b"f")
    assert (1, 1, {"completed": 1}) == (function.submitted, function.lost, ends(counters))
    assert ((2, 2.0), (2, 5.0)) == (waited(function), ran(function))


def test_a_job_waits_from_when_it_is_due(
    counters: Counters, engine: Engine, client: Talker, worker: Talker
) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"1700000050", b"w")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"5", b"at once")
    engine.tick(150.0, 1_700_000_050.0)
    engine.tick(152.0, 1_700_000_052.0)
    worker.take()
    worker.take()
    assert (2, 54.0) == waited(counters.of(b"f"))


# -- how it ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "fields", "end"),
    [
        (P.WORK_COMPLETE, [b"r"], "completed"),
        (P.WORK_FAIL, [], "failed"),
        (P.WORK_EXCEPTION, [b"e"], "exception"),
    ],
)
def test_what_a_worker_says_counts_once(
    counters: Counters, client: Talker, worker: Talker, type_: P, fields: list[bytes], end: str
) -> None:
    client.submit(b"w")
    handle = worker.take()
    for _ in range(2):
        worker.say(type_, handle, *fields)
    assert {end: 1} == ends(counters)


def test_an_exception_of_a_stranger_counts_nothing(
    counters: Counters, client: Talker, worker: Talker
) -> None:
    handle = client.submit(b"w")
    worker.take()
    client.say(P.WORK_EXCEPTION, handle, b"e")
    client.say(P.WORK_EXCEPTION, b"H:77", b"e")
    assert {} == ends(counters)
    assert {"JOB_NOT_FOUND": 2} == counters.errors


def test_a_job_that_took_too_long_has_failed(counters: Counters, engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"5000")
    client.submit(b"w")
    worker.take()
    engine.tick(105.0)
    assert ({"failed": 1}, (1, 5.0)) == (ends(counters), ran(counters.of(b"f")))


def test_a_job_that_was_lost_once_too_often_has_failed() -> None:
    engine, counters = Engine(b"H:", retries=1), Counters()
    count(engine, counters)
    Talker(engine).submit_bg(b"w")
    for _ in range(2):
        worker = Talker(engine).can_do(b"f")
        worker.take()
        worker.leave()
    assert ({"failed": 1}, 2) == (ends(counters), counters.of(b"f").lost)


def test_a_job_nobody_waits_for_is_abandoned(counters: Counters, engine: Engine, worker: Talker) -> None:
    first, second = Talker(engine), Talker(engine)
    first.submit(b"taken")
    second.submit(b"waits")
    worker.take()
    first.leave()
    second.leave()
    assert {"abandoned": 1} == ends(counters)
    worker.leave()
    assert ({"abandoned": 2}, 1) == (ends(counters), counters.of(b"f").lost)


def test_a_job_that_was_cancelled_is_counted_as_that_whatever_its_worker_does(
    counters: Counters, engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"taken")
    client.submit_bg(b"waits")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"1700009999", b"later")
    client.submit(b"lost")
    handle = worker.take()
    for number in (1, 1, 2, 3):
        console.ask(b"cancel job H:%d" % number)
    assert {"cancelled": 3} == ends(counters)
    worker.say(P.WORK_COMPLETE, handle, b"r")
    worker.take()
    console.ask(b"cancel job H:4")
    worker.leave()
    assert ({"cancelled": 4}, 0) == (ends(counters), counters.of(b"f").lost)


def test_purged_jobs_are_cancelled(counters: Counters, console: Console, client: Talker) -> None:
    for _ in range(3):
        client.submit_bg(b"w")
    console.ask(b"purge f")
    assert ({"cancelled": 3}, 3) == (ends(counters), counters.of(b"f").submitted)


def test_an_identical_job_is_no_new_one(counters: Counters, client: Talker) -> None:
    for _ in range(2):
        client.submit(b"w", unique=b"u")
    assert 1 == counters.of(b"f").submitted


# -- who comes, and what is said ----------------------------------------------------------------


def test_connections_packets_and_errors(counters: Counters, engine: Engine, client: Talker) -> None:
    assert 1 == counters.connections
    for _ in range(3):
        client.say(P.ECHO_REQ, b"x")
    client.say(P.WORK_FAIL, b"H:9")
    client.say(P.NOOP)
    assert ([3], [1]) == (counters.packets["ECHO_REQ"], counters.packets["WORK_FAIL"])
    assert 2 == sum(counters.errors.values())
    assert "NOOP" not in counters.packets, "it is none that a peer may send"


def arrive(engine: Engine, peer: Peer, data: bytes) -> set[PacketType]:
    """Let bytes arrive as the loop does; the types of what the decoder made of them."""
    decoder = Decoder(REQUEST)
    decoder.in_runs = True
    types = set()
    for type_, fields in decoder.feed(data):
        types.add(type_)
        engine.handlers[type_](peer, *fields)
    return types


@pytest.mark.parametrize("unique", [b"", b"u"])
def test_packets_of_a_run_are_counted_each(counters: Counters, engine: Engine, unique: bytes) -> None:
    """Those with a unique come as a run too, but are done one by one."""
    number = runs.LEAST * 4
    peer = engine.connect()
    assert P.RUN in arrive(engine, peer, request(P.SUBMIT_JOB_BG, b"f", unique, b"w") * number)
    assert P.RUN in arrive(engine, peer, request(P.ECHO_REQ, b"w") * number)
    assert ([number], [number]) == (counters.packets["SUBMIT_JOB_BG"], counters.packets["ECHO_REQ"])
    assert (1 if unique else number) == counters.of(b"f").submitted


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        (lambda engine: engine.drain(), Refusal.DRAINING.code),
        (lambda engine: engine.admission.refuse(SUBMISSIONS), Refusal.MEMORY.code),
    ],
    ids=["draining", "no room"],
)
def test_packets_that_are_refused_are_counted_each(
    counters: Counters, engine: Engine, refuse: Callable[[Engine], None], code: bytes
) -> None:
    number = runs.LEAST * 4
    peer = engine.connect()
    refuse(engine)
    engine.handlers[P.SUBMIT_JOB](peer, b"f", b"", b"w")
    assert P.RUN in arrive(engine, peer, request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * number)
    assert ([1], [number]) == (counters.packets["SUBMIT_JOB"], counters.packets["SUBMIT_JOB_BG"])
    assert {code.decode(): 1 + number} == counters.errors


def test_packets_are_counted_once_after_some_were_refused(
    counters: Counters, engine: Engine, client: Talker
) -> None:
    engine.admission.refuse(SUBMISSIONS)
    engine.admission.refuse(())
    client.submit(b"w")
    arrive(engine, client.peer, request(P.SUBMIT_JOB, b"f", b"", b"w") * runs.LEAST)
    assert [1 + runs.LEAST] == counters.packets["SUBMIT_JOB"]


# -- all together ----------------------------------------------------------------------------------


def look(engine: Engine, counting: Counting, counters: Counters) -> None:
    """Assert that every job that began is still there or has ended once, and none is remembered longer."""
    jobs = engine.registry.jobs
    submitted = sum(each.submitted for each in counters.functions.values())
    ended = counters.ended(*Result)
    cancelled = {job for job in jobs if job.worker is not None} - counting._began.keys()
    assert not any(job.wanted for job in cancelled)
    assert submitted == ended + len(jobs) - len(cancelled)
    assert counting._began.keys() <= {job for job in jobs if job.worker is not None}
    assert counting._since.keys() <= {job for job in jobs if job.worker is None}


@pytest.mark.parametrize("seed", range(4))
def test_in_a_simulated_server_every_job_ends_once(seed: int) -> None:
    simulation, counters = Simulation(seed, every=1000), Counters()
    counting = Counting(simulation.engine, counters)
    for _ in range(3000):
        simulation.step()
        look(simulation.engine, counting, counters)
    simulation.finish()
    look(simulation.engine, counting, counters)
    assert counters.ended(Result.COMPLETED) > 0
    assert counters.ended(Result.ABANDONED) > 0


@pytest.mark.parametrize(
    ("type_", "end"),
    [(P.WORK_COMPLETE, "completed"), (P.WORK_FAIL, "failed"), (P.WORK_EXCEPTION, "exception")],
)
def test_a_job_that_its_worker_has_again_ends_once(type_: P, end: str) -> None:
    engine, counters = Engine(b"H:", lease=10.0), Counters()
    count(engine, counters)
    worker = Talker(engine).can_do(b"f")
    handle = Talker(engine).submit_bg(b"w")
    worker.take()
    engine.tick(10.0)
    engine.tick(12.0)
    worker.say(P.WORK_STATUS, handle, b"1", b"2")
    engine.tick(15.0)
    worker.say(type_, handle, *[b"r"] * (len(type_.fields) - 1))
    function = counters.of(b"f")
    assert ({end: 1}, 1) == (ends(counters), function.lost)
    assert (2, 13.0) == ran(function)
