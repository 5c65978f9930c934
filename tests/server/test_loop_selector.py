"""A selector that has no room: who cannot be waited for is closed and forgotten, and others are served."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.access import Access
from gearcli.server.counters import Counters
from gearcli.server.counting import count
from gearcli.server.engine import Engine
from gearcli.server.links import NOTHING, READ, WRITE
from gearcli.server.log import Level, Log, LogFile
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from gearcli.server.roles import Grant, Role
from tests.support import DEADLINE


class House:
    """A server whose connections and turns are the test's, with one connection; it logs to a file."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(b"H:")
        self.access = Access(grants=[Grant("user:0", Role.WORK)])
        self._log = Log(Level.CONNECTIONS, descriptor=None)
        self._path = folder / "log"
        self._file = LogFile(str(self._path))
        self._log.outlets.append(self._file)
        operator = Operator(self.engine, version="0", pid=0)
        self.server = Server(self.engine, operator, [], log=self._log, access=self.access)
        self.counters = Counters()
        count(self.engine, self.counters)
        self._ends: list[socket.socket] = []
        self.first = self.connect()

    def connect(self) -> socket.socket:
        """Somebody connects; their end."""
        mine, theirs = socket.socketpair()
        theirs.settimeout(DEADLINE)
        self._ends += mine, theirs
        self.server._connected(mine, "")
        return theirs

    def turn(self) -> None:
        self.server._turn(self.server.selector.select(0), 0.0, 0.0)

    def answers(self, theirs: socket.socket) -> bool:
        """Whether who is at an end is served."""
        theirs.sendall(request(P.ECHO_REQ, b"x"))
        self.turn()
        self.server._sending.release()
        return theirs.recv(100).endswith(b"x")

    def kept(self) -> list[int]:
        """How many there are in each of the registries of connections."""
        registries = (
            self.server._links,
            self.engine.peers,
            self.access._rights,
            self.server.selector.get_map(),
        )
        return [len(registry) for registry in registries]

    def said(self) -> list[str]:
        """What the log has said, without when."""
        return [line.split(" ", 2)[2] for line in self._path.read_text().splitlines()]

    def close(self) -> None:
        for end in self._ends:
            end.close()
        self._file.close()
        self.server.selector.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


class Full:
    """The system's part of a selector, without room for more."""

    def __init__(self, selector: object) -> None:
        self._selector = selector

    def __getattr__(self, name: str) -> object:
        return getattr(self._selector, name)

    def register(self, *_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    modify = register


@contextlib.contextmanager
def full(house: House) -> Iterator[None]:
    """Meanwhile the selector has no room."""
    selector: Any = house.server.selector
    system = selector._selector
    selector._selector = Full(system)
    yield
    selector._selector = system


def test_who_cannot_be_waited_for_is_closed_forgotten_and_counted(house: House) -> None:
    before = house.kept()
    with full(house):
        unlucky = house.connect()
    assert b"" == unlucky.recv(1)
    assert (before, 1) == (house.kept(), house.server._connections())
    assert 2 == house.counters.connections
    who = house.said()[1].removesuffix(" connected")
    closed = f"{who} cannot be served and is closed: no space left on device"
    assert [f"{who} connected", closed, f"{who} disconnected"] == house.said()[1:]
    assert house.answers(house.first)
    assert house.answers(house.connect())


@pytest.mark.parametrize("mask", [NOTHING, READ], ids=["again", "for something else"])
def test_who_cannot_be_waited_for_any_longer_is_closed_too(house: House, mask: int) -> None:
    before = house.kept()
    unlucky = house.connect()
    *_, link = house.server._links.values()
    house.server._change_interest(link, mask)
    with full(house):
        house.server._change_interest(link, READ | WRITE)
    assert b"" == unlucky.recv(1)
    assert before == house.kept()
    assert house.answers(house.first)
