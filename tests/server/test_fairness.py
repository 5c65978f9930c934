"""Who asks for much with few bytes waits while others are served."""

from __future__ import annotations

import socket
import time

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.fairness import Flooded, Turns
from gearcli.server.links import UNREAD_LIMIT, Link
from gearcli.server.operator import Operator
from gearcli.server.peers import Peer


@pytest.fixture
def peer(engine: Engine) -> Peer:
    """An operator of a server whose turn has just begun."""
    peer, links = engine.connect(), dict[Peer, Link]()
    with socket.socket() as unused:
        links[peer] = Link(unused, peer, "")
    Turns(engine, Operator(engine, version="0", pid=1), links)
    engine.clock(time.monotonic() + 3600, 0.0)  # the turn never gets long
    return peer


def test_small_replies_follow_each_other(engine: Engine, peer: Peer) -> None:
    for _ in range(100):
        engine.handlers[P.TEXT](peer, b"version\n")
    assert 100 == len(peer.outbox)


def test_big_replies_are_counted_together(engine: Engine, peer: Peer) -> None:
    for number in range(2000):
        engine.registry.new_queue(b"%0500d" % number)
    engine.handlers[P.TEXT](peer, b"status\n")
    assert len(peer.outbox[0]) < UNREAD_LIMIT
    with pytest.raises(Flooded):
        engine.handlers[P.TEXT](peer, b"status\n")


@pytest.mark.parametrize(
    ("type_", "argument"), [(P.TEXT, b"version\n"), (P.GET_STATUS_UNIQUE, b"unique")], ids=["text", "unique"]
)
def test_a_long_turn_is_over(engine: Engine, peer: Peer, type_: P, argument: bytes) -> None:
    engine.handlers[type_](peer, argument)
    engine.clock(time.monotonic() - 1, 0.0)
    with pytest.raises(Flooded):
        engine.handlers[type_](peer, argument)
    assert 2 <= len(peer.outbox), "what was asked is answered"
