"""Handshakes that take their time: nobody waits for them, and they end."""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import certs, tls
from gearcli.server.handshakes import PATIENCE, Handshakes
from gearcli.server.log import Log
from tests.support import DEADLINE


class House:
    """Handshakes whose turns the test takes."""

    def __init__(self, folder: Path) -> None:
        self.selector = selectors.DefaultSelector()
        self.admitted: list[tuple[tls.Socket, object]] = []
        context = tls.server_context(str(folder / "ca.pem"), str(folder / "server.pem"), None)
        self.handshakes = Handshakes(self.selector, context, self._admit, Log())
        self._ends: list[socket.socket] = []

    def connect(self, family: int = socket.AF_INET) -> socket.socket:
        """Somebody connects; their end."""
        if family == socket.AF_UNIX:
            mine, theirs = socket.socketpair()
        else:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                theirs = socket.create_connection(listener.getsockname(), DEADLINE)
                mine, _ = listener.accept()
        self._ends += mine, theirs
        self.handshakes.begin(mine, ("127.0.0.1", 1) if family != socket.AF_UNIX else "")
        return theirs

    def _admit(self, connection: tls.Socket, sockname: object) -> None:
        self.admitted.append((connection, sockname))

    def turn(self) -> None:
        for key, _ in self.selector.select(0.05):
            call, source = key.data
            call(source)

    def close(self) -> None:
        self.handshakes.close()
        for end in self._ends:
            end.close()
        self.selector.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of one authority."""
    folder = tmp_path_factory.mktemp("certs")
    certs.make(str(folder), ["localhost"], ["alice"])
    return folder


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    house = House(folder)
    yield house
    house.close()


def test_who_agrees_is_admitted(house: House, folder: Path) -> None:
    theirs = house.connect()
    theirs.setblocking(False)
    files = (str(folder / "ca.pem"), str(folder / "alice.pem"), None)
    client = tls.wrapped(theirs, tls.client_context(*files), host="localhost")
    deadline = time.monotonic() + DEADLINE
    while not house.admitted and time.monotonic() < deadline:
        client.shake()
        house.turn()
    ((secured, sockname),) = house.admitted
    assert isinstance(secured, tls.TlsSocket)
    assert (("alice",), ("127.0.0.1", 1)) == (secured.names(), sockname)
    assert float("inf") == house.handshakes.due
    assert {} == dict(house.selector.get_map())
    client.close()
    secured.close()


def test_a_unix_socket_needs_no_handshake(house: House) -> None:
    house.connect(socket.AF_UNIX)
    ((connection, _),) = house.admitted
    assert isinstance(connection, socket.socket)


def test_who_speaks_no_tls_is_ended(house: House) -> None:
    theirs = house.connect()
    theirs.sendall(b"status\n" * 3)
    house.turn()
    assert {} == dict(house.selector.get_map())
    assert not house.admitted


def test_who_says_nothing_is_ended_in_time_and_no_one_earlier(house: House) -> None:
    before = time.monotonic()
    silent = [house.connect() for _ in range(3)]
    due = house.handshakes.due
    assert before + PATIENCE <= due
    house.handshakes.expire(due - 1)
    assert 3 == len(house.selector.get_map())
    house.handshakes.expire(time.monotonic() + PATIENCE)
    assert 0 == len(house.selector.get_map())
    assert [b""] * 3 == [each.recv(1) for each in silent]


def test_who_hangs_up_is_forgotten(house: House) -> None:
    house.connect().close()
    house.turn()
    assert (0, float("inf")) == (len(house.selector.get_map()), house.handshakes.due)


def test_who_cannot_be_waited_for_is_ended_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(house.selector, "register", full)
        theirs = house.connect()
    assert b"" == theirs.recv(1)
    assert (0, float("inf")) == (len(house.handshakes), house.handshakes.due)
    house.connect()
    assert (1, 1) == (len(house.handshakes), len(house.selector.get_map()))
