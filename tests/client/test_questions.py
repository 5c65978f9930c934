"""Which of the packets that have arrived is the answer to a question."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from gearcli.client import questions
from gearcli.client.connection import Connection
from gearcli.client.questions import Question
from gearcli.client.servers import Server
from gearcli.client.tasks import Task
from gearcli.errors import Forbidden, ProtocolError, ServerError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet
from gearcli.protocol.packets import PacketType as P

ADDRESS = Address("server", 1)
ANSWER: Packet = (P.ECHO_RES, [b"x"])
CREATED: Packet = (P.JOB_CREATED, [b"H:1"])
REFUSED: Packet = (P.ERROR, [b"QUEUE_ERROR", b"full"])


class Asked:
    """A server that is asked for the echo of ``x``, and what it has said."""

    def __init__(self, connection: Connection) -> None:
        self.server = Server(ADDRESS, 1.0)
        self.received = connection.received
        self._connection = connection

    def ask(self, *received: Packet) -> Question:
        self.received.extend(received)
        return Question(self.server, self._connection, P.ECHO_RES, b"x")


@pytest.fixture
def asked() -> Iterator[Asked]:
    one, other = socket.socketpair()
    with one, other:
        yield Asked(Connection(one, ADDRESS))


def test_there_may_be_no_answer_yet(asked: Asked) -> None:
    question = asked.ask()
    assert question.answer() is None
    asked.received.append(ANSWER)
    assert [b"x"] == question.answer()


def test_what_is_about_tasks_stays_in_its_order(asked: Asked) -> None:
    asked.server.tasks.submitted(Task(b"f", b""))
    progress: Packet = (P.WORK_STATUS, [b"H:1", b"1", b"2"])
    question = asked.ask(CREATED, progress)
    assert question.answer() is None
    asked.received.extend([ANSWER, progress])
    assert [b"x"] == question.answer()
    assert [CREATED, progress, progress] == list(asked.received)


def test_an_error_belongs_to_what_was_submitted_before(asked: Asked) -> None:
    for _ in range(2):
        asked.server.tasks.submitted(Task(b"f", b""))
    assert [b"x"] == asked.ask(REFUSED, CREATED, ANSWER).answer()
    assert [REFUSED, CREATED] == list(asked.received)


def test_an_error_after_all_of_that_is_the_answer(asked: Asked) -> None:
    asked.server.tasks.submitted(Task(b"f", b""))
    with pytest.raises(Forbidden, match="not you"):
        asked.ask(CREATED, (P.ERROR, [b"PERMISSION_DENIED", b"not you"])).answer()
    assert [CREATED] == list(asked.received)


def test_a_server_may_not_know_the_option_that_was_asked_for_first(asked: Asked) -> None:
    no_option: Packet = (P.ERROR, [b"UNKNOWN_OPTION", b"no such option"])
    assert [b"x"] == asked.ask(no_option, ANSWER).answer()
    with pytest.raises(ServerError):
        asked.ask(no_option).answer()


def test_an_answer_that_nobody_waits_for_any_longer(asked: Asked) -> None:
    asked.server.late = 1
    assert [b"x"] == asked.ask((P.STATUS_RES, [b"H:1", b"0", b"0", b"0", b"0"]), ANSWER).answer()
    assert not asked.received
    with pytest.raises(ProtocolError, match="server:1 answered another question: ECHO_RES"):
        asked.ask((P.ECHO_RES, [b"y"])).answer()


def test_what_no_client_is_told(asked: Asked) -> None:
    with pytest.raises(ProtocolError, match="server:1 sent NO_JOB, which nobody asked for"):
        asked.ask((P.NO_JOB, [])).answer()


def test_other_things_may_come_before_it_but_not_without_end(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "BEFORE_ANSWER", 3 * (questions.PACKET_COST + 5))
    data: Packet = (P.WORK_DATA, [b"H:1", b"ab"])
    question = asked.ask(*[data] * 3)
    assert question.answer() is None
    asked.received.append(data)
    with pytest.raises(ProtocolError, match="server:1 sends other things without end"):
        question.answer()
