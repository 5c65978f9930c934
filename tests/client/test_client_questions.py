"""What the Python client asks servers about: the state of jobs, and whether they answer at all."""

from __future__ import annotations

import threading

import pytest

from gearcli.client import dispatch
from gearcli.client.client import Client, JobStatus
from gearcli.errors import ProtocolError, ServerError, TimeLimit, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, response
from tests.client.peer import Listener, Peer, listening
from tests.support import free_port

P = PacketType


def test_the_status_of_a_job(client: Client, peer: Peer) -> None:
    peer.say(P.OPTION_RES, b"exceptions")
    peer.say(P.STATUS_RES, b"H:1", b"1", b"0", b"3", b"10")
    assert JobStatus(True, False, 3, 10) == client.status(b"H:1")
    assert [b"exceptions"] == peer.expect(P.OPTION_REQ)
    assert [b"H:1"] == peer.expect(P.GET_STATUS)


def test_a_status_without_progress_is_at_zero(client: Client, peer: Peer) -> None:
    peer.say(P.STATUS_RES, b"H:1", b"0", b"0", b"", b"")
    assert JobStatus(False, False, 0, 0) == client.status(b"H:1")


def test_the_status_of_a_unique(client: Client, peer: Peer) -> None:
    peer.say(P.STATUS_RES_UNIQUE, b"key", b"1", b"1", b"0", b"0", b"2")
    assert JobStatus(True, True, 0, 0, 2) == client.status_unique(b"key")


def test_a_status_with_numbers_that_are_none(client: Client, peer: Peer) -> None:
    peer.say(P.STATUS_RES, b"H:1", b"1", b"1", b"half", b"full")
    with pytest.raises(ProtocolError, match="numbers that are none"):
        client.status(b"H:1")


def test_an_echo_takes_some_time(client: Client, peer: Peer) -> None:
    peer.say(P.ECHO_RES, b"a\0b")
    assert 0 < client.echo(b"a\0b")


def test_an_echo_of_other_bytes(client: Client, peer: Peer) -> None:
    peer.say(P.ECHO_RES, b"b")
    with pytest.raises(ProtocolError, match="answered another question"):
        client.echo(b"a")


def test_a_question_after_a_refused_option(client: Client, peer: Peer) -> None:
    peer.say(P.ERROR, b"UNKNOWN_OPTION", b"no such option")
    peer.say(P.ECHO_RES, b"x")
    assert client.echo(b"x")


def test_a_question_that_is_refused(client: Client, peer: Peer) -> None:
    peer.say(P.ERROR, b"NO", b"not you")
    with pytest.raises(ServerError, match="not you"):
        client.echo(b"x")


def test_a_question_among_late_words_about_a_job(client: Client, peer: Peer) -> None:
    peer.say(P.JOB_CREATED, b"H:1")
    with pytest.raises(TimeLimit):
        client.submit("f", "late").result(0.02)
    peer.say(P.WORK_COMPLETE, b"H:1", b"too late")
    peer.say(P.ECHO_RES, b"x")
    assert client.echo(b"x")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", response(P.NOOP)])
def test_an_answer_to_another_question(client: Client, peer: Peer, answer: bytes) -> None:
    peer.send(answer)
    with pytest.raises(ProtocolError):
        client.echo(b"x")


def test_a_question_that_nobody_answers(client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "ANSWER_TIMEOUT", 0.02)
    with pytest.raises(TimeLimit):
        client.echo(b"x")


def test_a_question_that_the_protocol_cannot_carry(client: Client) -> None:
    with pytest.raises(UsageError, match="a handle has at most 63 bytes"):
        client.status(b"H" * 64)


def test_an_answer_that_is_late_is_not_that_of_the_next_question(
    client: Client, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = client.submit("f")
    with monkeypatch.context() as patched:
        patched.setattr(dispatch, "ANSWER_TIMEOUT", 0.02)
        for name in ("H:1", "H:2"):
            with pytest.raises(TimeLimit):
                client.status(name)
    peer.say(P.JOB_CREATED, b"H:7")
    peer.say(P.STATUS_RES, b"H:1", b"1", b"1", b"0", b"0")
    peer.say(P.STATUS_RES, b"H:3", b"0", b"0", b"0", b"0")
    assert not client.status("H:3").known
    peer.say(P.STATUS_RES, b"H:2", b"1", b"1", b"0", b"0")
    peer.say(P.WORK_COMPLETE, b"H:7", b"r")
    assert b"r" == job.result()


def test_a_question_after_the_server_was_restarted(client: Client, peer: Peer, listener: Listener) -> None:
    peer.close()
    asked = []
    asking = threading.Thread(target=lambda: asked.append(client.status("H:1")))
    asking.start()
    with listener.accept() as again:
        again.say(P.STATUS_RES, b"H:1", b"0", b"0", b"0", b"0")
        asking.join()
    assert [JobStatus(False, False, 0, 0)] == asked


def test_a_status_comes_from_the_server_that_knows_the_job() -> None:
    with (
        listening() as one,
        listening() as two,
        Client([one.address, two.address]) as client,
        one.accept() as ignorant,
    ):
        ignorant.say(P.STATUS_RES, b"H:1", b"0", b"0", b"0", b"0")
        asking = threading.Thread(target=lambda: know(two))
        asking.start()
        assert JobStatus(True, True, 1, 2) == client.status("H:1")
        asking.join()


def know(listener: Listener) -> None:
    with listener.accept() as peer:
        peer.say(P.STATUS_RES, b"H:1", b"1", b"1", b"1", b"2")
        assert [P.OPTION_REQ, P.GET_STATUS] == peer.types(2)


def test_a_status_from_those_that_are_there(listener: Listener) -> None:
    dead = Address("127.0.0.1", free_port())
    with Client([dead, listener.address]) as client, listener.accept() as peer:
        peer.say(P.STATUS_RES, b"H:1", b"0", b"0", b"0", b"0")
        assert not client.status("H:1").known
