"""Many connections in one thread: everybody is served, nobody waits too long, all are closed."""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Iterator

import pytest

from gearcli.client.connection import Connection
from gearcli.client.crowd import Crowd
from gearcli.errors import ConnectionLost, TimeLimit
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType
from tests.client.peer import Peer
from tests.support import DEADLINE

P = PacketType


class Listening:
    """A member that keeps what it is told."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.heard: list[Packet] = []

    def take(self) -> None:
        while self.connection.received:
            packet = self.connection.received.popleft()
            self.heard.append(packet)
            if packet[0] is P.ERROR:
                raise ValueError("refused")


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with Crowd() as crowd:
        yield crowd


@pytest.fixture
def pairs(crowd: Crowd) -> Iterator[list[tuple[Listening, Peer]]]:
    """Three members of the crowd and their peers."""
    found = []
    for _ in range(3):
        ours, theirs = socket.socketpair()
        member = Listening(Connection(ours, Address("server", 4730)))
        crowd.add(member)
        found.append((member, Peer(theirs)))
    yield found
    for _, peer in found:
        peer.close()


def soon() -> float:
    return time.monotonic() + DEADLINE


def test_every_member_is_served(crowd: Crowd, pairs: list[tuple[Listening, Peer]]) -> None:
    for number, (_, peer) in enumerate(pairs):
        peer.say(P.JOB_CREATED, b"H:%d" % number)
    crowd.run(lambda: all(member.heard for member, _ in pairs), soon())
    assert [[(P.JOB_CREATED, [b"H:%d" % n])] for n in range(3)] == [member.heard for member, _ in pairs]


def test_there_may_be_years_for_it(crowd: Crowd, pairs: list[tuple[Listening, Peer]]) -> None:
    (member, peer), *_ = pairs

    def done() -> bool:
        peer.say(P.NOOP)
        return bool(member.heard)

    crowd.run(done, time.monotonic() + 1e9)
    assert (P.NOOP, []) == member.heard[0]


def test_what_does_not_fit_leaves_when_there_is_room(
    crowd: Crowd, pairs: list[tuple[Listening, Peer]]
) -> None:
    member, peer = pairs[0]
    peer.socket.setblocking(False)
    count = 0

    def arrived() -> bool:
        nonlocal count
        with contextlib.suppress(BlockingIOError):
            count += len(peer.socket.recv(1 << 20))
        return count == 1 << 23

    member.connection.send(bytes(1 << 23))
    crowd.run(arrived, soon())
    assert not member.connection.unsent


def test_nothing_said_ends_at_the_deadline(crowd: Crowd, pairs: list[tuple[Listening, Peer]]) -> None:
    with pytest.raises(TimeLimit):
        crowd.run(lambda: False, time.monotonic())
    assert 3 == len(crowd.members)


def test_a_lost_connection_is_told_after_its_last_words(
    crowd: Crowd, pairs: list[tuple[Listening, Peer]]
) -> None:
    member, peer = pairs[1]
    peer.say(P.NOOP)
    peer.close()
    with pytest.raises(ConnectionLost):
        crowd.run(lambda: False, soon())
    assert [(P.NOOP, [])] == member.heard
    crowd.dismiss_lost()
    assert [pairs[0][0], pairs[2][0]] == crowd.members


def test_after_an_error_it_goes_on_where_it_was(crowd: Crowd, pairs: list[tuple[Listening, Peer]]) -> None:
    member, peer = pairs[0]
    peer.say(P.ERROR, b"CODE", b"text")
    peer.say(P.NOOP)
    with pytest.raises(ValueError, match="refused"):
        crowd.run(lambda: False, soon())
    crowd.run(lambda: len(member.heard) == 2, soon())


def test_another_key_can_end_it(crowd: Crowd, pairs: list[tuple[Listening, Peer]]) -> None:
    def end() -> None:
        raise KeyboardInterrupt

    ours, theirs = socket.socketpair()
    with ours, theirs:
        crowd.selector.register(ours, selectors.EVENT_READ, end)
        theirs.send(b"!")
        with pytest.raises(KeyboardInterrupt):
            crowd.run(lambda: False, soon())
        crowd.selector.unregister(ours)


def test_who_is_dismissed_is_disconnected(crowd: Crowd, pairs: list[tuple[Listening, Peer]]) -> None:
    crowd.dismiss()
    assert [] == crowd.members
    assert [b"", b"", b""] == [peer.socket.recv(1) for _, peer in pairs]
