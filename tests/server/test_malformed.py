"""Whatever a peer says wrong, and however its bytes are cut, it hears of it at once and others go on."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator

import pytest

from gearcli.protocol.packets import PacketType as P
from tests.server.malformed import CASES, CUT_SHORT
from tests.support import FRAGMENTATIONS, ServerProcess, Wire, gear_serve

AT_ONCE = 1.0
"""Seconds within which a peer is told."""


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """A server that hears all the nonsense."""
    with gear_serve() as running:
        yield running


@pytest.fixture(scope="module")
def bystander(server: ServerProcess) -> Iterator[Wire]:
    """Somebody else, from before all the nonsense until after it."""
    with server.wire() as wire:
        yield wire


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 64
    assert len(CASES) == len(set(CASES.values()))


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize("data", CASES.values(), ids=CASES)
def test_what_is_wrong_is_refused_at_once(
    server: ServerProcess, bystander: Wire, data: bytes, cut: Callable[[bytes], list[bytes]]
) -> None:
    with server.wire() as wire:
        say(wire, cut(data))
        assert refused(wire)
    assert bystander.works()


@pytest.mark.parametrize("data", CUT_SHORT.values(), ids=CUT_SHORT)
def test_who_stops_in_the_middle_is_let_go_at_once(
    server: ServerProcess, bystander: Wire, data: bytes
) -> None:
    with server.wire() as wire:
        say(wire, [data])
        wire.socket.shutdown(socket.SHUT_WR)
        assert refused(wire)
    assert bystander.works()


def say(wire: Wire, pieces: list[bytes]) -> None:
    """Say pieces, as long as the server listens."""
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            wire.send(piece)


def refused(wire: Wire) -> bool:
    """Whether an ERROR, an ERR line or the end of the connection comes, each wait within a second."""
    wire.socket.settimeout(AT_ONCE)
    try:
        while True:
            type_, fields = wire.packet()
            if type_ is P.ERROR or (type_ is P.TEXT and fields[0].startswith(b"ERR ")):
                return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False
