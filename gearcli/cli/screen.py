"""The whole screen of a terminal: keys come one by one, lines are drawn, and afterwards all is as it was.

It draws on the alternate screen, which terminals keep apart from what was
there before.  The cursor is hidden, and a line that is too long does not go
on in the next one.
"""

from __future__ import annotations

import contextlib
import os
import termios
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from gearcli.cli.output import on_terminal, write
from gearcli.cli.styled import StyledLine, sequence
from gearcli.errors import OutputError

_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[0m\x1b[2J"
_LEAVE = "\x1b[0m\x1b[2J\x1b[?7h\x1b[?25h\x1b[?1049l"
_USUAL = (80, 24)
_LOCAL = 3  # the index of the local modes in what `tcgetattr` tells, and of the control characters
_CHARACTERS = 6


def usable() -> bool:
    """Whether there is a terminal that a whole screen can be drawn on, and whose keys can be read."""
    return on_terminal(0) and on_terminal(1) and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


class Screen:
    """The terminal of standard input and output.  A context manager; inside of it the screen is ours.

    Raises OutputError, and BrokenPipeError, when it cannot be written to.
    """

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self._before: list[Any] | None = None
        self._shown: list[StyledLine] = []
        self.size = _USUAL
        """Columns and rows."""

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.give_back()

    def take(self) -> None:
        """Make the screen ours, if it is not."""
        if self._before is None:
            self._before = termios.tcgetattr(0)
            modes = termios.tcgetattr(0)
            modes[_LOCAL] &= ~(termios.ICANON | termios.ECHO)  # signals stay: Ctrl-C is one
            modes[_CHARACTERS][termios.VMIN], modes[_CHARACTERS][termios.VTIME] = 1, 0
            termios.tcsetattr(0, termios.TCSADRAIN, modes)
            self._write(_ENTER)
        self.clear()

    def give_back(self) -> None:
        """Leave the terminal as it was; keys that nobody has read are forgotten."""
        if self._before is None:
            return
        before, self._before = self._before, None
        with contextlib.suppress(OutputError, BrokenPipeError):  # a terminal that is gone
            self._write(_LEAVE)
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSAFLUSH, before)

    def clear(self) -> None:
        """Find out the size, and draw everything anew the next time."""
        with contextlib.suppress(OSError):
            columns, rows = os.get_terminal_size(1)
            self.size = (columns or _USUAL[0], rows or _USUAL[1])
        self._shown = []

    def draw(self, lines: Sequence[StyledLine]) -> None:
        """Show these lines from the top on; only what is another than before is written."""
        lines = lines[: self.size[1]]
        parts = [] if self._shown else ["\x1b[0m\x1b[2J"]
        for row in range(max(len(lines), len(self._shown))):
            pieces = lines[row] if row < len(lines) else []
            if row >= len(self._shown) or pieces != self._shown[row]:
                parts.append(sequence(pieces, row, colour=self._colour))
        self._shown = list(lines)
        if parts:
            self._write("".join(parts))

    def keys(self) -> bytes:
        """Bytes of keys that can be read now; none at the end of a terminal that is gone."""
        try:
            return os.read(0, 4096)
        except OSError:
            return b""

    def _write(self, text: str) -> None:
        write(text.encode("utf-8", "backslashreplace"))
