"""A small process that outlives the worker by a moment, and ends what the worker left running.

A worker that is killed with -9 cannot end its commands.  So it forks this
guardian first and writes into memory that both share which process groups
run, which costs neither a system call.  The end of a pipe is the end of the
worker, however it came about: then the guardian kills the groups that are left
and goes as well.

A command that was being started at that moment was not told yet, and what a
command has started may have left its group, as setsid(1) makes it.  On Linux
they are found by a mark in their environment, `GEAR_GUARD`, however the
worker came to its end.  The same mark is in the names of the folders that
were made for jobs.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import NoReturn

MARK = "GEAR_GUARD"
"""The variable by which a command is known to belong to a worker."""
_SEARCHES, _PAUSE = 3, 0.05
"""How often, and how many seconds apart, marked commands are searched after a sudden end: one
that was forked but had not executed its program yet shows the mark only afterwards."""
_NUMBER = 4  # bytes of a process group's number, as memoryview's "i" has them
_ORDERLY = b"."
"""What a worker says last that was not killed."""
_HIGHEST = 4096
"""Descriptors that are closed in the guardian; it is forked before the worker opens many."""


_PLACES = 1 << 14
"""Groups that can be noted at a time; those beyond are found by the mark."""


def folder_prefix(mark: str) -> str:
    """What the names of folders begin with that are made for the jobs of the worker with a mark."""
    return f"gear-job-{mark}-"


class Guardian:
    """The worker's side; `pid` is the guardian's process."""

    def __init__(self) -> None:
        listening, self._pipe = os.pipe()
        self.mark = {MARK: f"{os.getpid()}-{os.urandom(8).hex()}"}
        """What the environment of every command has to hold."""
        self._groups = memoryview(mmap.mmap(-1, _PLACES * _NUMBER)).cast("i")
        self._vacant = list(range(_PLACES - 1, -1, -1))
        self.pid = os.fork()
        if self.pid == 0:
            _guard(listening, self._groups, self.mark[MARK])
        os.close(listening)

    def guard(self, group: int) -> int | None:
        """A process group runs, and is to end with the worker; where it is noted."""
        place = self._vacant.pop() if self._vacant else None
        if place is not None:
            self._groups[place] = group
        return place

    def release(self, place: int | None) -> None:
        """The process group that was noted there has ended; its number may come to mean another."""
        if place is not None:
            self._groups[place] = 0
            self._vacant.append(place)

    def close(self) -> None:
        """Let the guardian go: nothing is being started.  It ends what is left of what was."""
        with contextlib.suppress(OSError):  # a guardian that was killed is no reason to stop working
            os.write(self._pipe, _ORDERLY)
        os.close(self._pipe)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _guard(listening: int, groups: memoryview, mark: str) -> NoReturn:
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
        orderly = _last_words(3) == _ORDERLY
        _kill({group for group in groups if group})
        _kill(_marked(mark))
        for _ in range(0 if orderly else _SEARCHES - 1):
            time.sleep(_PAUSE)
            _kill(_marked(mark))
        for folder in Path(tempfile.gettempdir()).glob(f"{folder_prefix(mark)}*"):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os._exit(0)


def _last_words(pipe: int) -> bytes:
    """What the worker says at its end: nothing, if it was killed."""
    with open(pipe, "rb") as words:
        return words.read()


def _kill(groups: set[int]) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _marked(mark: str) -> set[int]:
    """The process groups of all processes that have the mark in their environment."""
    groups, variable = set(), f"{MARK}={mark}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if variable in (process / "environ").read_bytes().split(b"\0"):
                groups.add(os.getpgid(int(process.name)))
    return groups
