"""A child process and its pipes: input in, output out, at the same time, never waiting for either.

It runs in a process group of its own, which ends with it.  Who runs it waits
for its pipes, and says what the bytes mean.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from shutil import which

from gearcli.errors import CommandError
from gearcli.worker.report import DESCRIPTOR
from gearcli.worker.spawn import spawn

INPUT, OUTPUT, ERRORS, STATUS = 0, 1, 2, DESCRIPTOR
"""The command's descriptors that can be pipes of ours."""

_READ = 1 << 16
_LAST_READS = 32
"""Reads after the command's end: a pipe holds at most 1 MiB unless root said otherwise."""


def program_of(argv: Sequence[str]) -> str:
    """The path of a command's program.  Raises CommandError if it cannot be executed at all."""
    program = argv[0]
    found = which(program)
    if found is not None:
        return os.path.abspath(found)  # the command may run in another folder
    if os.path.dirname(program) and os.path.exists(program):
        raise CommandError(f"cannot run {program}: it is not executable", found=True)
    raise CommandError(f"cannot run {program}: command not found", found=False)


class Command:
    """A child process.

    `pipes` has our end of each pipe that is not over, by the command's number
    for it.  Who runs it waits for them and calls `write` and `read`, and
    `close_spent` when it no longer waits for what is over.  `program` is the
    path that is executed, in `folder` and under `limits` as in `spawn`.
    Raises OSError when it cannot be started.

    The child gets no other descriptors than these, as long as ours are
    closed on execution; see `close_on_execution`.
    """

    def __init__(
        self,
        program: str,
        argv: Sequence[str | bytes],
        environment: Mapping[str, str],
        *,
        capture_stderr: bool,
        folder: str | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> None:
        self._unwritten = memoryview(b"")
        self._ends_input = False
        self._spent: list[int] = []
        self.pipes: dict[int, int] = {}
        theirs: dict[int, int] = {}
        try:
            theirs[INPUT], self.pipes[INPUT] = os.pipe()
            for number in (OUTPUT, ERRORS, STATUS) if capture_stderr else (OUTPUT, STATUS):
                self.pipes[number], theirs[number] = os.pipe()
            self.pid = spawn(program, argv, environment, theirs, folder=folder, limits=limits)
        except OSError:
            self.close()
            raise
        finally:
            for end in theirs.values():
                os.close(end)
        for ours in self.pipes.values():
            os.set_blocking(ours, False)

    def give(self, data: bytes, *, last: bool) -> None:
        """Have data written to its input, which ends afterwards if it is the `last`."""
        self._unwritten = memoryview(data)
        self._ends_input = last
        self.write()  # most workloads fit into a pipe

    @property
    def hungry(self) -> bool:
        """Whether there is something to write."""
        return INPUT in self.pipes and bool(self._unwritten)

    def write(self) -> None:
        """Write as much of the input as the command takes; it need not take all."""
        if INPUT not in self.pipes:
            return
        try:
            if self._unwritten:
                self._unwritten = self._unwritten[os.write(self.pipes[INPUT], self._unwritten) :]
        except (BlockingIOError, InterruptedError):
            return
        except OSError:  # it has closed its standard input: its good right
            self.end_input()
        if self._ends_input and not self._unwritten:
            self.end_input()

    def end_input(self) -> None:
        """Have nothing more to write."""
        self._unwritten = memoryview(b"")
        self._is_over(INPUT)

    def read(self, number: int) -> bytes:
        """What has come on a descriptor; nothing if there is nothing now, or the pipe is over."""
        if number not in self.pipes:
            return b""
        try:
            data = os.read(self.pipes[number], _READ)
        except (BlockingIOError, InterruptedError):
            return b""
        if not data:
            self._is_over(number)
        return data

    def read_rest(self, number: int) -> bytes:
        """What the command had written before its end.

        What a process that it left behind may still write is nobody's.
        """
        said = []
        for _ in range(_LAST_READS):
            said.append(self.read(number))
            if not said[-1]:
                break
        return b"".join(said)

    def _is_over(self, number: int) -> None:
        if number in self.pipes:
            self._spent.append(self.pipes.pop(number))

    def close_spent(self) -> None:
        """Close the pipes that are over; the command then knows the end of its input.

        Only when nobody waits for them any more: a child that is just being
        started has a copy for a moment, by which epoll would go on to report
        a closed one under a number that soon means another.
        """
        while self._spent:
            os.close(self._spent.pop())

    def close(self) -> None:
        """Close all."""
        self._spent.extend(self.pipes.values())
        self.pipes.clear()
        self.close_spent()

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal to the command and all that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)


def close_on_execution() -> None:
    """See to it that commands inherit none of the descriptors that this process was started with.

    Those that Python opens are closed on execution anyway.
    """
    for name in os.listdir("/dev/fd"):
        with contextlib.suppress(OSError):  # the one that lists them is closed already
            if int(name) > 2:
                os.set_inheritable(int(name), False)
