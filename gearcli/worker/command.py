"""One job through one child process: workload in, result out, at the same time.

The command is executed as its argument vector says, without a shell; the
workload reaches it on standard input only.  It runs in a process group of its
own, which ends with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from shutil import which
from typing import NamedTuple

from gearcli.errors import CommandError

_READ = 1 << 16
_LAST_READS = 32
"""Reads after the command's end: a pipe holds at most 1 MiB unless root said otherwise."""
TAIL = 2000
"""Bytes of standard error that are kept for the submitter."""


class Outcome(NamedTuple):
    """How a command ended: its output, the end of what it said on standard error, and why it
    failed, in words; `failure` is empty for success."""

    output: bytes
    stderr: bytes
    failure: str


def check(argv: Sequence[str]) -> None:
    """Raise CommandError if a command cannot be executed at all."""
    program = argv[0]
    if which(program) is not None:
        return
    if os.path.dirname(program) and os.path.exists(program):
        raise CommandError(f"cannot run {program}: it is not executable", found=True)
    raise CommandError(f"cannot run {program}: command not found", found=False)


class Command:
    """A child process that works on one job.

    It has up to three pipes: `stdin`, while there is workload to write, and
    `stdout` and `stderr` until they end; None stands for a closed one.  Who
    runs it waits for them and calls `write` and `read`.  Raises OSError when the
    program cannot be started.
    """

    def __init__(
        self, argv: Sequence[str], workload: bytes, environment: Mapping[str, str], *, capture_stderr: bool
    ) -> None:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if capture_stderr else None,
            env=environment,
            process_group=0,
            bufsize=0,
        )
        self.pid = process.pid
        self._process = process
        self._unwritten = memoryview(workload)
        self._output: list[bytes] = []
        self._tail = b""
        self.stdin: int | None = _unblocked(process.stdin)
        self.stdout: int | None = _unblocked(process.stdout)
        self.stderr: int | None = _unblocked(process.stderr)
        if not workload:
            self._close_stdin()

    def write(self) -> None:
        """Write as much of the workload as the command takes; it need not take all."""
        if self.stdin is None:
            return
        try:
            self._unwritten = self._unwritten[os.write(self.stdin, self._unwritten) :]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # it has closed its standard input: its good right
            self._unwritten = self._unwritten[:0]
        if not self._unwritten:
            self._close_stdin()

    def _close_stdin(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self.stdin = None

    def read(self, descriptor: int) -> bytes:
        """Take in what one of its outputs has; returns what came on standard error."""
        try:
            data = os.read(descriptor, _READ)
        except (BlockingIOError, InterruptedError):
            return b""
        if descriptor == self.stdout:
            self._output.append(data)
            if not data:
                self.stdout = None
            return b""
        self._tail = (self._tail + data)[-TAIL:]
        if not data:
            self.stderr = None
        return data

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the command and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def ended(self, status: int) -> tuple[Outcome, bytes]:
        """The outcome for a wait status, and what was still unread of standard error.

        What the command wrote before its end is in the pipes.  What a process
        that it left behind may still write is nobody's.
        """
        said = [
            self._last_of(descriptor) for descriptor in (self.stdout, self.stderr) if descriptor is not None
        ]
        self._process.returncode = os.waitstatus_to_exitcode(status)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()
        outcome = Outcome(b"".join(self._output), self._tail, failure_of(self._process.returncode))
        return outcome, b"".join(said)

    def _last_of(self, descriptor: int) -> bytes:
        said = []
        for _ in range(_LAST_READS):
            if descriptor not in (self.stdout, self.stderr):
                break
            before = len(self._output)
            said.append(self.read(descriptor))
            if not said[-1] and len(self._output) == before:
                break
        return b"".join(said)


def failure_of(code: int) -> str:
    """Why a command failed, by its exit status or (negative) the signal that ended it."""
    if code == 0:
        return ""
    if code > 0:
        return f"exited with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "a signal"
    return f"was killed by {name} (signal {-code})"


def _unblocked(pipe: object) -> int | None:
    if pipe is None:
        return None
    descriptor: int = pipe.fileno()  # type: ignore[attr-defined]  # one of Popen's pipes
    os.set_blocking(descriptor, False)
    return descriptor
