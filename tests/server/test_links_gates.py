"""Gates in an outbox: what is before one leaves, what is behind it waits, and nobody is busy meanwhile."""

from __future__ import annotations

import socket

import pytest

from gearcli.server.journal import Batch, Gate
from gearcli.server.links import NOTHING, READ, UNREAD_LIMIT, WRITE, Link
from tests.server.test_links import pair as pair

Pair = tuple[Link, socket.socket]


def shut(link: Link, packet: bytes, size: int = 0) -> Gate:
    gate = Gate(link.peer, Batch())
    gate.hold(packet, size)
    link.peer.hold(gate)
    return gate


def test_what_is_behind_a_gate_waits(pair: Pair) -> None:
    link, theirs = pair
    link.peer.send(b"a")
    first = shut(link, b"b")
    link.peer.send(b"c")
    second = shut(link, b"d")
    assert not link.flush()
    assert b"a" == theirs.recv(10)
    assert READ == link.interest()
    second.open(True)
    assert not link.flush()
    first.open(True)
    assert link.flush()
    assert b"bcd" == theirs.recv(10)
    link.peer.send(b"e")
    assert link.flush()
    assert b"e" == theirs.recv(10)


def test_who_has_much_behind_a_gate_is_neither_read_nor_written(pair: Pair) -> None:
    link, _ = pair
    gate = shut(link, b"x", UNREAD_LIMIT)
    link.flush()
    assert NOTHING == link.interest()
    gate.open(True)
    assert link.flush()
    assert READ == link.interest()


def test_who_has_hung_up_waits_for_the_gate(pair: Pair) -> None:
    link, _ = pair
    shut(link, b"x")
    link.closing = True
    assert NOTHING == link.interest()


@pytest.mark.parametrize("size", [4 << 20])
def test_what_opened_and_does_not_fit_is_sent_later(pair: Pair, size: int) -> None:
    link, theirs = pair
    gate = shut(link, bytes(size))
    behind = shut(link, b"y")
    gate.open(True)
    assert not link.flush()
    assert WRITE == link.interest()
    behind.open(True)
    received = 0
    while received < size + 1:
        received += len(theirs.recv(1 << 20))
        link.flush()
    assert [] == link.peer.outbox
