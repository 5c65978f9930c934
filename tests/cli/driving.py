"""Driving `gear` as users do: command lines, pipes, signals, exit statuses."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import pytest

from gearcli.cli.app import run
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import parse_status
from tests.support import DEADLINE, Process, Wire, clean_environment, gear, wait_until


class Result(NamedTuple):
    """How a command ended: exit status, standard output, standard error."""

    status: int
    out: bytes
    err: str


def only_message(result: Result) -> str:
    """The one line that was said, when nothing else was printed."""
    assert b"" == result.out
    (line,) = result.err.splitlines()
    return line


class Gear:
    """A `gear` that runs; its standard input and output are pipes.  Nobody sees a traceback."""

    def __init__(
        self,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        stdin: int = subprocess.PIPE,
        stdout: int = subprocess.PIPE,
    ) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed at the end of the block)
        self._popen = subprocess.Popen(
            gear(*arguments),
            stdin=stdin,
            stdout=stdout,
            stderr=self._said,
            bufsize=0,
            env={**clean_environment(), **(environ or {})},
        )
        self.pid = self._popen.pid

    def __enter__(self) -> Gear:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        if self._popen.poll() is None:
            self._popen.kill()
        self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            if pipe is not None:
                pipe.close()
        self._said.close()

    def said(self) -> str:
        """What came on standard error until now."""
        size = os.fstat(self._said.fileno()).st_size
        return os.pread(self._said.fileno(), size, 0).decode("utf-8", "surrogateescape")

    def write(self, data: bytes) -> None:
        """Give it something to read; its standard input stays open."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(data)

    def line(self) -> bytes:
        """The next line of standard output."""
        assert self._popen.stdout is not None
        descriptor, line, end = self._popen.stdout.fileno(), b"", time.monotonic() + DEADLINE
        while not line.endswith(b"\n"):
            assert select.select([descriptor], [], [], end - time.monotonic())[0], "no line in time"
            byte = os.read(descriptor, 1)
            if not byte:
                break
            line += byte
        return line

    def close_output(self) -> None:
        """Stop reading its standard output."""
        assert self._popen.stdout is not None
        self._popen.stdout.close()
        self._popen.stdout = None

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def interrupt(self) -> None:
        """Press Ctrl-C while it waits; one in the instant before a wait is noticed only after it."""
        wait_until(lambda: all(asleep(self._popen.pid) for _ in range(50)))
        self.signal(signal.SIGINT)

    def result(self, stdin: bytes | None = None) -> Result:
        """Close its standard input and wait for its end."""
        out, _ = self._popen.communicate(stdin, DEADLINE)
        said = self.said()
        assert "Traceback" not in said, said
        assert "Exception ignored" not in said, said
        return Result(self._popen.returncode, out or b"", said)


def run_gear(
    *arguments: str,
    stdin: bytes = b"",
    environ: Mapping[str, str] | None = None,
    stdout: int = subprocess.PIPE,
) -> Result:
    """Run one command line to its end."""
    with Gear(*arguments, environ=environ, stdout=stdout) as running:
        return running.result(stdin)


def at(port: int) -> tuple[str, str]:
    """The options that name a server on loopback."""
    return "-s", f"127.0.0.1:{port}"


# -- workers ------------------------------------------------------------------------


def counts(port: int, function: str) -> tuple[int, int, int]:
    """Jobs, running jobs and workers of a function, as a server says."""
    with Wire(port) as wire:
        rows = parse_status(row.rstrip(b"\n") for row in wire.rows(b"status"))
    return next(((r.total, r.running, r.workers) for r in rows if r.function == function.encode()), (0, 0, 0))


@contextlib.contextmanager
def gear_worker(
    port: int, function: str, command: Sequence[str], *options: str, slots: int = 1
) -> Iterator[Process]:
    """A `gear worker` that is known to its server."""
    more = ("-j", str(slots)) if slots > 1 else ()
    worker = Process(gear("worker", *at(port), "-f", function, *more, *options, "--", *command))
    try:
        wait_until(lambda: counts(port, function)[2] >= slots or not worker.alive())
        assert worker.alive(), f"gear worker ended: {worker.said()}"
        yield worker
    finally:
        worker.end()


# -- processes ------------------------------------------------------------------------


def marked(marker: str) -> list[int]:
    """Processes with a text in their environment, whoever their parent has become.  Zombies have none."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                if marker.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
    return found


def parent(pid: int) -> int:
    """The parent of a process."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[1])


def state(pid: int) -> str:
    """What a process does, as a letter of /proc; empty if it is not there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def exists(pid: int) -> bool:
    """Whether a process is there and not only waits to be reaped."""
    return state(pid) not in ("", "Z")


def asleep(pid: int) -> bool:
    """Whether a process waits for something, so that it has done all that it had to."""
    return state(pid) == "S"


def pid_in(path: Path) -> int:
    """The process id that a command has written into a file, once it is there."""
    return int(wait_until(lambda: path.read_text().strip() if path.exists() else ""))


# -- a worker that the test plays -------------------------------------------------------


def take_job(wire: Wire, function: bytes) -> tuple[bytes, bytes]:
    """Take a job as a worker does, waiting until there is one: its handle and its workload."""
    wire.say(PacketType.CAN_DO, function)
    while (packet := wire.ask(PacketType.GRAB_JOB))[0] is PacketType.NO_JOB:
        assert (PacketType.NOOP, []) == wire.ask(PacketType.PRE_SLEEP)
    type_, (handle, _, workload) = packet
    assert PacketType.JOB_ASSIGN == type_
    return handle, workload


# -- in this process ------------------------------------------------------------------------


def exit_of(*arguments: str) -> int:
    """The exit status of a command line that is run in this process."""
    with pytest.raises(SystemExit) as end:
        run(arguments)
    return int(end.value.code or 0)
