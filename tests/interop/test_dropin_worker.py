"""`gearman -w`: Debian's tool and ours do the same jobs, and a submitter sees the same."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gearcli.cli.dropin.differences import DIFFERENCES
from gearcli.protocol.packets import PacketType
from tests.cli.driving import counts
from tests.interop.dropin import ORIGINALS, environment, links, play
from tests.support import DEADLINE, Wire, free_port, gear_serve, gearmand, needs_peers, wait_until

pytestmark = needs_peers

_KEYS = {difference.key for difference in DIFFERENCES}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where our tools are."""
    return links(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server.port


class Job(NamedTuple):
    """A worker's options, and a workload for it.

    `out` and `status` are what a submitter gets; where the original's
    submitter gets something else, `differs` says why.
    """

    options: str
    workload: bytes
    out: bytes
    status: int = 0
    differs: str = ""
    said: bytes = b""
    """What the worker writes to its own output."""


JOBS = (
    Job("-c 1 -f F cat", b"a\0b\n", b"a\0b\n"),
    Job("-c 1 -f F -- tr a-z A-Z", b"hello", b"HELLO"),
    Job("-c 1 -f other -f F -- wc -c", b"12345", b"5\n"),
    Job("-c 1 -f F -- sh -c 'cat; exit 3'", b"partly", b"partly", status=1),
    Job("-c 1 -f F", b"seen\n", b"", said=b"seen\n"),
    Job("-c 1 -f F -P -v -b cat", b"x", b"x"),
    Job("-c 1 -n -f F cat", b"only\n", b"only\n"),
    Job("-c 1 -n -f F cat", b"a\nb\nc", b"a\nb\nc", differs="worker-lines"),
    Job("-c 1 -N -f F cat", b"only\n", b"only"),
    Job("-c 1 -N -f F cat", b"a\n\nb\nc", b"abc", differs="worker-lines"),
    Job("-c 1 -n -f F -- sh -c 'cat; exit 3'", b"a\n", b"a\n", status=1),
    Job("-c 1 -f F -- sh -c 'cat; kill -9 $$'", b"half", b"half", status=1, differs="worker-killed"),
)


@contextlib.contextmanager
def worker(
    path: str, port: int, options: str, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that runs; it has ended when the block ends."""
    pipe = subprocess.PIPE
    running = subprocess.Popen(
        ["gearman", "-p", str(port), "-w", *shlex.split(options)],
        stdin=subprocess.DEVNULL,
        stdout=pipe,
        stderr=pipe,
        env=environment(path),
        cwd=folder,
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def _done(path: str, port: int, job: Job, function: str) -> tuple[int, bytes, bytes, int | None]:
    """What becomes of a job: the submitter's status and output, the worker's output and status."""
    with worker(path, port, job.options.replace(" F", f" {function}")) as running:
        client = play(ORIGINALS, f"gearman -p {port} -f {function}", job.workload)
        said, _ = running.communicate(timeout=DEADLINE)
        return client.status, client.out, said, running.returncode


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.options} {job.workload!r}")
def test_a_job_is_done_the_same(job: Job, port: int, ours: str) -> None:
    expected = (job.status, job.out, job.said, 0)
    assert expected == _done(ours, port, job, "F")
    theirs = _done(ORIGINALS, port, job, "F")
    if job.differs:
        assert job.differs in _KEYS
        assert theirs != expected
    else:
        assert theirs == expected


@pytest.mark.parametrize("own", [True, False], ids=["ours", "theirs"])
def test_a_process_that_a_command_leaves(port: int, ours: str, tmp_path: Path, own: bool) -> None:
    """The original waits for it, and takes what it says for a part of the result."""
    os.mkfifo(tmp_path / "gate")
    function, script = "leaves-ours" if own else "leaves", "echo early; (read x < gate; echo late) &"
    path, line = (ours if own else ORIGINALS), f"-c 1 -f {function} -- sh -c '{script}'"
    with Wire(port) as client, worker(path, port, line, tmp_path) as running:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"")
        if not own:
            (tmp_path / "gate").write_text("go\n")
        result = b"early\n" if own else b"early\nlate\n"
        assert (PacketType.WORK_COMPLETE, [handle, result]) == client.packet()
        assert 0 == running.wait(DEADLINE)


def test_large_workloads_do_not_deadlock(port: int, ours: str) -> None:
    workload = bytes(range(256)) * 4096
    assert (0, workload, b"", 0) == _done(ours, port, Job("-c 1 -f F cat", workload, workload), "F")


def test_a_line_is_a_packet(port: int, ours: str) -> None:
    with gear_serve() as server, server.wire() as client, worker(ours, server.port, "-c 1 -N -f F cat"):
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"F", b"", b"one\ntwo\nrest")
        assert (PacketType.WORK_DATA, [handle, b"one"]) == client.packet()
        assert (PacketType.WORK_DATA, [handle, b"two"]) == client.packet()
        assert (PacketType.WORK_COMPLETE, [handle, b"rest"]) == client.packet()


def test_several_jobs_are_counted(port: int, ours: str) -> None:
    for path in (ORIGINALS, ours):
        with worker(path, port, "-c 2 -f counted cat") as running:
            assert b"onetwo" == play(ORIGINALS, f"gearman -p {port} -f counted one two").out
            assert 0 == running.wait(DEADLINE)


@pytest.mark.parametrize("command", ["cat", ""])
def test_a_time_without_a_job_counts_as_one(port: int, ours: str, command: str) -> None:
    for path in (ORIGINALS, ours):
        with worker(path, port, f"-c 2 -t 100 -f idle {command}") as running:
            assert 0 == running.wait(DEADLINE)


def test_a_missing_command_is_said_at_once(port: int, ours: str) -> None:
    done = play(ours, f"gearman -w -p {port} -f missing -- /no/such/program")
    assert (127, b"") == done[:2]
    assert b"/no/such/program" in done.err


def test_an_unknown_host_and_a_dead_server(ours: str) -> None:
    assert 69 == play(ours, "gearman -w -h no.invalid -f f cat").status
    done = play(ours, f"gearman -w -p {free_port()} -c 2 -f f cat")
    assert 69 == done.status
    assert 1 == done.err.count(b"connection refused")


@pytest.mark.parametrize("command", ["cat", ""])
def test_a_server_that_comes_later_is_met(ours: str, command: str) -> None:
    port = free_port()
    with worker(ours, port, f"-f later {command}") as running:
        assert running.stderr is not None
        assert b"connection refused" in running.stderr.readline()
        before = _processor_seconds(running.pid)
        time.sleep(0.5)  # nothing happens is what is watched
        assert _processor_seconds(running.pid) - before < 0.25
        with gear_serve(address=("-p", str(port))):
            wait_until(lambda: counts(port, "later")[2])


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_term_finishes_the_job(port: int, ours: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    with (
        Wire(port) as client,
        worker(ours, port, "-f slow -- sh -c 'cat; read x < gate'", tmp_path) as running,
    ):
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"slow", b"", b"result")
        wait_until(lambda: counts(port, "slow")[1])
        running.send_signal(signal.SIGTERM)
        with open(tmp_path / "gate", "w") as gate:
            gate.write("go\n")
        assert (PacketType.WORK_COMPLETE, [handle, b"result"]) == client.packet()
        assert 0 == running.wait(DEADLINE)


def test_a_second_term_ends_at_once(port: int, ours: str) -> None:
    with Wire(port) as client, worker(ours, port, "-f cut -- sleep 1000") as running:
        client.ask(PacketType.SUBMIT_JOB, b"cut", b"", b"")
        wait_until(lambda: counts(port, "cut")[1])
        running.send_signal(signal.SIGTERM)
        time.sleep(0.2)  # two signals at once are one
        running.send_signal(signal.SIGTERM)
        assert 143 == running.wait(DEADLINE)


@pytest.mark.parametrize("command", ["cat", ""])
def test_none_stays_behind_when_the_terminal_is_closed(port: int, ours: str, command: str) -> None:
    for path, statuses in ((ORIGINALS, {-signal.SIGHUP}), (ours, {0, -signal.SIGHUP})):
        with worker(path, port, f"-f hung {command}") as running:
            wait_until(lambda: counts(port, "hung")[2])
            running.send_signal(signal.SIGHUP)
            assert running.wait(DEADLINE) in statuses
        wait_until(lambda: not counts(port, "hung")[2])


def test_a_pid_file_and_the_background(port: int, ours: str, tmp_path: Path) -> None:
    for path, name in ((ORIGINALS, "theirs"), (ours, "own")):
        assert (0, b"") == play(path, f"gearman -d -i pid -w -p {port} -c 1 -f {name} cat", folder=tmp_path)[
            :2
        ]
        wait_until(lambda: (tmp_path / "pid").exists())
        assert b"x" == play(ORIGINALS, f"gearman -p {port} -f {name} x").out
        wait_until(lambda: not (tmp_path / "pid").exists())
