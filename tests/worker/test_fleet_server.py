"""When a server is tried by one connection, by many, or by none."""

from __future__ import annotations

import socket

from gearcli.client.connection import Connection
from gearcli.protocol.address import Address
from gearcli.timers import Timers
from gearcli.worker.fleet_server import AT_ONCE, Attempt, Server
from gearcli.worker.search import Approach
from gearcli.worker.worker import Session, Slot


def server() -> Server:
    """One that is known to be there."""
    known = Server(Address("127.0.0.1", 1))
    known.search.begin()
    known.reached = True
    return known


def begin(known: Server, count: int) -> None:
    """Have as many connections under way."""
    for number in range(count):
        approach = Approach.__new__(Approach)  # nothing is connected to
        known.opening[Slot(number)] = Attempt(approach)


def test_one_sees_whether_it_is_there() -> None:
    known = server()
    known.reached = False
    assert known.may_be_tried
    begin(known, 1)
    assert not known.may_be_tried


def test_many_follow_but_no_more_than_its_backlog_bears() -> None:
    known = server()
    begin(known, AT_ONCE - 1)
    assert known.may_be_tried
    begin(known, AT_ONCE)
    assert not known.may_be_tried


def test_one_sees_whether_a_full_one_has_room() -> None:
    known = server()
    known.full = True
    assert known.may_be_tried
    begin(known, 1)
    assert not known.may_be_tried


def test_at_a_full_one_the_first_word_is_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        known, connection = server(), Connection(ours, Address("127.0.0.1", 1))
        known.sessions[Slot(0)] = Session(connection, [b"f"])
        assert known.may_be_tried
        known.full = True
        assert not known.may_be_tried
        connection.heard = True
        assert known.may_be_tried


def test_nobody_tries_it_during_a_pause() -> None:
    known = server()
    known.retry = Timers().add(1.0, lambda: None)
    assert not known.may_be_tried
