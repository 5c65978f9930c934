"""Clients and workers that load a server, against one that the test plays, in turns."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from gearcli.client.connection import Connection
from gearcli.client.crowd import Member
from gearcli.client.members import Caller, Submitter, Taker
from gearcli.errors import JobFailed, ProtocolError, QueueFull, ServerError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, request
from tests.client.peer import Peer

P = PacketType
BACKGROUND = request(P.SUBMIT_JOB_BG, b"f", b"", b"x")
FOREGROUND = request(P.SUBMIT_JOB, b"f", b"", b"x")


@pytest.fixture
def ends() -> Iterator[tuple[Connection, Peer]]:
    """A connection and the peer at its other end."""
    ours, theirs = socket.socketpair()
    connection, peer = Connection(ours, Address("server", 4730)), Peer(theirs)
    yield connection, peer
    connection.close()
    peer.close()


def turn(member: Member) -> None:
    """Let a member hear what was said, and answer."""
    member.connection.exchange()
    member.take()
    member.connection.flush()


# -- clients ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 1 << 15])
def test_a_submitter_has_a_window_of_jobs_in_flight(ends: tuple[Connection, Peer], size: int) -> None:
    connection, peer = ends
    submitter = Submitter(connection, request(P.SUBMIT_JOB_BG, b"f", b"", b"x" * size), 5, 3)
    submitter.start()
    connection.flush()
    assert [[b"f", b"", b"x" * size]] * 3 == [peer.expect(P.SUBMIT_JOB_BG) for _ in range(3)]
    assert (2, 3) == (submitter.left, submitter.unanswered)
    for _ in range(2):
        peer.say(P.JOB_CREATED, b"H:1")
    turn(submitter)
    assert [P.SUBMIT_JOB_BG] * 2 == peer.types(2)
    assert (0, 3, False) == (submitter.left, submitter.unanswered, submitter.done)
    for _ in range(3):
        peer.say(P.JOB_CREATED, b"H:1")
    turn(submitter)
    assert submitter.done


def test_a_job_may_be_refused(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    submitter = Submitter(connection, BACKGROUND, 10, 2)
    submitter.start()
    connection.flush()
    peer.say(P.ERROR, b"QUEUE_ERROR", b"Job queue is full")
    with pytest.raises(QueueFull, match="Job queue is full"):
        turn(submitter)
    submitter.stop()
    peer.say(P.ERROR, b"QUEUE_ERROR", b"Job queue is full")
    turn(submitter)
    assert submitter.done


@pytest.mark.parametrize("kind", [Submitter, Caller])
def test_what_nobody_asked_for(ends: tuple[Connection, Peer], kind: type[Submitter]) -> None:
    connection, peer = ends
    submitter = kind(connection, BACKGROUND, 1, 1)
    peer.say(P.JOB_CREATED, b"H:1")
    with pytest.raises(ProtocolError, match="JOB_CREATED, which nobody asked for"):
        turn(submitter)


def test_a_caller_times_each_job(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    caller = Caller(connection, FOREGROUND, 3, 2)
    caller.start()
    connection.flush()
    assert [P.SUBMIT_JOB] * 2 == peer.types(2)
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.JOB_CREATED, b"H:2")
    turn(caller)
    assert (1, []) == (caller.left, caller.latencies)
    for _ in range(2):  # gearmand may say an end twice
        peer.say(P.WORK_COMPLETE, b"H:2", b"")
    turn(caller)
    assert [P.SUBMIT_JOB] == peer.types(1)
    peer.say(P.WORK_COMPLETE, b"H:1", b"")
    peer.say(P.JOB_CREATED, b"H:3")
    turn(caller)
    assert not caller.done
    peer.say(P.WORK_COMPLETE, b"H:3", b"")
    turn(caller)
    assert caller.done
    assert [True] * 3 == [latency > 0 for latency in caller.latencies]


def test_a_caller_is_done_though_its_jobs_were_refused_or_failed(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    caller = Caller(connection, FOREGROUND, 9, 4)
    caller.start()
    peer.say(P.JOB_CREATED, b"H:1")
    peer.say(P.WORK_FAIL, b"H:1")
    with pytest.raises(JobFailed):
        turn(caller)
    peer.say(P.ERROR, b"CODE", b"text")
    with pytest.raises(ServerError, match=r"text \(CODE\)"):
        turn(caller)
    caller.stop()
    for handle in (b"H:2", b"H:3"):
        peer.say(P.JOB_CREATED, handle)
    peer.say(P.WORK_COMPLETE, b"H:2", b"")
    peer.say(P.WORK_FAIL, b"H:3")
    turn(caller)
    assert caller.done


# -- workers ------------------------------------------------------------------------


def test_a_taker_completes_what_there_is_and_sleeps(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    taker = Taker(connection, b"f")
    connection.flush()
    assert [b"f"] == peer.expect(P.CAN_DO)
    assert [] == peer.expect(P.GRAB_JOB)
    peer.say(P.JOB_ASSIGN, b"H:1", b"f", b"x")
    turn(taker)
    assert [b"H:1", b""] == peer.expect(P.WORK_COMPLETE)
    assert [] == peer.expect(P.GRAB_JOB)
    peer.say(P.NO_JOB)
    turn(taker)
    assert [P.PRE_SLEEP] == peer.types(1)
    assert (1, True) == (taker.completed, taker.asleep)


def test_a_taker_wakes_up_once(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    taker = Taker(connection, b"f")
    peer.say(P.NO_JOB)
    for _ in range(2):
        peer.say(P.NOOP)
    turn(taker)
    assert [P.CAN_DO, P.GRAB_JOB, P.PRE_SLEEP, P.GRAB_JOB] == peer.types(4)
    assert not taker.asleep
    peer.say(P.NO_JOB)
    turn(taker)
    assert [P.PRE_SLEEP] == peer.types(1)


def test_a_taker_leaves(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    taker = Taker(connection, b"f")
    taker.leave()
    connection.flush()
    assert [P.CAN_DO, P.GRAB_JOB, P.CANT_DO, P.ECHO_REQ] == peer.types(4)
    assert not taker.gone
    peer.say(P.ECHO_RES, b"")
    turn(taker)
    assert taker.gone


def test_a_taker_is_refused(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    taker = Taker(connection, b"f")
    peer.say(P.ERROR, b"JOB_NOT_FOUND", b"Job given in work result not found")
    with pytest.raises(ServerError, match="not found"):
        turn(taker)
