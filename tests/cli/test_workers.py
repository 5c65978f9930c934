"""`gear workers`: who works."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exit_of
from tests.support import Wire, gear_serve


def test_who_works(capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve() as server, Wire(server.port) as worker, Wire(server.port) as client:
        worker.say(PacketType.SET_CLIENT_ID, b"w1")
        worker.say(PacketType.CAN_DO, b"f")
        worker.say(PacketType.PRE_SLEEP)
        assert worker.works()
        assert client.works()
        assert 0 == exit_of("workers", *at(server.port))
    ((_, *fields),) = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
    assert ["w1", "asleep", "f"] == fields
