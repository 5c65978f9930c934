"""The loop of `gear top`; what it shows is tested in tests/terminal/test_top.py."""

from __future__ import annotations

import pytest

from gearcli.cli.top_loop import next_time
from gearcli.protocol.packets import PacketType
from tests.support import ServerProcess
from tests.terminal.screens import seen


@pytest.mark.parametrize(
    ("answered", "interval", "expected"),
    [(10.01, 2.0, 12.0), (10.5, 2.0, 12.5), (13.0, 2.0, 25.0), (10.0, 0.1, 10.1)],
)
def test_a_server_that_has_much_to_tell_is_asked_less_often(
    answered: float, interval: float, expected: float
) -> None:
    assert expected == next_time(10.0, answered, interval)


def test_while_it_is_paused_somebody_may_look_inside(server: ServerProcess) -> None:
    with server.wire() as client:
        client.ask(PacketType.SUBMIT_JOB_BG, b"looked-into", b"", b"x")
        with seen("top", "-s", f"127.0.0.1:{server.port}", "-i", "0.2", "looked-into") as screen:
            screen.shows("> looked-into")
            screen.press("p")
            screen.shows("PAUSED")
            client.ask(PacketType.SUBMIT_JOB_BG, b"looked-into", b"", b"x")
            screen.press("\r")
            screen.shows("2 queued", "HANDLE", "no workers")
            screen.press("q")
            assert 0 == screen.end()
