"""Conversations: an answer is whole, in time and not too long, or an error within bounds."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

import pytest

from gearcli.client.conversation import Conversation
from gearcli.errors import ConnectionLost, Forbidden, GearError, NoAnswer, ProtocolError, ServerError
from tests.client.answering import Answering, Reply, answering
from tests.support import DEADLINE


def conversation(server: Answering, timeout: float = DEADLINE) -> Conversation:
    return Conversation(server.address, timeout=timeout)


def forever(piece: bytes, pause: float = 0.0) -> Callable[[socket.socket], None]:
    """Say something again and again, until the other side has gone."""

    def reply(accepted: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted.sendall(piece)
                time.sleep(pause)

    return reply


def test_a_line_and_rows() -> None:
    with answering({b"version": b"OK 1\r\n", b"status": b"a\t0\t0\t0\n\n.\n"}) as server:
        talk = conversation(server)
        assert b"OK 1" == talk.line(b"version")
        assert [b"a\t0\t0\t0", b""] == talk.rows(b"status")
        assert [b"version", b"status"] == server.asked
        talk.close()


def test_a_refusal_ends_rows() -> None:
    with answering({b"functions": b"ERR UNKNOWN_COMMAND What+is+that\r\n", b"version": b"OK 1\n"}) as server:
        talk = conversation(server)
        with pytest.raises(ServerError, match="refused: What is that") as caught:
            talk.rows(b"functions")
        assert ("UNKNOWN_COMMAND", "What is that") == (caught.value.code, caught.value.text)
        assert b"OK 1" == talk.line(b"version")
        talk.close()


def test_who_may_not_is_told_so() -> None:
    with answering({b"shutdown": b"ERR PERMISSION_DENIED\r\n"}) as server:
        talk = conversation(server)
        with pytest.raises(Forbidden):
            talk.line(b"shutdown")
        talk.close()


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (lambda accepted: None, NoAnswer, "did not answer in time"),
        (forever(b"x", 0.005), NoAnswer, "did not answer wholly in time"),
        (forever(b"a row\n", 0.005), NoAnswer, "did not answer wholly in time"),
        (b"a row\n", NoAnswer, "did not answer wholly in time"),
    ],
    ids=["silence", "a line that drips", "rows that drip", "no end"],
)
def test_an_answer_has_to_be_whole_in_time(reply: object, error: type[Exception], words: str) -> None:
    with answering({b"status": reply}) as server:  # type: ignore[dict-item]
        talk = conversation(server, timeout=0.05)
        with pytest.raises(error, match=words):
            talk.rows(b"status")
        talk.close()


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (forever(b"x" * (1 << 16)), "its answer is longer than 1 MiB"),
        (forever(b"\n" * (1 << 16)), "its answer is longer than 1 MiB"),
        (b"\0RES\0\0\0\x06\0\0\0\0", "answers a text command with a binary packet"),
    ],
    ids=["an endless line", "endless rows", "a packet"],
)
def test_what_is_no_answer_is_an_error(reply: object, words: str) -> None:
    with answering({b"status": reply}) as server:  # type: ignore[dict-item]
        talk = conversation(server)
        with pytest.raises(ProtocolError, match=words):
            talk.rows(b"status", limit=1 << 20)
        talk.close()


@pytest.mark.parametrize("more", [b"OK 2\n", b"half"])
def test_more_than_was_asked_is_an_error(more: bytes) -> None:
    """A name with a line end and a dot in it cuts an answer in two."""
    with answering({b"status": b"a\t0\t0\t0\n.\n" + more}) as server:
        talk = conversation(server)

        def ask_twice() -> None:
            """What arrives late is found when it is asked again."""
            talk.rows(b"status")
            talk.rows(b"status")

        with pytest.raises(ProtocolError, match="answers more than it was asked"):
            ask_twice()
        talk.close()


def test_after_an_error_all_begins_anew() -> None:
    with answering() as server:
        talk = conversation(server)
        faults: list[tuple[Reply, type[GearError]]] = [
            (lambda accepted: None, NoAnswer),
            (None, ConnectionLost),
            (b"\0", ProtocolError),
        ]
        for reply, error in faults:
            server.say(reply)
            with pytest.raises(GearError) as caught:
                talk.line(b"version", within=0.02 if error is NoAnswer else None)
            assert error is type(caught.value)
            server.say(b"OK 1\n")
            assert b"OK 1" == talk.line(b"version")
        talk.close()


def test_a_server_that_was_started_again_is_found() -> None:
    def farewell(accepted: socket.socket) -> None:
        accepted.sendall(b"OK 1\n")
        accepted.shutdown(socket.SHUT_RDWR)

    with answering() as server:
        talk = conversation(server)
        server.say(farewell, *[b"OK 2\n"] * 5)  # one may be said to the old connection
        assert b"OK 1" == talk.line(b"version")
        answer = b""
        end = time.monotonic() + DEADLINE
        while not answer and time.monotonic() < end:
            with contextlib.suppress(ConnectionLost):  # the end has not arrived yet
                answer = talk.line(b"version")
        assert b"OK 2" == answer
        talk.close()
