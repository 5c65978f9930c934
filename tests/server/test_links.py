"""A connection's bytes: partial sends lose nothing, and a peer that does not read is not read."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from gearcli.server.links import READ, UNREAD_LIMIT, WRITE, Link
from gearcli.server.peers import Peer


@pytest.fixture
def pair() -> Iterator[tuple[Link, socket.socket]]:
    """A link, and the other end of its connection."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with ours, theirs:
        yield Link(ours, Peer([]), "somebody"), theirs


def read_all(theirs: socket.socket, link: Link, size: int) -> bytes:
    """Read what the link sends, letting it send, until so many bytes came."""
    data = b""
    while len(data) < size:
        data += theirs.recv(1 << 16)
        link.flush()
    return data


@pytest.mark.parametrize("part_size", [1, 1000, 300_000])
def test_what_does_not_fit_is_sent_later(pair: tuple[Link, socket.socket], part_size: int) -> None:
    link, theirs = pair
    parts = [bytes([index % 256]) * part_size for index in range(4 * UNREAD_LIMIT // (part_size + 1000))]
    for part in parts:
        link.peer.send(part)
    size = sum(map(len, link.peer.outbox))
    link.flush()
    assert read_all(theirs, link, size) == b"".join(parts)
    assert link.peer.outbox == []


def test_nothing_unsent_means_reading(pair: tuple[Link, socket.socket]) -> None:
    link, _ = pair
    link.peer.send(b"x")
    assert link.flush()
    assert link.interest() == READ


def test_something_unsent_means_writing_too(pair: tuple[Link, socket.socket]) -> None:
    link, _ = pair
    link.peer.send(b"x")
    assert link.interest() == READ | WRITE


def test_who_leaves_much_unread_is_not_read(pair: tuple[Link, socket.socket]) -> None:
    link, _ = pair
    link.peer.send(bytes(UNREAD_LIMIT + 1))
    assert link.interest() == WRITE


def test_a_link_that_is_closing_is_not_read(pair: tuple[Link, socket.socket]) -> None:
    link, _ = pair
    link.peer.send(b"x")
    link.closing = True
    assert link.interest() == WRITE


def test_a_link_with_packets_undecided_is_not_read_even_when_all_has_left(
    pair: tuple[Link, socket.socket],
) -> None:
    """What it would read belongs behind those packets; when it can be written to, they go on."""
    link, _ = pair
    link.undecided = iter(())
    assert WRITE == link.interest()
    link.peer.send(b"x")
    assert WRITE == link.interest()


def test_the_end_of_the_peer_is_no_bytes(pair: tuple[Link, socket.socket]) -> None:
    link, theirs = pair
    theirs.close()
    assert link.socket.recv(link.wanted()) == b""
