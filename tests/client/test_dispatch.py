"""Tasks over several servers that the test plays."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from gearcli.client import dispatch as module
from gearcli.client.connection import Opening
from gearcli.client.dispatch import Dispatch, Happening, ServerLost
from gearcli.client.servers import Server, by_preference
from gearcli.client.tasks import Event, Local, Task
from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.protocol.refusals import Refusal
from tests.client.peer import Listener, Peer, listening
from tests.support import DEADLINE, free_port

P = PacketType


@contextlib.contextmanager
def several(count: int) -> Iterator[list[Listener]]:
    """Ports on which the test plays servers."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(listening()) for _ in range(count)]


def dead() -> Address:
    return Address("127.0.0.1", free_port())


def turn(dispatch: Dispatch) -> list[Happening]:
    """What happens in a turn that waits for a moment only."""
    return list(dispatch.turn(time.monotonic() + 0.01))


def until(dispatch: Dispatch, count: int) -> list[Happening]:
    """The next happenings."""
    found: list[Happening] = []
    end = time.monotonic() + DEADLINE
    while len(found) < count:
        assert time.monotonic() < end
        found += turn(dispatch)
    return found


def connected(dispatch: Dispatch, listener: Listener) -> Peer:
    """The server's side of a connection that is being made."""
    turn(dispatch)
    peer = listener.accept()
    turn(dispatch)
    assert P.OPTION_REQ == peer.packet()[0]
    return peer


@contextlib.contextmanager
def both() -> Iterator[tuple[Dispatch, Peer, Peer]]:
    """Tasks that are spread over two servers, and the servers' sides."""
    with (
        several(2) as (one, two),
        Dispatch([one.address, two.address], spread=True) as dispatch,
        connected(dispatch, one) as first,
        connected(dispatch, two) as second,
    ):
        yield dispatch, first, second


def task(number: int = 1, unique: bytes = b"", *, shared: bool = False) -> Task:
    return Task(b"f", b"%d" % number, unique, number=number, shared=shared)


def submitted(peer: Peer) -> bytes:
    """The workload of the next job."""
    return peer.expect(P.SUBMIT_JOB)[2]


# -- which server ----------------------------------------------------------------------


def test_without_spreading_the_first_that_is_there_takes_all(listener: Listener) -> None:
    with Dispatch([dead(), listener.address]) as dispatch:
        for number in (1, 2, 3):
            dispatch.submit(task(number))
        with connected(dispatch, listener) as peer:
            assert [b"1", b"2", b"3"] == [submitted(peer) for _ in range(3)]


def test_with_spreading_each_gets_its_share() -> None:
    with both() as (dispatch, first, second):
        for number in range(6):
            dispatch.submit(task(number))
        turn(dispatch)
        assert [b"0", b"2", b"4"] == [submitted(first) for _ in range(3)]
        assert [b"1", b"3", b"5"] == [submitted(second) for _ in range(3)]


def test_the_one_with_fewer_tasks_gets_the_next() -> None:
    with both() as (dispatch, first, second):
        for number in range(4):
            dispatch.submit(task(number))
        turn(dispatch)
        for handle in (b"H:1", b"H:3"):
            second.say(P.JOB_CREATED, handle)
            second.say(P.WORK_COMPLETE, handle, b"")
        until(dispatch, 4)
        dispatch.submit(task(9))
        turn(dispatch)
        assert [b"1", b"3", b"9"] == [submitted(second) for _ in range(3)]
        assert [b"0", b"2"] == [submitted(first) for _ in range(2)]


def preferred(listeners: list[Listener], job: Task) -> tuple[Listener, Listener]:
    """Where a task belongs, and where it goes if that is down."""
    order = by_preference([Server(each.address, 1.0) for each in listeners], job)
    by_address = {each.address: each for each in listeners}
    first, second = (by_address[server.address] for server in order)
    return first, second


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("unique", [b"a", b"b", b"c", b"d"])
def test_a_shared_unique_goes_where_it_belongs(unique: bytes, spread: bool) -> None:
    job = task(unique=unique, shared=True)
    with several(2) as listeners:
        first, _ = preferred(listeners, job)
        with Dispatch([each.address for each in listeners], spread=spread) as dispatch:
            dispatch.submit(job)
            with connected(dispatch, first) as peer:
                assert b"1" == submitted(peer)


