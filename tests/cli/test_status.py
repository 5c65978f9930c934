"""`gear status` off a terminal; the table is tested on one."""

from __future__ import annotations

import json

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exit_of
from tests.support import ServerProcess, Wire, gear_serve


def queue(server: ServerProcess, *functions: bytes) -> None:
    """A waiting job for each."""
    with Wire(server.port) as client:
        for function in functions:
            client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")


def test_lines_are_gearmands_own(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"status-b", b"status-b", b"status-a")
    assert 0 == exit_of("status", *at(server.port), "status-*")
    assert ("status-a\t1\t0\t0\nstatus-b\t2\t0\t0\n", "") == capfd.readouterr()


def test_only_what_matches_is_shown(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"glob-one", b"glob-two", b"globe")
    assert 0 == exit_of("status", *at(server.port), "glob-*o", "globe", "GLOBE")
    assert ["glob-two", "globe"] == [line.split("\t")[0] for line in capfd.readouterr().out.splitlines()]


def test_nothing_that_matches_is_no_line(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("status", *at(server.port), "no such function")
    assert ("", "") == capfd.readouterr()


def test_several_servers_are_summed(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve() as other:
        queue(server, b"summed")
        queue(other, b"summed", b"summed", b"summed-there")
        assert 0 == exit_of("status", *at(server.port), *at(other.port), "summed*")
    assert "summed\t3\t0\t0\nsummed-there\t1\t0\t0\n" == capfd.readouterr().out


def test_json(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, "jsön\x1b".encode())
    assert 0 == exit_of("status", *at(server.port), "js*", "--json")
    assert {"functions": [{"function": "jsön\\x1b", "queued": 1, "running": 0, "workers": 0}]} == json.loads(
        capfd.readouterr().out
    )


def test_a_hostile_name_forges_no_row(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"forged\t0\t0\t9\nother\x1b[2J")
    assert 0 == exit_of("status", *at(server.port), "forged*")
    (line,) = capfd.readouterr().out.splitlines()
    assert line.endswith("\t1\t0\t0")
    assert line.isascii()
    assert "\x1b" not in line
