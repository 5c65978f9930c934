"""A small process that outlives the worker by a moment, and ends what the worker left running.

A worker that is killed with -9 cannot end its commands.  So it forks this
guardian first and tells it through a pipe which process groups run.  The end
of the pipe is the end of the worker, however it came about: then the guardian
kills the groups that are left and goes as well.
"""

from __future__ import annotations

import contextlib
import os
import signal
from typing import NoReturn

_HIGHEST = 4096
"""Descriptors that are closed in the guardian; it is forked before the worker opens many."""


class Guardian:
    """The worker's end of the pipe; `pid` is the guardian's process."""

    def __init__(self) -> None:
        listening, self._pipe = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            _guard(listening)
        os.close(listening)

    def guard(self, group: int) -> None:
        """A process group runs; it is to end with the worker."""
        self._say(b"+%d\n" % group)

    def release(self, group: int) -> None:
        """A process group has ended; its number may come to mean another."""
        self._say(b"-%d\n" % group)

    def close(self) -> None:
        """Let the guardian go; it ends the groups that were not released."""
        os.close(self._pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)

    def _say(self, line: bytes) -> None:
        with contextlib.suppress(OSError):  # a guardian that was killed is no reason to stop working
            os.write(self._pipe, line)


def _guard(listening: int) -> NoReturn:
    """Be the guardian: keep only the pipe, and read it to its end."""
    try:
        os.setsid()  # so that Ctrl-C and the death of the worker's group leave it alone
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        os.dup2(listening, 3)
        os.closerange(4, _HIGHEST)
        _kill(_groups_left(3))
    finally:
        os._exit(0)


def _groups_left(pipe: int) -> set[int]:
    """The groups that still run when the pipe ends."""
    groups: set[int] = set()
    with open(pipe, "rb") as lines:
        for line in lines:
            if line.startswith(b"+"):
                groups.add(int(line[1:]))
            else:
                groups.discard(int(line[1:]))
    return groups


def _kill(groups: set[int]) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
