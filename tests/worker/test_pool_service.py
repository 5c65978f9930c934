"""A worker as a service: what it tells its manager, its pid file and log, what it leaves, and its rest."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

from tests.cli.driving import Gear, at, counts, exists, pid_in, run_gear
from tests.support import ServerProcess, gear, process, wait_until
from tests.worker.lives import registered, working
from tests.worker.playing import queue
from tests.worker.pools import a_name, result

# -- what it tells and leaves ------------------------------------------------------------


def test_a_service_manager_is_told(server: ServerProcess, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        variables = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "100000"}
        name = a_name()
        command = ["worker", *at(server.port), "-f", name, "--", "sh", "-c", "echo $NOTIFY_SOCKET"]
        with Gear(*command, environ=variables) as worker:
            assert [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"] == [manager.recv(99) for _ in range(3)]
            assert b"\n" == result(server.port, name)
            worker.signal(signal.SIGTERM)
            while (said := manager.recv(99)) == b"WATCHDOG=1":
                pass
            assert b"STOPPING=1" == said
            assert 0 == worker.result().status


def test_a_pid_file_lives_as_long_as_the_worker(server: ServerProcess, tmp_path: Path) -> None:
    path, name = tmp_path / "pid", a_name()
    with process(gear("worker", *at(server.port), "-f", name, "--pidfile", str(path), "--", "cat")) as worker:
        registered(server, name)
        assert worker.pid == pid_in(path)
        worker.signal(signal.SIGTERM)
        assert 0 == worker.exit_status()
    assert not path.exists()


def test_a_log_for_programs(server: ServerProcess) -> None:
    name = a_name()
    script = "echo oops >&2; exit 3"
    with working(server, "-f", name, "--log-format", "json", "--", "sh", "-c", script) as worker:
        assert 1 == run_gear("submit", *at(server.port), name, "x").status
        worker.signal(signal.SIGTERM)
        lines = [json.loads(line) for line in worker.result().err.splitlines()]
    assert [("stderr", name), ("failed", name)] == [(line["event"], line["function"]) for line in lines]
    assert "sh exited with status 3" == lines[1]["reason"]


def test_nothing_of_a_fleet_of_slots_is_left(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    script = f"echo $$ >>{tmp_path}/pids; read n; echo $n; sleep 1000"
    options = ["-f", name, "-j", "1-6", "--persistent", "--grace", "100ms"]
    with working(server, *options, "--", "sh", "-c", script) as worker:
        assert b"x" == result(server.port, name, b"x\n")
        worker.signal(signal.SIGTERM)
        worker.result()
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert [] == [pid for pid in pids if exists(pid)]


# -- resting -----------------------------------------------------------------------------


def test_tstp_takes_no_more_jobs_until_cont(server: ServerProcess) -> None:
    name = a_name()
    with working(server, "-f", name, "--", "cat") as worker:
        registered(server, name)
        worker.signal(signal.SIGTSTP)
        registered(server, name, 0)
        queue(server.port, name, b"x")
        assert (1, 0, 0) == counts(server.port, name)
        worker.signal(signal.SIGCONT)
        wait_until(lambda: counts(server.port, name) == (0, 0, 1))


def test_who_rests_can_be_stopped(server: ServerProcess) -> None:
    name = a_name()
    with working(server, "-f", name, "--", "cat") as worker:
        registered(server, name)
        worker.signal(signal.SIGTSTP)
        registered(server, name, 0)
        worker.signal(signal.SIGTERM)
        assert 0 == worker.result().status
