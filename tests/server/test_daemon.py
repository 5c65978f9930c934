"""Going into the background, and the file with the process id."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.driving import exists, parent, pid_in
from tests.support import DEADLINE, Wire, clean_environment, connects, free_port, gear, gear_serve, wait_until


@contextlib.contextmanager
def daemon(folder: Path, *options: str) -> Iterator[tuple[int, int, str]]:
    """A server in the background: its process id, its port, and what was said before it went there."""
    port, pid_file = free_port(), folder / "gear.pid"
    command = gear("serve", "-d", "-p", str(port), "-P", str(pid_file), *options)
    try:
        # The pipe ends only when nobody holds it any longer.
        ran = subprocess.run(
            command, capture_output=True, timeout=DEADLINE, check=True, cwd=folder, env=clean_environment()
        )
        yield int(pid_file.read_text()), port, ran.stderr.decode()
    finally:
        if pid_file.exists():
            pid = pid_in(pid_file)
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not exists(pid))


def test_the_command_ends_when_connections_are_accepted_and_the_server_goes_on(tmp_path: Path) -> None:
    with daemon(tmp_path) as (pid, port, said):
        with Wire(port) as wire:
            assert wire.works()
        assert f"gear: listening on 127.0.0.1:{port}\n" in said
        assert parent(pid) != os.getpid()
        assert os.getsid(pid) not in (os.getsid(0), pid), "in a session of its own that it does not lead"
        assert ["/dev/null"] * 3 == [os.readlink(f"/proc/{pid}/fd/{n}") for n in range(3)]
        assert "/" == os.readlink(f"/proc/{pid}/cwd")
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not exists(pid))
        assert not (tmp_path / "gear.pid").exists()
        assert not connects(port)


def test_relative_paths_are_those_of_the_folder_where_it_was_started(tmp_path: Path) -> None:
    options = ("-l", "log", "-L", "127.0.0.1", "-L", "unix:socket", "-v")
    with daemon(tmp_path, *options) as (pid, _, _):
        log = tmp_path / "log"
        (tmp_path / "log").rename(tmp_path / "old")
        os.kill(pid, signal.SIGHUP)
        wait_until(log.exists)
        with Wire(path=str(tmp_path / "socket")) as wire:
            assert wire.works()
        wait_until(lambda: "disconnected" in log.read_text())
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not exists(pid))
    assert ["log", "old"] == sorted(os.listdir(tmp_path))


@pytest.mark.parametrize(
    ("options", "status", "said"),
    [
        (
            ["-p", "{used}"],
            69,
            "gear: cannot listen on 127.0.0.1:{used}: address already in use. Is a server",
        ),
        (["-p", "0", "-P", "/nowhere/pid"], 74, "gear: cannot write the pid file /nowhere/pid: no such file"),
        (["-p", "0", "-l", "/nowhere/log"], 74, "gear: cannot open the log file /nowhere/log: no such file"),
    ],
)
def test_what_goes_wrong_at_the_start_is_told_by_the_command(
    options: list[str], status: int, said: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        used = str(other.getsockname()[1])
        ran = subprocess.run(
            gear("serve", "--daemon", *(option.format(used=used) for option in options)),
            capture_output=True,
            timeout=DEADLINE,
            check=False,
            env=clean_environment(),
        )
    assert status == ran.returncode
    assert said.format(used=used) in ran.stderr.decode()
    assert "Traceback" not in ran.stderr.decode()


def in_background(body: str) -> int:
    """The exit status of a process that goes into the background and does something there."""
    begin = "import os, sys\nfrom gearcli.server.daemon import in_background\n"
    code = f"{begin}def run(ready):\n {body}\nsys.exit(in_background(run))"
    return subprocess.run([sys.executable, "-c", code], timeout=DEADLINE, check=False).returncode


@pytest.mark.parametrize(
    ("body", "status"),
    [("return 3", 3), ("return 0", 0), ("os.kill(os.getpid(), 9)", 137), ("ready(); return 3", 0)],
)
def test_the_status_is_that_of_the_start(body: str, status: int) -> None:
    assert status == in_background(body)


# -- the pid file -----------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_it_lives_as_long_as_the_server(tmp_path: Path, number: int) -> None:
    path = tmp_path / "gear.pid"
    port = free_port()
    with gear_serve(f"--pid-file={path}", address=("-p", str(port))) as server:
        assert f"{server.pid}\n" == path.read_text()
        assert 0o644 == path.stat().st_mode & 0o777
        server.signal(number)
        assert 0 == server.exit_status()
    assert [] == list(tmp_path.iterdir())


def test_when_it_is_there_connections_are_accepted_and_signals_heeded(tmp_path: Path) -> None:
    path, port = tmp_path / "gear.pid", free_port()
    with subprocess.Popen(
        gear("serve", "-p", str(port), "-P", str(path)), stderr=subprocess.DEVNULL
    ) as server:
        try:
            wait_until(path.exists)
            assert connects(port)
            server.terminate()
            assert 0 == server.wait(DEADLINE)
            assert not path.exists()
        finally:
            server.kill()


def test_a_server_that_cannot_listen_leaves_the_others_pid_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with gear_serve("-P", str(path)) as server:
        second = subprocess.run(
            gear("serve", "-p", str(server.port), "-P", str(path)),
            capture_output=True,
            timeout=DEADLINE,
            check=False,
        )
        assert 69 == second.returncode
        assert f"{server.pid}\n" == path.read_text()