@pytest.mark.parametrize("unique", [b"a", b"b", b"c", b"d"])
def test_a_shared_unique_moves_on_when_its_server_is_down(unique: bytes) -> None:
    job = task(unique=unique, shared=True)
    with several(2) as listeners:
        first, second = preferred(listeners, job)
        first.close()
        with Dispatch([each.address for each in listeners]) as dispatch:
            dispatch.submit(job)
            with connected(dispatch, second) as peer:
                assert b"1" == submitted(peer)


def test_what_cannot_be_submitted(listener: Listener) -> None:
    with Dispatch([listener.address]) as dispatch, pytest.raises(UsageError):
        dispatch.submit(Task(b"", b""))


# -- lost servers -----------------------------------------------------------------------


def test_what_a_lost_server_had_goes_to_another() -> None:
    with several(2) as (one, two), Dispatch([one.address, two.address]) as dispatch:
        jobs = [task(1), task(2), task(3)]
        for job in jobs:
            dispatch.submit(job)
        with connected(dispatch, one) as first:
            first.say(P.JOB_CREATED, b"H:1")
            first.say(P.JOB_CREATED, b"H:2")
            first.say(P.WORK_COMPLETE, b"H:1", b"done")
            first.say(P.WORK_DATA, b"H:2", b"half")
            until(dispatch, 4)
        (lost,) = until(dispatch, 1)
        assert isinstance(lost, ServerLost)
        assert [jobs[1], jobs[2]] == lost.tasks
        assert f"the connection to {one.address} was closed" in str(lost.reason)
        with connected(dispatch, two) as second:
            assert [b"2", b"3"] == [submitted(second) for _ in range(2)]
            second.say(P.JOB_CREATED, b"H:9")
            second.say(P.WORK_COMPLETE, b"H:9", b"whole")
            events = until(dispatch, 2)
        assert [(jobs[1], P.JOB_CREATED, []), (jobs[1], P.WORK_COMPLETE, [b"whole"])] == events
        assert (b"H:9", two.address, 1) == (jobs[1].handle, jobs[1].server, jobs[1].losses)


def test_the_same_server_takes_it_when_it_is_back(listener: Listener) -> None:
    with Dispatch([listener.address], patience=DEADLINE) as dispatch:
        dispatch.submit(job := task())
        with connected(dispatch, listener) as peer:
            peer.say(P.JOB_CREATED, b"H:1")
            until(dispatch, 1)
        assert [(job,)] == [tuple(each.tasks) for each in until(dispatch, 1) if isinstance(each, ServerLost)]
        with again(dispatch, listener) as peer:
            assert b"1" == submitted(peer)


def refuse(peer: Peer, count: int = 1) -> None:
    """Refuse tasks as a server does that is about to end."""
    for _ in range(count):
        peer.say(P.ERROR, Refusal.DRAINING.code, Refusal.DRAINING.text)


def test_what_a_server_that_stops_refuses_goes_to_another() -> None:
    """It was not begun, so nobody need be told; what runs there goes on."""
    with both() as (dispatch, first, second):
        for number in range(6):
            dispatch.submit(task(number))
        turn(dispatch)
        first.create(1)
        refuse(first, 2)
        until(dispatch, 1)
        turn(dispatch)
        dispatch.submit(task(6))
        turn(dispatch)
        assert [b"1", b"3", b"5", b"2", b"4", b"6"] == [submitted(second) for _ in range(6)]
        first.complete(1)
        (event,) = until(dispatch, 1)
        assert isinstance(event, Event)
        assert (b"0", True) == (event.task.workload, event.task.ended)


def test_what_a_server_that_stops_refuses_is_taken_when_it_is_back(listener: Listener) -> None:
    with Dispatch([listener.address], patience=DEADLINE) as dispatch:
        dispatch.submit(task())
        with connected(dispatch, listener) as peer:
            submitted(peer)
            refuse(peer)
            assert [] == turn(dispatch)
        assert [] == turn(dispatch)
        with again(dispatch, listener) as peer:
            assert b"1" == submitted(peer)


def test_what_the_only_server_refuses_has_failed_for_who_has_no_patience(listener: Listener) -> None:
    with Dispatch([listener.address]) as dispatch:
        dispatch.submit(task())
        with connected(dispatch, listener) as peer:
            submitted(peer)
            refuse(peer)
            (event,) = until(dispatch, 1)
            assert isinstance(event, Event)
            assert (P.ERROR, True) == (event.kind, event.task.ended)


def again(dispatch: Dispatch, listener: Listener) -> Peer:
    """The next connection, whenever it is tried."""
    end = time.monotonic() + DEADLINE
    while not dispatch.descriptors():
        assert time.monotonic() < end
        turn(dispatch)
    return connected(dispatch, listener)


