"""Accepting connections, as long as there are descriptors for them."""

from __future__ import annotations

import errno
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from gearcli.server.doors import Doors
from gearcli.server.log import Log
from tests.support import DEADLINE, gear_serve, wait_until


class Failing(socket.socket):
    """A listener whose machine has no descriptors left."""

    error = errno.EMFILE
    """What accepting is answered with; 0 if it works."""

    def accept(self) -> tuple[socket.socket, object]:
        if self.error:
            raise OSError(self.error, "none left")
        return super().accept()


class House(NamedTuple):
    """Doors with a bell: what a loop has around them."""

    doors: Doors
    selector: selectors.BaseSelector
    listener: Failing
    guests: list[object]

    def turn(self) -> int:
        """What a loop does in one turn; how many sockets were ready."""
        ready = self.selector.select(0)
        for key, _ in ready:
            call, source = key.data
            call(source)
        self.doors.retry()
        return len(ready)


@pytest.fixture
def house() -> Iterator[House]:
    guests: list[object] = []

    def connected(connection: socket.socket, sockname: object) -> None:
        guests.append(sockname)
        connection.close()

    with selectors.DefaultSelector() as selector, Failing() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        yield House(Doors(selector, [listener], connected, Log(descriptor=None)), selector, listener, guests)


@pytest.fixture
def caller(house: House) -> Iterator[socket.socket]:
    """A connection that waits to be accepted."""
    with socket.create_connection(house.listener.getsockname(), DEADLINE) as connection:
        yield connection


def test_without_descriptors_it_rests_and_looks_again(
    house: House, caller: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert float("inf") == house.doors.patience
    assert [1, 0, 0] == [house.turn() for _ in range(3)]
    assert 0.25 == house.doors.patience
    now += 0.3
    house.listener.error = 0
    assert [0, 1, 0] == [house.turn() for _ in range(3)]
    assert [caller.getsockname()] == house.guests
    assert float("inf") == house.doors.patience


def test_a_connection_that_ended_makes_room_at_once(house: House, caller: socket.socket) -> None:
    house.turn()
    house.listener.error = 0
    house.doors.open()
    house.turn()
    assert [caller.getsockname()] == house.guests


def test_a_caller_that_has_gone_is_nothing(house: House, caller: socket.socket) -> None:
    house.listener.error = errno.ECONNABORTED
    assert [1, 1] == [house.turn() for _ in range(2)]


def test_as_many_as_there_may_be_are_let_in(house: House) -> None:
    house.listener.error = 0
    inside = [0]
    house.doors.close()
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        plain.listen()
        plain.setblocking(False)
        doors = Doors(
            house.selector,
            [plain],
            lambda guest, _: _count_in(inside, guest),
            Log(descriptor=None),
            2,
            lambda: inside[0],
        )
        full = house._replace(doors=doors)
        callers = [socket.create_connection(plain.getsockname(), DEADLINE) for _ in range(3)]
        assert [1, 0, 0] == [full.turn() for _ in range(3)], "nothing spins"
        assert 2 == inside[0]
        doors.open()
        assert 0 == full.turn()
        inside[0] -= 1
        assert [0, 1, 0] == [full.turn() for _ in range(3)]
        assert 2 == inside[0]
        doors.close()
        for caller in callers:
            caller.close()


def test_that_it_is_full_is_said_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, said = iter((100.0, 159.0, 160.0, 161.0)), list[str]()
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    log = Log(descriptor=None)
    monkeypatch.setattr(log, "notice", said.append)
    with selectors.DefaultSelector() as selector:
        doors = Doors(selector, [], lambda *_: None, log, 2, lambda: 2)
        for _ in range(4):
            doors._fill()
    assert ["no new connections until one ends: 2 are open (--max-connections)"] * 2 == said


def _count_in(inside: list[int], guest: socket.socket) -> None:
    guest.close()
    inside[0] += 1


def test_closed_doors_stay_closed(house: House, caller: socket.socket) -> None:
    house.turn()
    house.doors.close()
    house.doors.retry()
    house.doors.open()
    assert 0 == house.turn()
    assert -1 == house.listener.fileno()


def test_a_server_without_any_connection_recovers_from_a_lack_of_descriptors() -> None:
    with gear_serve() as server:
        before = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, before[1]))
        with server.wire() as wire:
            wait_until(lambda: "no new connections until one ends: Too many open files" in server.said())
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, before)
            assert wire.works()
        assert 1 == server.said().count("no new connections")
