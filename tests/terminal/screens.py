"""`gear` on a terminal that an emulator looks at: what a person would see, and what is left behind."""

from __future__ import annotations

import contextlib
import os
import sys
import termios
import time
from collections.abc import Callable, Iterator
from typing import Any

import pexpect
import pyte

from tests.support import DEADLINE, clean_environment

ALTERNATE = ("\x1b[?1049h", "\x1b[?1049l")
"""What begins and ends the alternate screen; the emulator knows it not."""


class Seen:
    """A command on a terminal of its own, and its screen."""

    def __init__(self, child: pexpect.spawn, columns: int, rows: int) -> None:
        self.child = child
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.raw = ""
        self._slave = os.open(_slave(child), os.O_RDWR | os.O_NOCTTY)

        self.before = self.modes()
        """How the terminal is before the command has begun; Python takes a while to."""

    def modes(self) -> list[Any]:
        """How the terminal treats what is typed."""
        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        """Type keys."""
        self.child.send(keys)

    def read(self) -> None:
        """Look at what has been drawn until now."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            while True:
                said = self.child.read_nonblocking(1 << 16, timeout=0.01)
                self.raw += said
                self._stream.feed(said)

    def rows(self) -> list[str]:
        """The rows of the screen."""
        self.read()
        return [row.rstrip() for row in self.screen.display]

    def until(self, condition: Callable[[list[str]], object]) -> list[str]:
        """Wait until the rows are so; the rows."""
        end = time.monotonic() + DEADLINE
        while not condition(rows := self.rows()):
            assert time.monotonic() < end, "\n".join(rows)
        return rows

    def shows(self, *texts: str) -> list[str]:
        """Wait until all texts are on the screen; the rows."""
        return self.until(lambda rows: all(any(text in row for row in rows) for text in texts))

    def resize(self, columns: int, rows: int) -> None:
        """Make the terminal another size."""
        self.screen.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def end(self) -> int:
        """Wait for its end; its exit status, negative for a signal."""
        end = time.monotonic() + DEADLINE
        while self.child.isalive():
            assert time.monotonic() < end
            self.read()
        self.read()
        return int(-self.child.signalstatus if self.child.exitstatus is None else self.child.exitstatus)

    def close(self) -> None:
        """Look no longer."""
        os.close(self._slave)


def _slave(child: pexpect.spawn) -> str:
    return os.readlink(f"/proc/{child.pid}/fd/0")


@contextlib.contextmanager
def terminal(*arguments: str, columns: int = 100, rows: int = 24, **environ: str) -> Iterator[pexpect.spawn]:
    """`gear`, or with -c a program in Python, on a terminal of its own as long as the block."""
    child = pexpect.spawn(
        sys.executable,
        [*([] if arguments[0] == "-c" else ["-m", "gearcli"]), *arguments],
        env={**clean_environment(), "TERM": "xterm-256color", "PYTHONUTF8": "1", **environ},
        timeout=DEADLINE,
        dimensions=(rows, columns),
        encoding="utf-8",
    )
    child.delaybeforesend = None
    try:
        yield child
    finally:
        child.close(force=True)


def end_of(child: pexpect.spawn) -> tuple[str, int]:
    """What it prints until its end, and its exit status."""
    child.expect(pexpect.EOF)
    child.wait()
    return child.before, child.exitstatus


@contextlib.contextmanager
def seen(*arguments: str, columns: int = 80, rows: int = 24, **environ: str) -> Iterator[Seen]:
    """The same, and its screen."""
    with terminal(*arguments, columns=columns, rows=rows, **environ) as child:
        found = Seen(child, columns, rows)
        try:
            yield found
        finally:
            found.close()


def filled(rows: list[str]) -> list[str]:
    """The rows on which something stands."""
    return [row for row in rows if row]
