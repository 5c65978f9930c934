"""`gear serve`: its options.  What it does once it serves is tested with the server."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
from pathlib import Path

import pytest

from gearcli.cli.serving import _outlets
from gearcli.protocol.packets import PacketType
from gearcli.server.log import Log, LogFile
from gearcli.server.syslog import Syslog
from tests.cli.driving import exit_of, run_gear, take_job
from tests.support import ServerProcess, Wire, connects, free_port, gear, gear_serve, process, wait_until


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


def test_who_is_to_be_quiet_and_has_a_log_says_nothing_elsewhere(tmp_path: Path) -> None:
    path, port = tmp_path / "log", free_port()
    with process(gear("serve", "-q", "-p", str(port), "-l", str(path))) as server:
        wait_until(lambda: path.exists() and f"listening on 127.0.0.1:{port}\n" in path.read_text())
        server.signal(signal.SIGTERM)
        assert (0, "") == (server.exit_status(), server.said())


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


# -- gearmand's options ------------------------------------------------------------------


def test_all_of_gearmands_options_are_taken_as_two_words_and_as_one(tmp_path: Path) -> None:
    values = {
        "listen": "127.0.0.1", "port": "0", "backlog": "32", "job-retries": "-1", "worker-wakeup": "1",
        "job-handle-prefix": "H:test", "keepalive-idle": "60", "keepalive-interval": "-1",
        "log-file": "stderr", "pid-file": str(tmp_path / "pid"), "threads": "4", "file-descriptors": "200",
        "verbose": "INFO", "lease": "1m", "socket-mode": "0660", "keepalive-count": "3",
    }  # fmt: skip
    flags = ("--exceptions", "--round-robin", "--keepalive")
    one = [f"--{name}={value}" for name, value in values.items()]
    two = [word for name, value in values.items() for word in (f"--{name}", value)]
    for options in (one, two):
        with gear_serve(*flags, *options, address=()) as server, server.wire() as wire:
            assert wire.works()
            wait_until(lambda: " connected\n" in server.said())


def test_an_operator_is_told_how_it_was_started() -> None:
    with gear_serve("-w", "3", "--grace", "7s", "-j", "4") as server, server.wire() as wire:
        settings = json.loads(wire.rows(b"settings")[0])
    told = {"listen": [f"127.0.0.1:{server.port}"], "worker_wakeup": 3, "grace": 7.0, "job_retries": 4}
    assert told == {name: settings[name] for name in told}


def test_gearmands_letters(tmp_path: Path) -> None:
    letters = ("-b", "32", "-j", "0", "-w", "2", "-R", "-P", str(tmp_path / "pid"), "-l", "stderr", "-t", "0")
    with gear_serve(*letters, "-f", "100") as server, server.wire() as wire:
        assert wire.works()


def lose(server: ServerProcess, times: int) -> None:
    """Take the next job of `f` and go away, so many times."""
    for _ in range(times):
        with server.wire() as worker:
            take_job(worker, b"f")


def test_job_retries_are_counted() -> None:
    with gear_serve("--job-retries", "1") as server, server.wire() as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"")
        lose(server, 2)
        assert (PacketType.WORK_FAIL, [handle]) == client.packet()


def test_exceptions_may_be_for_everybody() -> None:
    with gear_serve("--exceptions") as server, server.wire() as client, server.wire() as worker:
        client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"")
        handle, _ = take_job(worker, b"f")
        worker.say(PacketType.WORK_EXCEPTION, handle, b"why")
        assert (PacketType.WORK_EXCEPTION, [handle, b"why"]) == client.packet()


def test_handles_have_the_prefix_and_are_never_used_again() -> None:
    handles = []
    for _ in range(2):
        with gear_serve("--job-handle-prefix=mine") as server, server.wire() as client:
            handles.append(client.ask(PacketType.SUBMIT_JOB_BG, b"f", b"", b"")[1][0])
    assert all(re.fullmatch(rb"mine:[0-9a-z]+-1", handle) for handle in handles)
    assert handles[0] != handles[1]


def test_a_silent_worker_loses_its_job_when_its_lease_ends() -> None:
    with gear_serve("--lease=100ms") as server, server.wire() as client, server.wire() as silent:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"")
        take_job(silent, b"f")
        with server.wire() as other:
            assert handle == take_job(other, b"f")[0]


NO_TIMER, KEEPALIVE = "00", "02"
"""Kinds of timers in proc(5)."""


def timer(port: int) -> tuple[str, float]:
    """The timer of an accepted connection to a local port, by proc(5): its kind, and the seconds to go."""

    def found() -> tuple[str, float] | None:
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        (row,) = (row for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01")
        kind, ticks = row[5].split(":")
        # Until the last answer is acknowledged it is the timer for saying it again.
        return None if kind == "01" else (kind, int(ticks, 16) / os.sysconf("SC_CLK_TCK"))

    return wait_until(found)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux only")
@pytest.mark.parametrize(
    ("options", "least", "most"),
    [((), 30, 61), (("--keepalive-idle", "100"), 62, 101), (("--keepalive-idle", "-1"), 102, 40_000)],
    ids=["a minute", "chosen", "the system's"],
)
def test_connections_are_kept_alive(options: tuple[str, ...], least: float, most: float) -> None:
    with gear_serve(*options) as server, server.wire() as wire:
        assert wire.works()
        kind, seconds = timer(server.port)
    assert (KEEPALIVE, True) == (kind, least < seconds <= most)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="Linux only")
def test_connections_need_not_be_kept_alive() -> None:
    with gear_serve("--no-keepalive") as server, server.wire() as wire:
        assert wire.works()
        assert NO_TIMER == timer(server.port)[0]


def test_a_unix_socket_may_be_for_a_group(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with gear_serve("--socket-mode", "0660", address=("-L", f"unix:{path}")):
        assert 0o660 == stat.S_IMODE(path.stat().st_mode)


def test_localhost_is_listened_on() -> None:
    with gear_serve(address=("-L", "localhost", "-p", "0")) as server:
        wait_until(lambda: server.said().endswith("\n"))
        ports = re.findall(r"listening on \S+:(\d+)\n", server.said())
        assert {ports[0]} == set(ports)
        assert connects(int(ports[0]))


def test_what_was_bound_is_freed_when_the_rest_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with socket.create_server(("127.0.0.1", 0)) as used:
        result = run_gear("serve", "-L", f"unix:{path}", "-L", f"127.0.0.1:{used.getsockname()[1]}")
    assert 69 == result.status
    assert not path.exists()


# -- where the log goes ----------------------------------------------------------------------


def test_without_a_log_standard_error_hears_of_the_start_only() -> None:
    with gear_serve("-vvv", "--log-file=none") as server, server.wire() as wire:
        assert wire.works()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert ["jobs are kept", "listening on"] == re.findall("jobs are kept|listening on", server.said())
        assert 2 == len(server.said().splitlines())


def test_an_unwritable_log_is_an_error_before_anything_is_bound() -> None:
    result = run_gear("serve", "-p", "0", "-l", "/nowhere/log")
    assert 74 == result.status
    assert (
        "gear: cannot open the log file /nowhere/log: no such file or directory. "
        "Name another with --log-file.\n"
    ) == result.err


@pytest.mark.parametrize(
    ("log_file", "syslog", "kinds"),
    [
        (None, False, []),
        ("stderr", False, []),
        ("none", False, []),
        ("{tmp}/log", False, [LogFile]),
        (None, True, [Syslog]),
        ("{tmp}/log", True, [LogFile, Syslog]),
    ],
)
def test_where_the_log_goes_besides_standard_error(
    tmp_path: Path, log_file: str | None, syslog: bool, kinds: list[type]
) -> None:
    outlets = _outlets(Log(descriptor=None), log_file and log_file.format(tmp=tmp_path), syslog)
    assert kinds == [type(outlet) for outlet in outlets]
    for outlet in outlets:
        assert isinstance(outlet, LogFile | Syslog)
        outlet.close()


@pytest.mark.skipif(Path("/dev/log").exists(), reason="this machine has a system log")
def test_it_runs_without_a_system_log_and_says_so() -> None:
    with gear_serve("--syslog") as server, server.wire() as wire:
        assert wire.works()
        assert server.said().startswith("gear: cannot reach the system's log at /dev/log: no such file")


def test_an_unknown_user_is_wrong_usage() -> None:
    result = run_gear("serve", "-p", "0", "--user", "nobody-of-that-name")
    assert 2 == result.status
    assert "gear: there is no user 'nobody-of-that-name'; name one of /etc/passwd with --user\n" == result.err
