"""What is counted as held: it comes with what peers bring, and goes with it, to the last byte."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.engine import Engine
from gearcli.server.memory import ABILITY, FUNCTION, JOB, LANES, TIMER
from tests.server.transcript import Console, Talker


def test_jobs_are_counted_while_they_are_there(engine: Engine, client: Talker, worker: Talker) -> None:
    before = engine.registry.weight
    for number in range(3):
        client.submit(b"w" * 100 + b"%d" % number, unique=b"u%d" % number)
    assert 3 * (JOB + 101) + LANES == engine.registry.weight - before
    for _ in range(3):
        worker.say(P.WORK_COMPLETE, worker.take(), b"")
    assert LANES == engine.registry.weight - before


def test_jobs_of_a_run_are_counted_as_others(engine: Engine, client: Talker, console: Console) -> None:
    engine.run(client.peer, request(P.SUBMIT_JOB_BG, b"f", b"", b"w" * 50) * 10)
    assert 10 * (JOB + 50) + LANES + FUNCTION == engine.registry.weight
    console.ask(b"purge f")
    assert LANES + FUNCTION == engine.registry.weight
    console.ask(b"drop function f")
    assert 0 == engine.registry.weight


def test_abilities_are_counted_while_they_are_there(engine: Engine, client: Talker) -> None:
    client.can_do(b"a", b"b")
    assert 2 * (ABILITY + FUNCTION) == engine.registry.weight
    client.say(P.CANT_DO, b"a")
    client.leave()
    assert 2 * FUNCTION == engine.registry.weight
    engine.registry.drop_idle()
    assert 0 == engine.registry.weight


def test_long_names_are_counted(engine: Engine, client: Talker, console: Console) -> None:
    client.can_do(b"f" * 500)
    assert ABILITY + FUNCTION + 500 == engine.registry.weight
    client.leave()
    console.ask(b"drop function " + b"f" * 500)
    assert 0 == engine.registry.weight


def test_functions_have_the_limit_of_all_unless_they_are_told_otherwise() -> None:
    engine = Engine(b"H:", max_queue=2)
    console, client = Console(engine), Talker(engine)
    console.ask(b"maxqueue other 1")
    console.ask(b"maxqueue any 0")
    most = {}
    for function in (b"f", b"other", b"any"):
        answers = [client.say(P.SUBMIT_JOB_BG, function, b"", b"w")[0][0] for _ in range(4)]
        most[function] = answers.count(P.JOB_CREATED)
    assert {b"f": 2, b"other": 1, b"any": 4} == most


def test_names_that_are_too_long_are_no_operators_either(console: Console) -> None:
    for command in (b"create function ", b"maxqueue "):
        assert console.ask(command + b"f" * 513 + b" 1"[: 2 * (b"max" in command)]).startswith(
            b"ERR ARGUMENT"
        )


def test_limits_are_counted_while_they_are_set(engine: Engine, console: Console) -> None:
    for _ in range(2):
        console.ask(b"maxqueue resize 5")
        assert FUNCTION + 6 == engine.registry.weight
    console.ask(b"maxqueue resize 0")
    assert 0 == engine.registry.weight


def test_jobs_of_later_are_counted_with_their_timers(engine: Engine, client: Talker) -> None:
    client.say(P.SUBMIT_JOB_EPOCH, b"f", b"", b"4000000000", b"w")
    assert JOB + 1 + TIMER + FUNCTION == engine.registry.weight


def test_functions_that_are_needed_are_not_dropped(engine: Engine, worker: Talker, console: Console) -> None:
    client = Talker(engine)
    client.submit_bg(b"w", function=b"queued")
    for command in (
        b"maxqueue limited 5",
        b"create function limited",
        b"create function paused",
        b"pause paused",
    ):
        console.ask(command)
    console.ask(b"create function idle")
    engine.registry.drop_idle()
    assert {b"f", b"queued", b"limited", b"paused"} == engine.registry.queues.keys()


@pytest.mark.parametrize(
    "packet",
    [
        lambda number: request(P.SUBMIT_JOB_BG, b"f", b"", b"%064d" % number),
        lambda number: request(P.SUBMIT_JOB_BG, b"f", b"u%d" % number, b"%064d" % number),
        lambda number: request(P.SUBMIT_JOB_EPOCH, b"f", b"", b"4000000000", b"%064d" % number),
        lambda number: request(P.SUBMIT_JOB_BG, b"function%d" % number, b"", b""),
        lambda number: request(P.CAN_DO, b"function%d" % number),
    ],
    ids=["jobs", "uniques", "later", "functions", "abilities"],
)
def test_what_is_counted_is_about_what_is_taken(engine: Engine, packet: Callable[[int], bytes]) -> None:
    client, count = Talker(engine), 3000
    packets = [packet(number) for number in range(count)]
    for data in packets[:10]:
        hear(engine, client, data)
    gc.collect()
    tracemalloc.start()
    before, counted = tracemalloc.get_traced_memory()[0], engine.registry.weight
    for data in packets[10:]:
        hear(engine, client, data)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert taken * 0.9 < engine.registry.weight - counted < taken * 2


def hear(engine: Engine, client: Talker, data: bytes) -> None:
    """Let an engine act on a packet, and forget the answer."""
    from gearcli.protocol.decoder import Decoder
    from gearcli.protocol.packets import REQUEST

    for type_, fields in Decoder(REQUEST).feed(data):
        engine.handlers[type_](client.peer, *fields)
    client.peer.outbox.clear()
    engine.talking.clear()
