"""Gearman's own tools against `gear serve`."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence

import pytest

from gearcli.protocol.packets import PacketType as P
from tests.support import (
    DEADLINE,
    GEARADMIN,
    GEARMAN,
    ServerProcess,
    Wire,
    clean_environment,
    gear_serve,
    needs_peers,
    process,
    wait_until,
)

pytestmark = needs_peers


@pytest.fixture(scope="module")
def ours() -> Iterator[ServerProcess]:
    """Our server."""
    with gear_serve() as server:
        yield server


def tool(program: str, server: ServerProcess, *arguments: str, stdin: bytes = b"") -> bytes:
    """Run one of Gearman's tools to its end; what it printed."""
    command = [program, "-h", "127.0.0.1", "-p", str(server.port), *arguments]
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=DEADLINE, env=clean_environment(), check=False
    )
    assert (0, b"") == (done.returncode, done.stderr)
    return done.stdout


def worker(server: ServerProcess, function: str, *command: str, count: int = 0) -> Sequence[str]:
    """The command line of a worker of Debian's `gearman`."""
    limit = ["-c", str(count)] if count else []
    return [GEARMAN, "-h", "127.0.0.1", "-p", str(server.port), "-w", "-f", function, *limit, "--", *command]


def status(server: ServerProcess, function: str) -> list[int] | None:
    """Total, running and workers of a function."""
    with server.wire() as wire:
        rows = (row.decode().split() for row in wire.rows(b"status"))
        return next(([int(n) for n in numbers] for name, *numbers in rows if name == function), None)


# -- Gearman's tools against our server --------------------------------------------------------


def test_a_client_gets_what_a_worker_makes(ours: ServerProcess) -> None:
    with process(worker(ours, "upper", "tr", "a-z", "A-Z")):
        assert b"HELLO\nWORLD\n" == tool(GEARMAN, ours, "-f", "upper", stdin=b"hello\nworld\n")
        assert b"AB" == tool(GEARMAN, ours, "-f", "upper", "a", "b")


def test_a_megabyte_passes_whole(ours: ServerProcess) -> None:
    """The command reads all before it writes: Debian's worker feeds it and does not read meanwhile."""
    lines = [b"%07d\n" % i for i in range(131_072)]
    with process(worker(ours, "sort", "sort")):
        assert b"".join(lines) == tool(GEARMAN, ours, "-f", "sort", stdin=b"".join(reversed(lines)))


def test_a_worker_that_sleeps_is_woken(ours: ServerProcess) -> None:
    with process(worker(ours, "sleepy", "cat")):
        wait_until(lambda: status(ours, "sleepy") == [0, 0, 1])
        assert b"1" == tool(GEARMAN, ours, "-f", "sleepy", "1")
        assert b"2" == tool(GEARMAN, ours, "-f", "sleepy", "2")


def test_background_jobs_wait_for_a_worker(ours: ServerProcess) -> None:
    for workload in ("1", "2", "3"):
        assert b"" == tool(GEARMAN, ours, "-f", "later", "-b", workload)
    assert [3, 0, 0] == status(ours, "later")
    with process(worker(ours, "later", "cat", count=3)) as running:
        assert 0 == running.exit_status()
    assert [0, 0, 0] == wait_until(lambda: status(ours, "later"))


def test_a_unique_joins_jobs(ours: ServerProcess) -> None:
    tool(GEARMAN, ours, "-f", "joined", "-b", "-u", "same", "first")
    tool(GEARMAN, ours, "-f", "joined", "-b", "-u", "same", "second")
    tool(GEARMAN, ours, "-f", "joined", "-b", "-u", "other", "third")
    assert [2, 0, 0] == status(ours, "joined")


def test_priorities_are_obeyed(ours: ServerProcess) -> None:
    for options in (["-L", "low"], ["normal"], ["-I", "high"]):
        tool(GEARMAN, ours, "-f", "urgent", "-b", *options)
    with ours.wire() as wire:
        wire.say(P.CAN_DO, b"urgent")
        assert [b"high", b"normal", b"low"] == [wire.ask(P.GRAB_JOB)[1][2] for _ in range(3)]


def test_a_client_is_told_of_a_failure(ours: ServerProcess) -> None:
    command = [GEARMAN, "-h", "127.0.0.1", "-p", str(ours.port), "-f", "failing", "x"]
    with process(command) as client, ours.wire() as failing:
        failing.say(P.CAN_DO, b"failing")
        handle = grabbed(failing)
        failing.say(P.WORK_FAIL, handle)
        assert 1 == client.exit_status()
        assert "Job failed" in client.said()


def test_an_exception_does_not_hang_the_client(ours: ServerProcess) -> None:
    """gearmand tells of it by a WORK_FAIL that this client cannot read, and it waits for ever."""
    command = [GEARMAN, "-h", "127.0.0.1", "-p", str(ours.port), "-f", "throwing", "x"]
    with process(command) as client, ours.wire() as throwing:
        throwing.say(P.CAN_DO, b"throwing")
        throwing.say(P.WORK_EXCEPTION, grabbed(throwing), b"no such file")
        assert 1 == client.exit_status()


def grabbed(wire: Wire) -> bytes:
    """Ask for a job until there is one; its handle."""

    def handle() -> bytes:
        _, fields = wire.ask(P.GRAB_JOB)
        return fields[0] if fields else b""

    return wait_until(handle)


def test_gearadmin_reads_our_answers(ours: ServerProcess) -> None:
    with ours.wire() as wire:
        wire.say(P.SET_CLIENT_ID, b"worker-7")
        wire.say(P.CAN_DO, b"administered")
        assert wire.works()
        tool(GEARMAN, ours, "-f", "administered", "-b", "x")
        assert b"administered\t1\t0\t1\n" in tool(GEARADMIN, ours, "--status")
        assert re.search(
            rb"(?m)^\d+ 127\.0\.0\.1 worker-7 : administered$", tool(GEARADMIN, ours, "--workers")
        )
    assert tool(GEARADMIN, ours, "--server-version").startswith(b"gear ")
    assert b"%d" % ours.pid == tool(GEARADMIN, ours, "--getpid").strip()
