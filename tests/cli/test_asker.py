"""Asking servers for somebody who waits in a selector."""

from __future__ import annotations

import select
import socket
import threading

from gearcli.cli.asker import Asker
from gearcli.client.admin import Admin
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address
from tests.client.answering import answering
from tests.support import DEADLINE


def version(number: int, admin: Admin) -> tuple[int, str]:
    return number, admin.version()


def test_a_server_that_is_slow_or_dead_holds_up_nobody() -> None:
    go = threading.Event()

    def late(connection: socket.socket) -> None:
        assert go.wait(DEADLINE)
        connection.sendall(b"OK late\n")

    with (
        answering({b"version": b"OK quick\n"}) as quick,
        answering({b"version": late}) as slow,
        Asker(
            [slow.address, quick.address, Address("127.0.0.1", 1)], version, connect_timeout=DEADLINE
        ) as asker,
    ):
        for number in range(3):
            asker.ask(number)
        found: dict[int, Answer[tuple[int, str]]] = {}
        while len(found) < 2:
            assert select.select([asker], [], [], DEADLINE)[0]
            found.update(asker.answers())
        assert (1, "quick") == found[1].value
        assert isinstance(found[2].error, ConnectFailed)
        assert {0} == asker.asked
        asker.ask(0)  # it is being asked
        go.set()
        assert select.select([asker], [], [], DEADLINE)[0]
        assert [(0, (0, "late"))] == [(number, answer.value) for number, answer in asker.answers()]
        assert [b"version"] == slow.asked
        assert [] == asker.answers()
        assert not select.select([asker], [], [], 0)[0]


def test_a_server_is_asked_again_over_the_same_connection() -> None:
    with (
        answering({b"version": b"OK 1\n"}) as server,
        Asker([server.address], version, connect_timeout=DEADLINE) as asker,
    ):
        for _ in range(3):
            asker.ask(0)
            assert select.select([asker], [], [], DEADLINE)[0]
            assert (0, "1") == asker.answers()[0][1].value
        assert 3 == len(server.asked)
