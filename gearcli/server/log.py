"""What a server says about itself, without ever waiting for a reader.

A server must not stop because its terminal is scrolled back, its log pipe is
full or its disk is: what cannot be written at once is dropped, counted, and
the count is said when there is room again.
"""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable
from enum import IntEnum
from typing import Protocol

from gearcli.errors import OutputError, UsageError, reason_of

_PIPE_SAFE = 4096
"""Bytes that a pipe with room takes without blocking (PIPE_BUF on Linux)."""


class Level(IntEnum):
    """How much is said: always, with -v, with -vv, with -vvv."""

    NOTICE = 0
    CONNECTIONS = 1
    JOBS = 2
    PACKETS = 3


LEVELS = {"FATAL": 0, "ALERT": 0, "CRITICAL": 0, "ERROR": 0, "WARNING": 0, "NOTICE": 0, "INFO": 1, "DEBUG": 3}
"""gearmand's names of log levels (gearmand_strverbose), as levels of ours."""

_NAMES = ("NOTICE", "INFO", "DEBUG", "DEBUG")


def level_named(text: str) -> int:
    """The level that gearmand's name for it stands for, in any case.  Raises UsageError."""
    if text.upper() not in LEVELS:
        raise UsageError(f"{text!r} is not a level; levels are {', '.join(LEVELS)}")
    return LEVELS[text.upper()]


class Outlet(Protocol):
    """Where lines go."""

    def put(self, text: str, level: Level) -> None:
        """Take a line without waiting; one that cannot be written is dropped."""

    def reopen(self) -> None:
        """Begin anew after somebody moved the file away.  Raises OutputError and goes on with the old one."""


class Log:
    """Lines to some outlets, first of all to a descriptor unless that is None."""

    def __init__(self, level: int = Level.NOTICE, descriptor: int | None = 2) -> None:
        self.outlets: list[Outlet] = [] if descriptor is None else [Stream(descriptor)]
        self.on_level: Callable[[], None] = _nothing
        """Called when the level has changed."""
        self._level = min(level, Level.PACKETS)
        self._level_name = _NAMES[self._level]

    @property
    def level(self) -> int:
        """The highest level that is said."""
        return self._level

    @level.setter
    def level(self, level: int) -> None:
        self._level = min(level, Level.PACKETS)
        self._level_name = _NAMES[self._level]
        self.on_level()

    @property
    def level_name(self) -> str:
        """gearmand's name of the level, as it was set; else NOTICE, INFO with -v, DEBUG with more.

        Setting it sets the level; raises UsageError for a name that is none.
        """
        return self._level_name

    @level_name.setter
    def level_name(self, name: str) -> None:
        self.level = level_named(name)
        self._level_name = name.upper()

    def says(self, level: Level) -> bool:
        """Whether lines of a level are said; ask before making a costly one."""
        return level <= self._level

    def notice(self, text: str) -> None:
        """Say something that everybody wants to know."""
        self.say(Level.NOTICE, text)

    def say(self, level: Level, text: str) -> None:
        """Say something, if its level is said."""
        if level <= self._level:
            for outlet in self.outlets:
                outlet.put(text, level)

    def reopen(self) -> None:
        """Open log files again; one that cannot be opened is said and the old one kept."""
        for outlet in self.outlets:
            try:
                outlet.reopen()
            except OutputError as error:
                self.notice(str(error))


def _nothing() -> None:
    pass


class Stream:
    """Standard error: notices as every command says them, the rest with the time of day."""

    def __init__(self, descriptor: int) -> None:
        self._sink = _Sink(descriptor)

    def put(self, text: str, level: Level) -> None:
        """Write a line if that does not block."""
        self._sink.put(f"gear: {text}" if level == Level.NOTICE else f"{_clock('%H:%M:%S')} {text}")

    def reopen(self) -> None:
        """A stream has no name by which it could be opened again."""


class LogFile:
    """A file to which lines are appended, each with date and time; one that is made has mode 0640."""

    def __init__(self, path: str) -> None:
        """Raises OutputError."""
        self.path = os.path.abspath(path)  # a daemon leaves its folder
        self._made = False
        """Whether it was missing before."""
        self._descriptor = self._opened()
        self._sink = _Sink(self._descriptor)

    def _opened(self) -> int:
        # Without O_NONBLOCK a FIFO that nobody reads would stop us here.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
        try:
            try:
                descriptor = os.open(self.path, flags | os.O_EXCL, 0o640)
                self._made = True
            except FileExistsError:
                descriptor = os.open(self.path, flags, 0o640)
            return descriptor
        except OSError as error:
            raise OutputError(
                f"cannot open the log file {self.path}: {reason_of(error)}. Name another with --log-file."
            ) from None

    def put(self, text: str, level: Level) -> None:
        """Append a line."""
        self._sink.put(f"{_clock('%Y-%m-%d %H:%M:%S')} {text}")

    def reopen(self) -> None:
        """Open the path again, so that a log can be rotated.  Raises OutputError."""
        descriptor = self._opened()
        self.close()
        self._descriptor = descriptor
        self._sink = _Sink(descriptor)

    def close(self) -> None:
        """Let go of the file."""
        with contextlib.suppress(OSError):  # a full disk of the network says so only now
            os.close(self._descriptor)

    def give(self, uid: int, gid: int) -> None:
        """Make a user its owner, who will have to open it again; not of one that was there before."""
        if self._made:
            os.fchown(self._descriptor, uid, gid)


class _Sink:
    """Lines to a descriptor; those that would block are dropped and counted."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._dropped = 0

    def put(self, text: str) -> None:
        line = text.encode("utf-8", "backslashreplace")[: _PIPE_SAFE - 1] + b"\n"
        if self._dropped:
            missing, self._dropped = self._dropped, 0
            if not self._write(b"gear: %d log lines dropped, nobody read them\n" % missing):
                self._dropped = missing
        if self._dropped or not self._write(line):
            self._dropped += 1

    def _write(self, line: bytes) -> bool:
        """Write a line if that does not block; False if it was not written."""
        try:
            ready = self._poll.poll(0)
            if not ready or not ready[0][1] & select.POLLOUT:
                return False
            os.write(self._descriptor, line)
        except OSError:  # closed, broken, full, non-blocking and full
            return False
        return True


def _clock(form: str) -> str:
    """The local time by a form of strftime, with milliseconds."""
    now = time.time()
    return f"{time.strftime(form, time.localtime(now))}.{int(now * 1000) % 1000:03}"
