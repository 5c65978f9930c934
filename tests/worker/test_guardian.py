"""What a worker leaves running ends with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.worker.guardian import Guardian
from tests.cli.driving import at, exists, gear_worker, pid_in, run_gear
from tests.support import ServerProcess, wait_until


@pytest.fixture
def guardian() -> Guardian:
    """A guardian; the test closes it."""
    return Guardian()


@contextlib.contextmanager
def group() -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process group of its own."""
    with subprocess.Popen(["sleep", "1000"], process_group=0) as command:
        yield command
        command.kill()


def test_groups_that_were_not_released_are_killed(guardian: Guardian) -> None:
    with group() as left, group() as released:
        guardian.guard(left.pid)
        guardian.release(guardian.guard(released.pid))
        guardian.close()
        assert -signal.SIGKILL == left.wait()
        assert exists(released.pid)


def test_the_end_of_the_worker_is_enough() -> None:
    """The worker is a fork that ends without a word."""
    with group() as command:
        worker = os.fork()
        if worker == 0:
            Guardian().guard(command.pid)
            os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(worker, 0)
        assert -signal.SIGKILL == command.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_guardian_does_not_listen_to_signals(guardian: Guardian, number: signal.Signals) -> None:
    with group() as command:
        guardian.guard(command.pid)
        wait_until(lambda: guardian.pid == os.getsid(guardian.pid))
        wait_until(lambda: ignores(guardian.pid, number))
        os.kill(guardian.pid, number)
        guardian.close()
        assert -signal.SIGKILL == command.wait()


def ignores(pid: int, number: int) -> bool:
    """Whether a process ignores a signal."""
    with open(f"/proc/{pid}/status") as status:
        (mask,) = [line.split()[1] for line in status if line.startswith("SigIgn:")]
    return bool(int(mask, 16) >> (number - 1) & 1)


def test_a_guardian_that_was_killed_does_not_stop_the_work(guardian: Guardian) -> None:
    os.kill(guardian.pid, signal.SIGKILL)
    os.waitpid(guardian.pid, 0)
    guardian.release(guardian.guard(12345))
    guardian.close()


def test_a_guardian_holds_no_descriptor_of_the_worker() -> None:
    reading, writing = os.pipe()
    guardian = Guardian()
    os.close(writing)
    assert b"" == os.read(reading, 1)
    os.close(reading)
    guardian.close()


def test_a_command_that_was_not_announced_yet_is_found_by_its_mark() -> None:
    guardian = Guardian()
    command = subprocess.Popen(["sleep", "60"], env={**os.environ, **guardian.mark}, process_group=0)
    os.close(guardian._pipe)  # as the death of the worker does
    assert -signal.SIGKILL == command.wait(20)
    os.waitpid(guardian.pid, 0)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_what_has_left_its_group_ends_with_the_worker_too(
    server: ServerProcess, number: signal.Signals, tmp_path: Path
) -> None:
    """A command whose child has a session of its own, after its job is done and answered."""
    pid_file = tmp_path / "pid"
    stays = f"setsid sh -c 'echo $$ >{pid_file}; exec sleep 1000'"
    script = f"{stays} & until [ -s {pid_file} ]; do :; done"
    function = f"setsid-{number.name}"
    with gear_worker(server.port, function, ["sh", "-c", script]) as worker:
        assert 0 == run_gear("submit", *at(server.port), function, "x").status
        pid = pid_in(pid_file)
        assert exists(pid)
        worker.signal(number)
        worker.exit_status()
        wait_until(lambda: not exists(pid))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_no_folder_of_a_job_is_left(server: ServerProcess, number: signal.Signals, tmp_path: Path) -> None:
    function, note = f"folder-{number.name}", tmp_path / "folder"
    script = f"touch file; pwd >{note}.new; mv {note}.new {note}; exec sleep 1000"
    options = ["--workdir", "tmp", "--grace", "0"]
    with gear_worker(server.port, function, ["sh", "-c", script], *options) as worker:
        assert 0 == run_gear("submit", *at(server.port), "-b", function, "x").status
        wait_until(note.exists)
        folder = Path(note.read_text().strip())
        assert folder.is_dir()
        worker.signal(number)
        worker.exit_status()
        wait_until(lambda: not folder.exists())
