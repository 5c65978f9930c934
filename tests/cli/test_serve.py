"""`gear serve`: its options.  What it does once it serves is tested with the server."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from gearcli.cli.serve import LEVELS, _base36, _wanted, handle_prefix, level
from gearcli.errors import AddressError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import HANDLE_LIMIT, PacketType
from tests.cli.driving import exit_of, run_gear
from tests.support import Wire, free_port, gear_serve, wait_until


def test_it_says_where_it_listens_and_what_is_not_kept() -> None:
    with gear_serve() as server:
        assert [
            "gear: jobs are kept in memory only: waiting background jobs do not survive a restart",
            f"gear: listening on 127.0.0.1:{server.port}",
        ] == server.said().splitlines()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()


def test_it_listens_wherever_it_is_told(tmp_path: Path) -> None:
    path, port = str(tmp_path / "socket"), free_port()
    with gear_serve(address=["-L", f"127.0.0.1:{port}", "-L", f"unix:{path}"]) as server:
        wait_until(lambda: f"listening on unix:{path}\n" in server.said())
        with Wire(port) as one, Wire(path=path) as two:
            assert [True, True] == [one.works(), two.works()]


def test_the_port_may_come_from_the_environment(capfd: pytest.CaptureFixture[str]) -> None:
    result = run_gear("serve", environ={"GEARMAND_PORT": "no number"})
    assert 2 == result.status
    assert "GEARMAND_PORT" in result.err


def test_the_world_is_not_served_by_mistake(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("serve", "-L", "0.0.0.0", "-p", "0")
    assert "--insecure-listen" in capfd.readouterr().err


def test_a_second_signal_ends_it_at_once() -> None:
    with gear_serve("--grace", "1h") as server, server.wire() as worker, server.wire() as client:
        client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"")
        worker.say(PacketType.CAN_DO, b"f")
        assert PacketType.JOB_ASSIGN == worker.ask(PacketType.GRAB_JOB)[0]
        server.signal(signal.SIGTERM)
        wait_until(lambda: "stopping; 1 job still running" in server.said())
        server.signal(signal.SIGINT)
        assert 130 == server.exit_status()


def test_levels_by_gearmands_names() -> None:
    assert [0, 0, 1, 3] == [level(name) for name in ("FATAL", "notice", "Info", "DEBUG")]
    assert {"FATAL", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"} == set(LEVELS)


def test_a_level_that_is_none() -> None:
    with pytest.raises(UsageError, match="'LOUD' is not a level; levels are FATAL, "):
        level("LOUD")


def test_handles_begin_with_the_machine_and_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "a" * 100)
    monkeypatch.setattr(time, "time_ns", lambda: 36_000_000)
    assert b"H:" + b"a" * 24 + b":10-" == handle_prefix()
    assert len(handle_prefix()) + 20 <= HANDLE_LIMIT


@pytest.mark.parametrize(("number", "digits"), [(1, "1"), (35, "z"), (36, "10"), (36**3 - 1, "zzz")])
def test_base_36(number: int, digits: str) -> None:
    assert digits == _base36(number)


def test_addresses_are_listened_on_once() -> None:
    wanted = _wanted(["localhost,:7", "localhost:1", "unix:/s"], 1)
    assert [
        Address("localhost", 1), Address("127.0.0.1", 7), Address("", 0, "/s"),
    ] == wanted  # fmt: skip


def test_an_address_that_is_none() -> None:
    with pytest.raises(AddressError):
        _wanted(["host:port"], 1)
