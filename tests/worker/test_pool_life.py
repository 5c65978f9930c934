"""The life of a worker: plans read again, rest, reasons to end, a service manager.  Real processes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, asleep, at, counts, exists, pid_in, run_gear
from tests.client.peer import listening
from tests.support import (
    DEADLINE,
    ServerProcess,
    clean_environment,
    free_port,
    gear,
    gear_serve,
    process,
    under_nohup,
    wait_until,
)
from tests.worker.playing import queue
from tests.worker.pools import a_name, result

WORKER = """
[worker.{name}]
command = ["sh", "-c", "echo {answer}; cat"]
"""


def registered(server: ServerProcess, name: str, count: int = 1) -> None:
    """Wait until so many slots are registered for a function."""
    wait_until(lambda: counts(server.port, name)[2] == count)


@contextlib.contextmanager
def working(server: ServerProcess, *arguments: str) -> Iterator[Gear]:
    """`gear worker` for a server."""
    with Gear("worker", *at(server.port), *arguments) as worker:
        yield worker


# -- plans that are read again ------------------------------------------------------------


def test_hup_changes_what_has_changed_and_nothing_else(server: ServerProcess, tmp_path: Path) -> None:
    same, other, gone, new = (a_name() for _ in range(4))
    path = tmp_path / "workers.toml"
    stays = f'[worker.{same}]\ncommand = ["sh", "-c", "while read n; do echo $$; done"]\npersistent = true\n'
    old, later = (WORKER.format(name=other, answer=answer) for answer in ("old", "new"))
    path.write_text(stays + old + WORKER.format(name=gone, answer="gone"))
    with working(server, "--config", str(path)) as worker:
        for name in (same, other, gone):
            registered(server, name)
        pid = result(server.port, same)
        path.write_text(stays + later + WORKER.format(name=new, answer="fresh"))
        worker.signal(signal.SIGHUP)
        registered(server, new)
        registered(server, gone, 0)
        assert b"new\n" == result(server.port, other)
        assert (pid, b"fresh\n") == (result(server.port, same), result(server.port, new))
        (line,) = [line for line in worker.said().splitlines() if "read its plans" in line]
    assert line.startswith("gear: has read its plans again: changed ")
    assert same not in line


def test_hup_may_only_change_how_many_there_are(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    text = f'[worker.{name}]\ncommand = ["sh", "-c", "while read n; do echo $$; done"]\npersistent = true\n'
    path.write_text(text)
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        pid = result(server.port, name)
        path.write_text(text + "slots = 3\n")
        worker.signal(signal.SIGHUP)
        registered(server, name, 3)
        path.write_text(text)
        worker.signal(signal.SIGHUP)
        registered(server, name, 1)
        assert pid.strip().isdigit()


def test_what_hup_cannot_change_is_said(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        path.write_text('servers = "other"\nconnect-timeout = 1\n' + WORKER.format(name=name, answer="old"))
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "once it is started again" in worker.said())
        assert b"old\n" == result(server.port, name)
        assert [
            "gear: has read its plans again: nothing has changed",
            "gear: servers, connect-timeout as the file says now: only once it is started again",
        ] == worker.said().splitlines()


def test_more_slots_than_files_may_be_open_change_nothing(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (256, 256))
        path.write_text(WORKER.format(name=name, answer="new") + "slots = 100\n")
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: goes on as before: 100 slots with 1 servers need " in worker.said())
        assert b"old\n" == result(server.port, name)


def test_a_file_that_has_become_wrong_changes_nothing(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path = tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with working(server, "--config", str(path)) as worker:
        registered(server, name)
        path.write_text(WORKER.format(name=name, answer="new") + "slots = 0\n")
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: goes on as before: " in worker.said())
        assert f"{path}, line 4: worker.{name}.slots: " in worker.said()
        assert b"old\n" == result(server.port, name)


def test_a_job_that_runs_while_its_plan_goes_is_finished(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    path, go = tmp_path / "workers.toml", tmp_path / "go"
    script = f"touch {tmp_path}/begun; until [ -e {go} ]; do sleep 0.01; done; echo done"
    path.write_text(f'[worker.{name}]\ncommand = ["sh", "-c", "{script}"]\n')
    with (
        working(server, "--config", str(path)) as worker,
        Gear("submit", *at(server.port), name, "x") as submitted,
    ):
        wait_until((tmp_path / "begun").exists)
        path.write_text(WORKER.format(name=a_name(), answer="x"))
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "read its plans again" in worker.said())
        go.touch()
        assert (0, b"done\n") == submitted.result()[:2]
        registered(server, name, 0)


def test_hup_that_was_ignored_has_the_file_read_again(server: ServerProcess, tmp_path: Path) -> None:
    name, path = a_name(), tmp_path / "workers.toml"
    path.write_text(WORKER.format(name=name, answer="old"))
    with under_nohup(), working(server, "--config", str(path)) as worker:
        registered(server, name)
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: has read its plans again" in worker.said())


# -- a terminal that is closed --------------------------------------------------------------


def test_without_a_file_hup_is_the_end(server: ServerProcess) -> None:
    name = a_name()
    with working(server, "-f", name, "-j", "2", "--", "cat") as worker:
        registered(server, name, 2)
        worker.signal(signal.SIGHUP)
        assert (0, "") == worker.result()[::2]


GATED = "echo $$ >{0}/begun; until [ -e {0}/go ]; do sleep 0.01; done; echo done >&2; echo done"
"""A command that says that it runs, and ends when it may."""


def test_hup_lets_running_jobs_finish_however_often_it_comes(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    with (
        working(server, "-f", name, "--", "sh", "-c", GATED.format(tmp_path)) as worker,
        Gear("submit", *at(server.port), name, "x") as submitted,
    ):
        pid_in(tmp_path / "begun")
        worker.signal(signal.SIGHUP)
        wait_until(lambda: "gear: stopping; 1 still running\n" in worker.said())
        worker.signal(signal.SIGHUP)
        wait_until(lambda: asleep(worker.pid))
        (tmp_path / "go").touch()
        assert (0, b"done\n") == submitted.result()[:2]
        assert 0 == worker.result().status


def test_a_job_that_outlasts_hup_and_the_grace_is_ended(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    options = ("-f", name, "--grace", "50ms")
    with working(server, *options, "--", "sh", "-c", GATED.format(tmp_path)) as worker:
        queue(server.port, name, b"x")
        command = pid_in(tmp_path / "begun")
        worker.signal(signal.SIGHUP)
        assert 129 == worker.result().status
        assert not exists(command)


def test_under_nohup_hup_is_nothing(server: ServerProcess) -> None:
    name = a_name()
    command = ["sh", "-c", "cat; kill -HUP $$; echo alive"]
    with under_nohup(), working(server, "-f", name, "--", *command) as worker:
        registered(server, name)
        worker.signal(signal.SIGHUP)
        assert b"x alive\n" == result(server.port, name, b"x ")
        worker.signal(signal.SIGTERM)
        assert (0, "") == worker.result()[::2]


def test_a_worker_ends_with_its_terminal(server: ServerProcess, tmp_path: Path) -> None:
    """With the job that it does; that nobody reads its words any more is no fault."""
    name = a_name()
    ours, terminal = os.openpty()
    running = subprocess.Popen(
        gear("worker", *at(server.port), "-f", name, "--", "sh", "-c", GATED.format(tmp_path)),
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        env=clean_environment(),
    )
    try:
        os.close(terminal)
        with Gear("submit", *at(server.port), name, "x") as submitted:
            pid_in(tmp_path / "begun")
            os.close(ours)
            (tmp_path / "go").touch()
            assert (0, b"done\n") == submitted.result()[:2]
        assert 0 == running.wait(DEADLINE)
    finally:
        running.kill()
        running.wait()


# -- resting --------------------------------------------------------------------------------


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


# -- reasons to end -------------------------------------------------------------------------


@pytest.mark.parametrize("slots", ["1", "3"])
def test_after_so_many_jobs(server: ServerProcess, slots: str) -> None:
    name = a_name()
    queue(server.port, name, *[b"x"] * 5)
    with working(server, "-f", name, "-c", "4", "-j", slots, "-v", "--", "cat") as worker:
        ended = worker.result()
    assert (0, 4) == (ended.status, ended.err.count(" done in "))
    assert (1, 0, 0) == counts(server.port, name)


def test_when_no_jobs_are_left(server: ServerProcess) -> None:
    name = a_name()
    queue(server.port, name, *[b"x"] * 7)
    with working(server, "-f", name, "--burst", "-j", "2", "-v", "--", "cat") as worker:
        ended = worker.result()
    assert (0, 7) == (ended.status, ended.err.count(" done in "))
    assert "gear: stopping; no jobs are left\n" in ended.err


BURST = ("-f", "f", "--burst", "--connect-timeout", "200ms", "--", "cat")
"""A worker that ends when no jobs are left, and soon where it cannot ask for any."""


def test_69_for_a_burst_at_a_server_that_is_not_there() -> None:
    ended = run_gear("worker", *at(free_port()), *BURST)
    assert (69, True) == (ended.status, "connection refused" in ended.err)


def test_69_for_a_burst_at_a_server_that_has_as_many_connections_as_it_takes() -> None:
    with gear_serve("--max-connections", "1") as full, full.wire() as wire:
        assert wire.works()
        ended = run_gear("worker", *at(full.port), *BURST)
        assert (69, True) == (ended.status, "does not answer; it may have as many" in ended.err)


@pytest.mark.parametrize(("answer", "status"), [([b"QUEUE_ERROR", b"full"], 75), (None, 69)])
def test_75_or_69_for_a_burst_at_a_server_that_refuses(answer: list[bytes] | None, status: int) -> None:
    with listening() as listener, Gear("worker", *at(listener.port), *BURST) as worker:
        with listener.accept() as peer:
            assert [PacketType.CAN_DO, PacketType.GRAB_JOB_UNIQ] == peer.types(2)
            if answer:
                peer.say(PacketType.ERROR, *answer)
        ended = worker.result()
    last = ended.err.splitlines()[-1]
    assert (status, True) == (ended.status, last.startswith(("gear: 127.0.0.1:", "gear: the connection to")))


def test_0_for_a_burst_of_which_one_server_answers(server: ServerProcess) -> None:
    with gear_serve("--max-connections", "1") as full, full.wire() as wire:
        assert wire.works()
        for other in (full.port, free_port()):
            ended = run_gear("worker", *at(other), *at(server.port), *BURST)
            assert (0, True) == (ended.status, ended.err.endswith("gear: stopping; no jobs are left\n"))
            assert f"127.0.0.1:{other}" in ended.err


def test_when_there_was_nothing_to_do_for_a_while(server: ServerProcess) -> None:
    with working(server, "-f", a_name(), "--max-idle", "200ms", "--", "cat") as worker:
        assert (0, b"", "gear: stopping; nothing to do for 0.2 s\n") == worker.result()


def test_after_some_time_and_after_the_job_that_runs(server: ServerProcess, tmp_path: Path) -> None:
    name = a_name()
    with (
        working(server, "-f", name, "--max-lifetime", "300ms", "--", "sh", "-c", "sleep 0.6; cat") as worker,
        Gear("submit", *at(server.port), name, "x") as submitted,
    ):
        assert (0, b"x") == submitted.result()[:2]
        assert 0 == worker.result().status


SILENT = """
import socket, sys, time
real = socket.getaddrinfo
def getaddrinfo(host, port, *others, flags=0, **named):
    if not flags & socket.AI_NUMERICHOST:
        time.sleep(1000)
    return real(host, port, *others, flags=flags, **named)
socket.getaddrinfo = getaddrinfo
from gearcli.__main__ import main
main()
"""
"""`gear` where nobody answers who asks for the address of a name."""


def test_who_waits_for_the_address_of_a_name_works_and_ends_as_others(server: ServerProcess) -> None:
    name = a_name()
    servers = ["-s", "silent.example", *at(server.port)]
    with process([sys.executable, "-c", SILENT, "worker", *servers, "-f", name, "--", "cat"]) as worker:
        assert b"x" == result(server.port, name, b"x")
        worker.signal(signal.SIGTERM)
        assert 0 == worker.exit_status()


def test_69_for_a_name_whose_address_nobody_tells() -> None:
    arguments = ["worker", "-s", "silent.example", "-f", "f", "--connect-timeout", "100ms", "--", "cat"]
    with process([sys.executable, "-c", SILENT, *arguments]) as worker:
        assert 69 == worker.exit_status()
        assert "gear: cannot find the host silent.example: no answer within 0.1 s\n" == worker.said()


# -- a service ------------------------------------------------------------------------------


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