def test_without_patience_and_another_server_it_is_over(listener: Listener) -> None:
    with Dispatch([listener.address]) as dispatch:
        dispatch.submit(task())
        connected(dispatch, listener).close()
        with pytest.raises(ConnectionLost):
            until(dispatch, 1)


def test_patience_ends(listener: Listener) -> None:
    with Dispatch([listener.address], patience=0.3) as dispatch:
        dispatch.submit(task())
        with connected(dispatch, listener) as peer:
            peer.say(P.JOB_CREATED, b"H:1")
            until(dispatch, 1)
        listener.close()
        assert isinstance(until(dispatch, 1)[0], ServerLost)
        with pytest.raises(ConnectFailed, match="connection refused"):
            until(dispatch, 1)


def test_a_task_that_loses_every_server_is_given_up(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOSSES", 1)
    with Dispatch([listener.address], patience=DEADLINE) as dispatch:
        dispatch.submit(job := task())
        with connected(dispatch, listener) as peer:
            peer.say(P.OPTION_RES, b"exceptions")
        assert isinstance(until(dispatch, 1)[0], ServerLost)
        again(dispatch, listener).close()
        (event,) = until(dispatch, 1)
        assert isinstance(event, Event)
        assert (job, Local.LOST, True) == (event.task, event.kind, event.ends)


def test_a_server_that_is_silent_is_taken_for_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has taken the job may be silent for as long as the job takes."""
    monkeypatch.setattr(module, "SILENCE", 0.05)
    with several(2) as (one, two), Dispatch([one.address, two.address]) as dispatch:
        dispatch.submit(job := task())
        with connected(dispatch, one):
            (lost,) = until(dispatch, 1)
            assert isinstance(lost, ServerLost)
            assert f"{one.address} has not answered for 0.05 s" == str(lost.reason)
            with connected(dispatch, two) as second:
                assert b"1" == submitted(second)
                second.say(P.JOB_CREATED, b"H:1")
                assert [(job, P.JOB_CREATED, [])] == until(dispatch, 1)
                assert None is dispatch.due


def test_nobody_is_there_from_the_start() -> None:
    one, two = dead(), dead()
    with Dispatch([one, two], patience=DEADLINE) as dispatch:
        dispatch.submit(task())
        with pytest.raises(ConnectFailed, match=f"cannot connect to {one}: .*; cannot connect to {two}: "):
            until(dispatch, 1)


def test_one_that_breaks_the_rules_ends_it_all(listener: Listener) -> None:
    with Dispatch([listener.address, dead()], patience=DEADLINE) as dispatch:
        dispatch.submit(task())
        with connected(dispatch, listener) as peer:
            peer.send(b"HTTP/1.1 400 Bad Request\r\n")
            with pytest.raises(ProtocolError):
                until(dispatch, 1)


def test_forgotten_tasks_are_not_submitted_again() -> None:
    with several(2) as (one, two), Dispatch([one.address, two.address]) as dispatch:
        dispatch.submit(task())
        with connected(dispatch, one):
            dispatch.forget()
            assert [] == turn(dispatch)
            assert {} == dispatch.descriptors()


# -- waiting ------------------------------------------------------------------------------


def test_a_connection_that_is_being_made_is_waited_for(
    listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Dispatch([listener.address]) as dispatch:
        with monkeypatch.context() as patched:
            patched.setattr(Opening, "proceed", lambda self: None)
            dispatch.submit(task())
            assert [4] == list(dispatch.descriptors().values())  # POLLOUT
            assert dispatch.due is not None
        with connected(dispatch, listener) as peer:
            assert b"1" == submitted(peer)


def test_a_question_keeps_what_happens_meanwhile(listener: Listener) -> None:
    with Dispatch([listener.address]) as dispatch:
        dispatch.submit(job := task())
        with connected(dispatch, listener) as peer:
            peer.say(P.JOB_CREATED, b"H:1")
            peer.say(P.ECHO_RES, b"x")
            assert [b"x"] == dispatch.ask(P.ECHO_REQ, b"x", P.ECHO_RES)
            assert [(job, P.JOB_CREATED, [])] == turn(dispatch)


def test_a_question_to_a_server_that_is_not_there(listener: Listener) -> None:
    gone = dead()
    with Dispatch([listener.address, gone]) as dispatch:
        assert listener.address == dispatch.connect()
        with pytest.raises(ConnectFailed, match=f"cannot connect to {gone}"):
            dispatch.ask(P.ECHO_REQ, b"x", P.ECHO_RES, address=gone)
