"""One job through one child process: workload in, result out, at the same time.

The command is executed as its argument vector says, without a shell; the
workload reaches it on standard input only.  It runs in a process group of its
own, which ends with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from shutil import which
from typing import NamedTuple

from gearcli.errors import CommandError
from gearcli.worker.report import DESCRIPTOR

_READ = 1 << 16
_LAST_READS = 32
"""Reads after the command's end: a pipe holds at most 1 MiB unless root said otherwise."""
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that a command expects to be as they are by default."""
TAIL = 2000
"""Bytes of standard error that are kept for the submitter."""


class Outcome(NamedTuple):
    """How a command ended: its output, the end of what it said on standard error, and why it
    failed, in words; `failure` is empty for success."""

    output: bytes
    stderr: bytes
    failure: str


def program_of(argv: Sequence[str]) -> str:
    """The path of a command's program.  Raises CommandError if it cannot be executed at all."""
    program = argv[0]
    found = which(program)
    if found is not None:
        return found
    if os.path.dirname(program) and os.path.exists(program):
        raise CommandError(f"cannot run {program}: it is not executable", found=True)
    raise CommandError(f"cannot run {program}: command not found", found=False)


class Command:
    """A child process that works on one job.

    It has up to four pipes: `stdin`, while there is workload to write, and
    `stdout`, `stderr` and `status` (its descriptor 3) until they end; None stands for one that is over.  Who
    runs it waits for them and calls `write` and `read`, and `close_spent` when
    it no longer waits for what is over.  `program` is the path that is
    executed.  Raises OSError when it cannot be started.

    The child gets no other descriptors than these, as long as ours are
    closed on execution; see `close_on_execution`.
    """

    def __init__(
        self,
        program: str,
        argv: Sequence[str],
        workload: bytes,
        environment: Mapping[str, str],
        *,
        capture_stderr: bool,
    ) -> None:
        self._unwritten = memoryview(workload)
        self._output: list[bytes] = []
        self._tail = b""
        self._spent: list[int] = []
        self.stdin: int | None
        self.stdout: int | None
        self.stderr: int | None = None
        self.status: int | None
        reading, self.stdin = os.pipe()
        self.stdout, writing = os.pipe()
        theirs = {0: reading, 1: writing}
        if capture_stderr:
            self.stderr, theirs[2] = os.pipe()
        self.status, theirs[DESCRIPTOR] = os.pipe()
        try:
            self.pid = os.posix_spawn(
                program,
                list(argv),
                environment,
                file_actions=[(os.POSIX_SPAWN_DUP2, end, number) for number, end in theirs.items()],
                setpgroup=0,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except OSError:
            self._close()
            raise
        finally:
            for end in theirs.values():
                os.close(end)
        for ours in self.descriptors:
            os.set_blocking(ours, False)
        self.write()  # most workloads fit into a pipe
        self.close_spent()

    @property
    def descriptors(self) -> list[int]:
        """Those of its pipes that are not over."""
        pipes = (self.stdin, self.stdout, self.stderr, self.status)
        return [descriptor for descriptor in pipes if descriptor is not None]

    def write(self) -> None:
        """Write as much of the workload as the command takes; it need not take all."""
        if self.stdin is None:
            return
        try:
            if self._unwritten:
                self._unwritten = self._unwritten[os.write(self.stdin, self._unwritten) :]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # it has closed its standard input: its good right
            self._unwritten = self._unwritten[:0]
        if not self._unwritten:
            self._spent.append(self.stdin)
            self.stdin = None

    def read(self, descriptor: int) -> bytes:
        """Take in what standard output or standard error has; returns what came on standard error."""
        try:
            data = os.read(descriptor, _READ)
        except (BlockingIOError, InterruptedError):
            return b""
        if descriptor == self.stdout:
            self._output.append(data)
            if not data:
                self._spent.append(descriptor)
                self.stdout = None
            return b""
        self._tail = (self._tail + data)[-TAIL:]
        if not data:
            self._spent.append(descriptor)
            self.stderr = None
        return data

    def read_status(self) -> bytes:
        """What came on the status descriptor; it is over where that is nothing."""
        assert self.status is not None
        try:
            data = os.read(self.status, _READ)
        except (BlockingIOError, InterruptedError):
            return b""
        if not data:
            self._spent.append(self.status)
            self.status = None
        return data

    def close_spent(self) -> None:
        """Close the pipes that are over; the command then knows the end of its input.

        Only when nobody waits for them any more: a child that is just being
        started has a copy for a moment, by which epoll would go on to report
        a closed one under a number that soon means another.
        """
        while self._spent:
            os.close(self._spent.pop())

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
        self._close()
        failure = failure_of(os.waitstatus_to_exitcode(status))
        return Outcome(b"".join(self._output), self._tail, failure), b"".join(said)

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

    def _close(self) -> None:
        self.close_spent()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.stdin = self.stdout = self.stderr = self.status = None


def close_on_execution() -> None:
    """See to it that commands inherit none of the descriptors that this process was started with.

    Those that Python opens are closed on execution anyway.
    """
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # the one that lists them is closed already
            if int(name) > 2:
                os.set_inheritable(int(name), False)


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
