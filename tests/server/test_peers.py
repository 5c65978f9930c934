"""What is to be said to a connection: in order, counted, big bodies not copied."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import response
from gearcli.server import answers
from gearcli.server.peers import UNCOPIED, Peer


def test_a_peer_that_begins_to_talk_is_listed_once() -> None:
    talking: list[Peer] = []
    peer = Peer(talking)
    peer.send(b"one")
    peer.send(b"two")
    assert [peer] == talking
    peer.outbox.clear()
    peer.send(b"three")
    assert [peer, peer] == talking


@pytest.mark.parametrize("size", [0, 1, UNCOPIED - 1, UNCOPIED, UNCOPIED + 1])
def test_what_is_told_is_the_packet(size: int) -> None:
    peer = Peer([])
    workload = b"x" * size
    peer.tell(answers.JOB_ASSIGN, b"H:1", b"f", workload)
    assert response(P.JOB_ASSIGN, b"H:1", b"f", workload) == b"".join(peer.outbox)


def test_a_big_body_is_not_copied() -> None:
    peer = Peer([])
    body = b"x" * UNCOPIED
    peer.tell(answers.WORK_COMPLETE, b"H:1", body)
    assert peer.outbox[-1] is body


def test_a_peer_is_anonymous_until_it_says_more() -> None:
    peer = Peer([])
    assert (b"-", b"-", 0, False) == (peer.client_id, peer.host, peer.number, peer.wants_exceptions)
