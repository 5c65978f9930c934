"""What is kept of background jobs, how much of it, and for how long; `test_documents` has how it is told."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.engine import Engine
from gearcli.server.peers import Peer
from gearcli.server.results import OVERHEAD, WARNINGS_LIMIT, Kept, Results
from tests.server.transcript import NO_JOB, Console, Talker, completed, error, failed

CANCELLED, PURGED = "it was cancelled", "it was purged"
NAMES = len(b"H:1") + len(b"f")
"""What the names of a job take."""


@pytest.fixture
def engine() -> Engine:
    """An engine that keeps results for ten seconds; it is a quarter past noon in 2026."""
    engine = Engine(b"H:", keep_results=10.0)
    engine.tick(100.0, 1_780_000_000.25)
    return engine


def results_of(engine: Engine) -> Results:
    """Where an engine keeps results."""
    results = engine.registry.results
    assert results is not None
    return results


def limited(engine: Engine, limit: int) -> Results:
    """The same, with room for so many bytes."""
    results = results_of(engine)
    results._limit = limit
    return results


def kept_of(engine: Engine, handle: bytes = b"H:1") -> Kept:
    """What is kept of a job."""
    kept = results_of(engine).get(handle)
    assert kept is not None
    return kept


def done(client: Talker, worker: Talker, result: bytes, *parts: bytes) -> bytes:
    """Have a background job done; its handle."""
    client.submit_bg(b"w")
    handle = worker.take()
    for part in parts:
        assert [] == worker.say(P.WORK_DATA, handle, part)
    assert [] == worker.say(P.WORK_COMPLETE, handle, result)
    return handle


def used(results: Results) -> int:
    """What everything takes, counted out; it is what `results` thinks, and not too much."""
    coming = sum(len(said.data) + len(said.warnings) for said in results._said.values())
    total = coming + sum(kept.room for kept in results._kept.values())
    assert (coming, total) == (results._coming, results._used)
    assert total <= results._limit
    return total


# -- how a job ends -------------------------------------------------------------------


def test_a_job_that_is_done(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w", unique=b"u")
    worker.take()
    assert results_of(engine).get(b"H:1") is None
    assert [] == worker.say(P.WORK_COMPLETE, b"H:1", b"re\0sult")
    assert {
        "handle": b"H:1", "function": b"f", "unique": b"u", "state": "done", "attempt": 1,
        "ended": 1_780_000_000.25, "until": 110.0, "size": 7, "result": b"re\0sult",
        "exception": None, "warnings": b"", "reason": None,
    } == kept_of(engine)._asdict()  # fmt: skip


def test_its_result_is_all_its_parts(engine: Engine, client: Talker, worker: Talker) -> None:
    done(client, worker, b"the end", b"a\0", b"", b"b")
    assert (b"a\0bthe end", 10) == (kept_of(engine).result, kept_of(engine).size)


def test_a_job_that_its_worker_gave_up(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    worker.take()
    worker.say(P.WORK_WARNING, b"H:1", b"no disk\n")
    worker.say(P.WORK_DATA, b"H:1", b"a part")
    worker.say(P.WORK_WARNING, b"H:1", b"exit 3")
    assert [] == worker.say(P.WORK_FAIL, b"H:1")
    kept = kept_of(engine)
    assert ("failed", b"a part", 6, None, None) == (
        kept.state, kept.result, kept.size, kept.exception, kept.reason,
    )  # fmt: skip
    assert b"no disk\nexit 3" == kept.warnings


def test_a_job_that_threw_an_exception(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    worker.take()
    assert [] == worker.say(P.WORK_EXCEPTION, b"H:1", b"no such\0file")
    assert [] == worker.say(P.WORK_FAIL, b"H:1"), "as Perl's worker says it"
    kept = kept_of(engine)
    assert ("failed", b"", b"no such\0file", None) == (kept.state, kept.result, kept.exception, kept.reason)


def test_a_job_that_is_cancelled_while_it_waits(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    for line in (b"cancel job H:1", b"purge f"):
        client.submit_bg(b"w")
        assert not console.ask(line).startswith(b"ERR")
    first, second = kept_of(engine), kept_of(engine, b"H:2")
    assert [("failed", 0, CANCELLED), ("failed", 0, PURGED)] == [
        (kept.state, kept.attempt, kept.reason) for kept in (first, second)
    ]


def test_a_job_that_is_cancelled_while_it_runs(
    engine: Engine, console: Console, client: Talker, worker: Talker
) -> None:
    client.submit_bg(b"w")
    worker.take()
    worker.say(P.WORK_DATA, b"H:1", b"before")
    for _ in range(2):
        console.ask(b"cancel job H:1")
    for type_ in (P.WORK_DATA, P.WORK_WARNING, P.WORK_COMPLETE):
        assert [] == worker.say(type_, b"H:1", b"after")
    kept = kept_of(engine)
    assert ("failed", b"before", b"", 1, CANCELLED) == (
        kept.state, kept.result, kept.warnings, kept.attempt, kept.reason,
    )  # fmt: skip
    assert kept.room == used(results_of(engine))


def test_a_job_that_took_too_long(engine: Engine, client: Talker) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"5000")
    client.submit_bg(b"w")
    worker.take()
    engine.tick(105.0)
    assert ("failed", "it took longer than its worker had allowed") == (
        kept_of(engine).state,
        kept_of(engine).reason,
    )


@pytest.mark.parametrize(("retries", "again"), [(0, False), (1, True)])
def test_a_job_that_has_lost_its_worker(retries: int, again: bool) -> None:
    engine = Engine(b"H:", retries=retries, keep_results=10.0)
    client, worker, second = Talker(engine), Talker(engine).can_do(b"f"), Talker(engine).can_do(b"f")
    client.submit_bg(b"w")
    for type_ in (P.WORK_DATA, P.WORK_WARNING):
        worker.say(type_, worker.take() if type_ is P.WORK_DATA else b"H:1", b"of the first")
    worker.leave()
    assert again == (second.grab() == b"w")
    if again:
        second.say(P.WORK_DATA, b"H:1", b"of the ")
        second.say(P.WORK_COMPLETE, b"H:1", b"second")
        assert ("done", b"of the second", b"", 2) == (
            kept_of(engine).state, kept_of(engine).result, kept_of(engine).warnings, kept_of(engine).attempt,
        )  # fmt: skip
    else:
        assert "its worker was lost in attempt 1, the last" == kept_of(engine).reason
    assert kept_of(engine).room == used(results_of(engine))


# -- which jobs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "fields"), [(P.WORK_COMPLETE, [b"r"]), (P.WORK_FAIL, []), (P.WORK_EXCEPTION, [b"e"])]
)
def test_nothing_is_kept_of_a_job_whose_client_listens(
    engine: Engine, client: Talker, worker: Talker, type_: P, fields: list[bytes]
) -> None:
    handle = client.submit(b"w")
    worker.take()
    worker.say(P.WORK_DATA, handle, b"data")
    worker.say(P.WORK_WARNING, handle, b"warning")
    worker.say(type_, handle, *fields)
    told = completed(handle, *fields) if type_ is P.WORK_COMPLETE else failed(handle)
    assert [(P.WORK_DATA, [handle, b"data"]), (P.WORK_WARNING, [handle, b"warning"]), told] == client.heard()
    assert results_of(engine).get(handle) is None
    assert (0, {}, inf) == (used(results_of(engine)), results_of(engine)._said, engine.due())


def test_a_job_that_is_both_is_told_and_kept(engine: Engine, client: Talker, worker: Talker) -> None:
    handle = client.submit(b"w", unique=b"u")
    client.submit_bg(b"w", unique=b"u")
    worker.take()
    worker.say(P.WORK_COMPLETE, handle, b"r")
    assert [completed(handle, b"r")] == client.heard()
    assert b"r" == kept_of(engine).result


def test_half_a_result_is_none(engine: Engine, client: Talker, worker: Talker) -> None:
    """A client that asks for an identical job in the background comes too late for what was said before."""
    client.submit(b"w", unique=b"u")
    worker.take()
    worker.say(P.WORK_DATA, b"H:1", b"lost")
    Talker(engine).submit_bg(b"w", unique=b"u")
    worker.say(P.WORK_DATA, b"H:1", b"heard")
    worker.say(P.WORK_COMPLETE, b"H:1", b"end")
    kept = kept_of(engine)
    assert ("done", None, 12) == (kept.state, kept.result, kept.size)
    assert "a part of it came before the job was a background job" == kept.reason


@pytest.mark.parametrize(
    ("type_", "refusal"),
    [
        (P.WORK_DATA, Refusal.UPDATE),
        (P.WORK_WARNING, Refusal.UPDATE),
        (P.WORK_COMPLETE, Refusal.RESULT),
        (P.WORK_EXCEPTION, Refusal.EXCEPTION),
    ],
)
def test_only_the_worker_that_runs_a_job_is_believed(
    engine: Engine, client: Talker, worker: Talker, type_: P, refusal: Refusal
) -> None:
    client.submit_bg(b"w")
    worker.take()
    for handle in (b"H:1", b"H:99"):
        assert [error(refusal)] == Talker(engine).say(type_, handle, b"a lie")
    worker.say(P.WORK_COMPLETE, b"H:1", b"the truth")
    assert (b"the truth", b"") == (kept_of(engine).result, kept_of(engine).warnings)
    assert [NO_JOB] == worker.say(P.GRAB_JOB)


def test_a_server_that_keeps_nothing_has_no_part_in_it() -> None:
    engine = Engine(b"H:")
    assert (None, 0.0) == (engine.registry.results, engine.keep_results)
    assert {"Reports"} == {
        type(getattr(engine.handlers[type_], "__self__", None)).__name__
        for type_ in (P.WORK_DATA, P.WORK_WARNING, P.WORK_COMPLETE, P.WORK_EXCEPTION)
    }


# -- how long ---------------------------------------------------------------------------------


def test_results_expire_in_their_turn(engine: Engine, client: Talker, worker: Talker) -> None:
    results = results_of(engine)
    first = done(client, worker, b"1")
    engine.tick(104.0)
    second = done(client, worker, b"2")
    assert 110.0 == engine.due()
    engine.tick(109.9)
    assert b"1" == kept_of(engine, first).result
    engine.tick(110.0)
    assert (None, b"2") == (results.get(first), kept_of(engine, second).result)
    assert 114.0 == engine.due()
    engine.tick(120.0)
    assert (None, 0, inf) == (results.get(second), used(results), engine.due())
    done(client, worker, b"3")
    assert 130.0 == engine.due()


def test_however_many_are_dropped_there_is_one_timer(engine: Engine, client: Talker, worker: Talker) -> None:
    results = limited(engine, 2 * OVERHEAD)
    for _ in range(50):
        done(client, worker, b"r")
    assert (1, 1) == (len(results._kept), len(engine.registry.timers._heap))


# -- how much ---------------------------------------------------------------------------------


def test_the_oldest_go_first(engine: Engine, client: Talker, worker: Talker) -> None:
    results = limited(engine, 3 * (OVERHEAD + NAMES + 10))
    handles = [done(client, worker, b"x" * 10) for _ in range(5)]
    assert [False, False, True, True, True] == [results.get(handle) is not None for handle in handles]
    assert results._limit == used(results)


@pytest.mark.parametrize(("size", "kept"), [(99, b"x" * 99), (100, b"x" * 100), (101, None), (100_000, None)])
@pytest.mark.parametrize("parts", [0, 1, 3])
def test_a_result_that_is_too_big_is_kept_without_its_bytes(
    engine: Engine, client: Talker, worker: Talker, size: int, kept: bytes | None, parts: int
) -> None:
    results = limited(engine, OVERHEAD + NAMES + 100)
    part = size // 3
    done(client, worker, b"x" * (size - parts * part), *[b"x" * part] * parts)
    found = kept_of(engine)
    assert (kept, size) == (found.result, found.size)
    assert (None if kept else f"there was no room for its {size} bytes") == found.reason
    assert found.room == used(results)


def test_a_part_that_is_too_much_takes_the_others_with_it(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    results = limited(engine, 2000)
    client.submit_bg(b"w")
    worker.take()
    for total in (1500, 1500 + 501, 1500 + 501 + 10):
        worker.say(P.WORK_DATA, b"H:1", b"x" * (total - sum(said.size for said in results._said.values())))
        assert (1500 if total == 1500 else 0) == used(results)
    worker.say(P.WORK_EXCEPTION, b"H:1", b"oh")
    kept = kept_of(engine)
    assert ("failed", None, 2011, b"oh", None) == (
        kept.state, kept.result, kept.size, kept.exception, kept.reason,
    )  # fmt: skip


def test_what_is_still_coming_pushes_the_oldest_out_and_is_never_pushed_out(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    results = limited(engine, 2 * OVERHEAD + 100)
    old = done(client, worker, b"old")
    client.submit_bg(b"w")
    running = worker.take()
    worker.say(P.WORK_DATA, running, b"x" * (OVERHEAD + 95))
    assert results.get(old) is None
    short = done(client, Talker(engine).can_do(b"f"), b"y" * 50)
    assert (None, "there was no room for its 50 bytes") == (
        kept_of(engine, short).result,
        kept_of(engine, short).reason,
    )
    assert b"x" * (OVERHEAD + 95) == bytes(next(iter(results._said.values())).data)
    used(results)


def test_an_exception_that_is_too_long_is_a_failure_without_words(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    limited(engine, OVERHEAD + 100)
    client.submit_bg(b"w")
    worker.say(P.WORK_EXCEPTION, worker.take(), b"x" * 101)
    kept = kept_of(engine)
    assert ("failed", None, None, None) == (kept.state, kept.result, kept.exception, kept.reason)


def test_where_there_is_no_room_at_all_nothing_is_kept(
    engine: Engine, client: Talker, worker: Talker
) -> None:
    results = limited(engine, OVERHEAD)
    handle = done(client, worker, b"")
    assert (None, 0, inf) == (results.get(handle), used(results), engine.due())


def test_the_last_warnings_are_kept(engine: Engine, client: Talker, worker: Talker) -> None:
    client.submit_bg(b"w")
    worker.take()
    for warning in (b"", b"first", b"x" * WARNINGS_LIMIT, b"last"):
        worker.say(P.WORK_WARNING, b"H:1", warning)
        used(results_of(engine))
    worker.say(P.WORK_COMPLETE, b"H:1", b"")
    assert b"x" * (WARNINGS_LIMIT - 5) + b"\nlast" == kept_of(engine).warnings


def test_a_warning_without_room_is_not_kept(engine: Engine, client: Talker, worker: Talker) -> None:
    limited(engine, OVERHEAD + NAMES)
    client.submit_bg(b"w")
    worker.take()
    worker.say(P.WORK_DATA, b"H:1", b"x" * (OVERHEAD + NAMES))
    worker.say(P.WORK_WARNING, b"H:1", b"y")
    assert OVERHEAD + NAMES == used(results_of(engine))
    worker.say(P.WORK_FAIL, b"H:1")
    assert b"" == kept_of(engine).warnings


@pytest.mark.parametrize("end", [Engine.disconnect, lambda engine, peer: engine.tick(1000.0)])
def test_what_workers_said_who_are_gone_takes_no_room(
    engine: Engine, client: Talker, end: Callable[[Engine, Peer], None]
) -> None:
    worker = Talker(engine)
    worker.say(P.CAN_DO_TIMEOUT, b"f", b"5000")
    for submit in (client.submit_bg, client.submit):
        submit(b"w")
        handle = worker.take()
        worker.say(P.WORK_DATA, handle, b"data")
        worker.say(P.WORK_WARNING, handle, b"warning")
    client.leave()
    end(engine, worker.peer)
    assert {} == results_of(engine)._said
    used(results_of(engine))
