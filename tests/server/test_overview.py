"""One look at a server: its functions, row by row."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.counters import OTHER, Counters
from gearcli.server.counting import count
from gearcli.server.engine import Engine
from gearcli.server.overview import FunctionRow, Vitals, overview
from tests.server.transcript import Console, Talker

VITALS = Vitals("1.2.3", 1_700_000_000.0, 60.0, 1.5, 1 << 20, False)


@pytest.fixture
def counters(engine: Engine) -> Counters:
    counters = Counters(functions=3)
    count(engine, counters)
    return counters


def rows(engine: Engine, counters: Counters) -> dict[str, FunctionRow]:
    return {row.name: row for row in overview(engine, counters, VITALS).functions}


def test_a_function_and_its_jobs(counters: Counters, engine: Engine, client: Talker, worker: Talker) -> None:
    engine.tick(100.0, 1_700_000_000.0)
    client.submit_bg(b"taken")
    worker.take()
    for type_ in (P.SUBMIT_JOB_HIGH_BG, P.SUBMIT_JOB_BG, P.SUBMIT_JOB_BG, P.SUBMIT_JOB_LOW_BG):
        client.say(type_, b"f", b"", b"w")
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"1800000000", b"w")
    engine.tick(104.0, 1_700_000_004.0)
    row = rows(engine, counters)["f"]
    assert (1, 2, 1, 1, 1, 1, 4.0, False) == (
        row.high, row.normal, row.low, row.delayed, row.running, row.workers, row.oldest, row.paused,
    )  # fmt: skip
    assert (4, 5, 6, False) == (row.waiting, row.queued, row.total, row.stuck)
    assert row.counted is counters.of(b"f")


def test_jobs_without_a_worker_are_stuck_and_paused_ones_are_told(
    counters: Counters, engine: Engine, console: Console, client: Talker
) -> None:
    client.submit_bg(b"w")
    console.ask(b"pause f")
    row = rows(engine, counters)["f"]
    assert (True, True, 1) == (row.stuck, row.paused, row.waiting)


def test_functions_too_many_are_one_row_and_the_last(
    counters: Counters, engine: Engine, client: Talker
) -> None:
    for name in (b"z", b"y", b"x", b"b", b"a"):
        client.submit_bg(b"w", function=name)
    found = rows(engine, counters)
    assert ["x", "y", "z", OTHER] == list(found)
    assert (2, 1) == (found[OTHER].waiting, found["z"].waiting)


def test_the_server_itself(counters: Counters, engine: Engine, client: Talker) -> None:
    seen = overview(engine, counters, VITALS)
    assert ([], 1, VITALS, counters) == (seen.functions, seen.connections, seen.vitals, seen.counters)


@pytest.mark.parametrize("line", [b"status", b"pause f"])
def test_a_function_with_nothing_to_do(
    counters: Counters, engine: Engine, console: Console, worker: Talker, line: bytes
) -> None:
    console.ask(line)
    row = rows(engine, counters)["f"]
    assert (0, 0.0, 1, False, line == b"pause f") == (
        row.total, row.oldest, row.workers, row.stuck, row.paused,
    )  # fmt: skip
