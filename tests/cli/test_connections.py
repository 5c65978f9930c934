"""Connections, as `gear workers` and `gear clients` show them."""

from __future__ import annotations

import json

import pytest

from gearcli.cli.connections import show_connections
from gearcli.cli.options import Reach
from tests.client.answering import Answering, answering

CLIENT = b'{"number":%d,"address":"::1","client_id":"%b","functions":[%b],"asleep":%b,"running":[%b],' \
         b'"listening":%d,"exceptions":false}\n'  # fmt: skip
CLIENTS = b"".join(
    [
        CLIENT % (7, b"a%0Ab", b'"f,%20g","h"', b"true", b"", 0),
        CLIENT % (8, b"-", b'"f"', b"false", b'"H:1"', 2),
        CLIENT % (9, b"-", b"", b"false", b"", 2),
        CLIENT % (10, b"-", b"", b"false", b"", 0),
    ]
)


def shown(server: Answering, *, as_json: bool = False, all_: bool = True) -> int:
    reached = Reach([server.address], 5.0)
    return show_connections("clients", reached, wanted=lambda told: all_ or told.functions, as_json=as_json)


def test_what_each_does(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"clients": CLIENTS + b".\n"}) as server:
        assert 0 == shown(server)
    assert [
        ["::1", "a\\nb", "asleep", "f\\x2c g,h"],
        ["::1", "-", "runs 1", "f"],
        ["::1", "-", "awaits 2", ""],
        ["::1", "-", "idle", ""],
    ] == [line.split("\t") for line in capfd.readouterr().out.splitlines()]


def test_only_those_that_are_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"clients": CLIENTS + b".\n"}) as server:
        assert 0 == shown(server, as_json=True, all_=False)
    first, second = json.loads(capfd.readouterr().out)["clients"]
    assert {
        "server": str(server.address), "number": 7, "address": "::1", "client_id": "a\\nb",
        "functions": ["f, g", "h"], "asleep": True, "running": [], "listening": 0, "exceptions": False,
    } == first  # fmt: skip
    assert ["H:1"] == second["running"]


def test_gearmand_tells_less(capfd: pytest.CaptureFixture[str]) -> None:
    unknown = b"ERR UNKNOWN_COMMAND Unknown+server+commandclients\r\n"
    rows = b"37 127.0.0.1 me : f g\n38 ::1 - :\n.\n"
    with answering({b"clients": unknown, b"version": b"OK 1.1.20\n", b"workers": rows}) as server:
        assert 0 == shown(server)
        assert "127.0.0.1\tme\t\tf,g\n::1\t-\t\t\n" == capfd.readouterr().out
        assert 0 == shown(server, as_json=True)
    first = json.loads(capfd.readouterr().out)["clients"][0]
    assert ("me", ["f", "g"], None) == (first["client_id"], first["functions"], first["running"])


def test_another_refusal_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"clients": b"ERR PERMISSION_DENIED\r\n"}) as server:
        assert 77 == shown(server)
    assert f"gear: {server.address} refused: PERMISSION_DENIED\n" == capfd.readouterr().err
