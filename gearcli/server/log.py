"""What a server says about itself on standard error, without ever waiting for a reader.

A server must not stop because its terminal is scrolled back or its log pipe
is full: what cannot be written at once is dropped, counted, and the count is
said when there is room again.
"""

from __future__ import annotations

import os
import select
import time
from enum import IntEnum

_PIPE_SAFE = 4096
"""Bytes that a pipe with room takes without blocking (PIPE_BUF on Linux)."""


class Level(IntEnum):
    """How much is said: always, with -v, with -vv, with -vvv."""

    NOTICE = 0
    CONNECTIONS = 1
    JOBS = 2
    PACKETS = 3


class Log:
    """Lines to a file descriptor; `level` is the highest that is said."""

    def __init__(self, level: int = Level.NOTICE, descriptor: int = 2) -> None:
        self.level = min(level, Level.PACKETS)
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._dropped = 0

    def says(self, level: Level) -> bool:
        """Whether lines of a level are said; ask before making a costly one."""
        return level <= self.level

    def notice(self, text: str) -> None:
        """Say something that everybody wants to know."""
        self._write(f"gear: {text}")

    def say(self, level: Level, text: str) -> None:
        """Say something with the time of day, if its level is said."""
        if level <= self.level:
            now = time.time()
            clock = time.strftime("%H:%M:%S", time.localtime(now))
            self._write(f"{clock}.{int(now * 1000) % 1000:03} {text}")

    def _write(self, text: str) -> None:
        line = text.encode("utf-8", "backslashreplace")[: _PIPE_SAFE - 1] + b"\n"
        if self._dropped:
            missing, self._dropped = self._dropped, 0
            if not self._put(b"gear: %d log lines dropped, nobody read them\n" % missing):
                self._dropped = missing
        if self._dropped or not self._put(line):
            self._dropped += 1

    def _put(self, line: bytes) -> bool:
        """Write a line if that does not block; False if it was not written."""
        try:
            ready = self._poll.poll(0)
            if not ready or not ready[0][1] & select.POLLOUT:
                return False
            os.write(self._descriptor, line)
        except OSError:  # closed, broken, non-blocking and full
            return False
        return True
