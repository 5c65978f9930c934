"""When answers leave."""

from __future__ import annotations

import socket

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.links import Link
from gearcli.server.peers import Peer
from gearcli.server.sending import _EVENTS_HELD, Sending


class Post:
    """Sends for some peers; `sent` says to whom."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.sent: list[Peer] = []
        self.links: dict[Peer, Link] = {}
        self.sending = Sending(engine.talking, self.links, self._flush)

    def _flush(self, link: Link) -> None:
        self.sent.append(link.peer)
        link.peer.outbox.clear()

    def peer(self) -> Peer:
        peer = self.engine.connect()
        with socket.socket() as unused:
            self.links[peer] = Link(unused, peer, "")
        return peer


@pytest.fixture
def post(engine: Engine) -> Post:
    return Post(engine)


def test_workers_are_answered_at_once_and_clients_together(post: Post) -> None:
    client, worker = post.peer(), post.peer()
    post.engine.handlers[P.CAN_DO](worker, b"f")
    for peer in (client, worker):
        peer.send(b"x")
    post.sending.send(1)
    assert [worker] == post.sent
    assert [client] == post.sending.patient
    post.sending.release()
    assert [worker, client] == post.sent
    assert [] == post.sending.patient


@pytest.mark.parametrize("hurried", [False, True])
def test_nobody_waits_for_many_events(post: Post, hurried: bool) -> None:
    client = post.peer()
    client.send(b"x")
    if hurried:
        post.sending.hurry()
    post.sending.send(1 if hurried else _EVENTS_HELD)
    assert [client] == post.sent


def test_who_has_gone_meanwhile_is_passed_over(post: Post) -> None:
    gone, emptied = post.peer(), post.peer()
    for peer in (gone, emptied):
        peer.send(b"x")
    del post.links[gone]
    emptied.outbox.clear()
    post.sending.release()
    assert [] == post.sent
