"""What `gear top -b` prints: the columns of gearman_top."""

from __future__ import annotations

import time

import pytest

from gearcli.cli.exits import ExitStatus
from gearcli.cli.top_batch import batch, block
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.client.survey import Answer, Survey
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address
from tests.cli.watching import HOSTILE, function
from tests.client.answering import answering
from tests.support import free_port

NOW = time.struct_time((2026, 11, 24, 8, 5, 3, 0, 0, -1))


def printed(*states: object) -> list[str]:
    seen = Snapshot("1.1.20", "gearmand 1.1.20", list(states))  # type: ignore[arg-type]
    answer = Answer(Address("localhost", 4730), seen, None, 0.0)
    return block(answer, lambda state: state.function != b"unwanted", NOW).splitlines()


def test_the_columns_of_gearman_top() -> None:
    rule = "-" * 63
    assert [
        "2026-11-24 08:05:03  -  localhost:4730  -  v1.1.20",
        "",
        " Queue Name   | Worker Available | Jobs Waiting | Jobs Running",
        rule,
        " mail         |               4  |         120  |           3 ",
        " resize       |               0  |           7  |           0 ",
        rule,
        "",
    ] == printed(function("mail", 120, 3, 4), function("resize", 7, 0, 0), function("unwanted"))


def test_a_server_without_functions_and_one_that_does_not_answer() -> None:
    assert " " * 37 + "no queues found" == printed()[4]
    answer: Answer[Snapshot] = Answer(Address("h", 1), None, ConnectFailed("refused"), 0.0)
    assert "" == block(answer, lambda _: True, NOW)


def test_hostile_names_forge_no_row() -> None:
    rows = printed(*(function(name, 1) for name in HOSTILE))
    assert 8 + len(HOSTILE) - 2 == len(rows)
    assert all(row.isprintable() for row in rows)
    assert {"|"} == {row[column] for row in rows[4:-2] for column in (-14, -29)}


def test_it_is_printed_as_often_as_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    replies = {
        b"version": b"OK 1.1.20\n",
        b"status": b"f\t3\t1\t2\n.\n",
        b"prioritystatus": b"f\t0\t2\t0\t2\n.\n",
    }
    with answering({**replies, b"functions": b"ERR UNKNOWN_COMMAND x\n"}) as server:
        addresses = [server.address, Address("127.0.0.1", free_port())]
        with Survey(addresses, snapshot) as servers:
            status = batch(servers, lambda _: True, interval=0.01, count=3)
    out, err = capfd.readouterr()
    assert ExitStatus.UNREACHABLE == status
    assert 3 == out.count(" f            |               2  |           2  |           1 \n")
    assert 3 == err.count("connection refused")
