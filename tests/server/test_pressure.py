"""What happens when much is held: new jobs are refused first, then who holds most is closed."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import ABILITIES, SUBMISSIONS
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.log import Log
from gearcli.server.memory import CONNECTION
from gearcli.server.pressure import Pressure
from tests.server.test_patience import House
from tests.server.transcript import Talker

MIB = 1 << 20
LIMIT = 100 * MIB


@pytest.fixture
def house(engine: Engine) -> House:
    return House(engine)


@pytest.fixture
def pressure(engine: Engine, house: House) -> Pressure:
    return Pressure(LIMIT, engine, house.patience, house._end, Log())


def test_nothing_happens_while_little_is_held(engine: Engine, pressure: Pressure, client: Talker) -> None:
    client.submit(bytes(70 * MIB))
    pressure.look(0.0, 1)
    assert frozenset() == engine.admission.refused


def test_new_jobs_are_refused_and_taken_again(engine: Engine, pressure: Pressure, worker: Talker) -> None:
    Talker(engine).submit_bg(bytes(76 * MIB))
    pressure.look(0.0, 1)
    assert SUBMISSIONS == engine.admission.refused
    handle = worker.take()
    pressure.look(1.0, 1)
    assert SUBMISSIONS == engine.admission.refused
    engine.handlers[P.WORK_COMPLETE](worker.peer, handle, b"")
    pressure.look(2.0, 1)
    assert frozenset() == engine.admission.refused


def test_functions_that_nobody_needs_make_room(engine: Engine, pressure: Pressure) -> None:
    for number in range(1000):
        engine.registry.new_queue(b"%d" % number)
    engine.registry.account.held += 75 * MIB - engine.registry.weight + 1000
    pressure.look(0.0, 0)
    assert {} == engine.registry.queues
    assert frozenset() == engine.admission.refused
    engine.registry.new_queue(b"f")
    engine.registry.account.held += MIB
    pressure.look(1.0, 0)  # it was looked a second ago
    assert 1 == len(engine.registry.queues)


def test_who_holds_most_is_closed_first(engine: Engine, pressure: Pressure, house: House) -> None:
    engine.registry.account.held += 70 * MIB
    sizes = (3, 20, 15)
    links = [house.link() for _ in sizes]
    for link, size in zip(links, sizes, strict=True):
        house.lag(link, size * MIB, 0.0)
    house.patience.look(0.0)
    pressure.look(0.0, 3)
    assert [links[1]] == list(house.ended)
    assert "no memory for the 20,9" in house.ended[links[1]]
    assert SUBMISSIONS == engine.admission.refused
    house.close()


def test_who_holds_little_is_not(engine: Engine, pressure: Pressure, house: House) -> None:
    engine.registry.account.held += LIMIT
    link = house.link()
    house.lag(link, MIB // 2, 0.0)
    house.patience.look(0.0)
    pressure.look(0.0, 1)
    assert {} == house.ended
    assert SUBMISSIONS | ABILITIES == engine.admission.refused
    house.close()


def test_connections_count(pressure: Pressure) -> None:
    assert 10 * CONNECTION == pressure.held(10)


def test_a_server_that_drains_goes_on_refusing_as_it_does(
    engine: Engine, pressure: Pressure, client: Talker
) -> None:
    engine.drain()
    engine.registry.account.held += LIMIT // 10 * 9
    pressure.look(0.0, 0)
    assert frozenset() == engine.admission.refused


def test_it_is_said_once_a_minute(engine: Engine, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    log, said = Log(), list[str]()
    monkeypatch.setattr(log, "notice", said.append)
    pressure = Pressure(LIMIT, engine, house.patience, house._end, log)
    engine.registry.account.held += LIMIT // 10 * 9
    for second in (0, 1, 59, 60):
        pressure.look(float(second), 0)
    assert [
        "no new jobs until some are done: 90 MiB are held for clients and workers (--max-memory)"
    ] * 2 == said
