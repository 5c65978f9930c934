"""A worker whose terminal is closed: HUP where there is no file to read again."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import termios
from pathlib import Path

from tests.cli.driving import Gear, asleep, at, exists, pid_in
from tests.support import DEADLINE, ServerProcess, clean_environment, gear, under_nohup, wait_until
from tests.worker.lives import registered, working
from tests.worker.playing import queue
from tests.worker.pools import a_name, result


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
