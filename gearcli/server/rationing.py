"""Lines of a log that peers can cause: some at once, then they are only counted for a while."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

BURST = 20
"""Lines that are said in one period."""
PERIOD = 60.0
"""Seconds of a period."""


class Rationed:
    """Hands lines on to `say`, at most `BURST` in `PERIOD` seconds by a monotonic `clock`.

    How many were left out is said with the first line of a later period.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._begun = -inf
        self._count = 0

    def say(self, words: str) -> None:
        """Say a line, if there is room for it."""
        now = self._clock()
        if now - self._begun >= PERIOD:
            left_out = self._count - BURST
            if left_out > 0:
                words = f"{words} ({left_out} more such lines were left out before)"
            self._begun, self._count = now, 0
        self._count += 1
        if self._count <= BURST:
            self._say(words)
