"""`gear top` against gearmand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import run_gear
from tests.support import ServerProcess, gear_serve, gearmand, needs_peers
from tests.terminal.screens import seen

pytestmark = needs_peers

P = PacketType


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """gearmand with three jobs of a function, one of which a worker has."""
    with gearmand() as server, server.wire() as client, server.wire() as worker:
        for _ in range(3):
            client.ask(P.SUBMIT_JOB_BG, b"resize", b"", b"x")
        worker.say(P.SET_CLIENT_ID, b"worker-one")
        worker.say(P.CAN_DO, b"resize")
        worker.ask(P.GRAB_JOB)
        yield server


def test_functions_jobs_and_workers(server: ServerProcess) -> None:
    with seen("top", "-s", f"127.0.0.1:{server.port}", "-i", "0.2") as screen:
        rows = screen.shows("gearmand 1.1.20", "> resize", "at least")
        assert ["resize", "2", "1", "1"] == rows[3].split()[1:5]
        screen.press("\r")
        rows = screen.shows("worker-one", "HANDLE", "this server does not tell the functions of jobs")
        assert 3 == sum(row.startswith("H:") for row in rows)
        screen.press("q")
        assert 0 == screen.end()


def test_rates_are_estimated(server: ServerProcess) -> None:
    with (
        seen("top", "-s", f"127.0.0.1:{server.port}", "-i", "0.2", "rated") as screen,
        server.wire() as client,
    ):
        screen.shows("no function is like that")
        for _ in range(5):
            client.ask(P.SUBMIT_JOB_BG, b"rated", b"", b"x")
        rows = screen.until(lambda rows: rows[3].split()[1:3] == ["rated", "5"] and rows[3].split()[5] != "-")
        assert float(rows[3].split()[5]) > 0
        assert "never" == rows[3].split()[7]


def test_both_kinds_of_servers_are_summed(server: ServerProcess) -> None:
    with gear_serve() as ours, ours.wire() as client:
        client.ask(P.SUBMIT_JOB_BG, b"resize", b"", b"x")
        servers = f"127.0.0.1:{server.port},127.0.0.1:{ours.port}"
        with seen("top", "-s", servers, "-i", "0.2", "resize") as screen:
            screen.until(lambda rows: rows[3].split()[1:5] == ["resize", "3", "1", "1"])


def test_batch(server: ServerProcess) -> None:
    result = run_gear("top", "-s", f"127.0.0.1:{server.port}", "-b")
    assert (0, "") == (result.status, result.err)
    assert f"  -  127.0.0.1:{server.port}  -  v1.1.20".encode() in result.out
    assert b" resize       |               1  |           2  |           1 \n" in result.out
