"""Several servers at once: who is slow or dead holds up nobody."""

from __future__ import annotations

import threading

import pytest

from gearcli.client.admin import Admin
from gearcli.client.survey import Survey, survey
from gearcli.errors import ConnectFailed, NoAnswer, ServerError
from gearcli.protocol.address import Address
from tests.client.answering import answering
from tests.support import DEADLINE, free_port


def test_each_server_has_its_answer_in_the_order_of_the_addresses() -> None:
    with answering({b"version": b"OK a\n"}) as a, answering({b"version": b"ERR NO\n"}) as b:
        dead = Address("127.0.0.1", free_port())
        answers = survey([a.address, dead, b.address], Admin.version)
    assert [a.address, dead, b.address] == [answer.address for answer in answers]
    assert ["a", None, None] == [answer.value for answer in answers]
    assert [type(None), ConnectFailed, ServerError] == [type(answer.error) for answer in answers]


def test_who_is_slow_holds_up_nobody_and_is_heard_later() -> None:
    go = threading.Event()

    def slow(accepted: object) -> None:
        go.wait(DEADLINE)
        accepted.sendall(b"OK slow\n")  # type: ignore[attr-defined]

    with (
        answering({b"version": slow}) as late,
        answering({b"version": b"OK quick\n"}) as quick,
        Survey([late.address, quick.address], Admin.version) as servers,
    ):
        first, second = servers.ask(within=0.3)
        assert isinstance(first.error, NoAnswer)
        assert "quick" == second.value
        go.set()
        assert ["slow", "quick"] == [answer.value for answer in servers.ask()]
        assert [b"version"] == late.asked


def test_a_server_that_comes_back_is_found() -> None:
    with answering() as server, Survey([server.address], Admin.version) as servers:
        server.say(b"OK 1\n", None, b"OK 2\n")
        values = [servers.ask()[0].value for _ in range(3)]
    assert ["1", None, "2"] == values


def test_a_fault_of_the_program_is_not_hidden() -> None:
    def faulty(admin: Admin) -> None:
        raise ZeroDivisionError

    with answering() as server, pytest.raises(ZeroDivisionError):
        survey([server.address], faulty)


def test_no_server_is_no_answer() -> None:
    assert [] == survey([], Admin.version)
