"""`gear clients`: who is connected."""

from __future__ import annotations

import json

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exit_of
from tests.support import Wire, gear_serve


def test_who_is_connected(capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve() as server, Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"x")
        assert 0 == exit_of("clients", *at(server.port))
        lines = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
        assert 0 == exit_of("clients", *at(server.port), "--json")
    assert [["-", "awaits 1", ""], ["-", "idle", ""]] == [line[1:] for line in lines]
    assert [1, 0] == [each["listening"] for each in json.loads(capfd.readouterr().out)["clients"]]
