"""Lines of a log that peers can cause: some at once, or one, then none for a while."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

BURST = 20
"""Lines that are said in one period."""
PERIOD = 60.0
"""Seconds of a period."""


class Seldom:
    """When a thing may be said again: at most once in `PERIOD` seconds."""

    def __init__(self) -> None:
        self._next = -inf

    def due(self, now: float) -> bool:
        """Whether it may be said now, by a monotonic clock; then it is said."""
        if now < self._next:
            return False
        self._next = now + PERIOD
        return True


class Rationed:
    """Hands lines on to `say`, at most `BURST` in `PERIOD` seconds by a monotonic `clock`.

    How many were left out is said with the first line of a later period.
    """

    def __init__(self, say: Callable[[str], None], clock: Callable[[], float]) -> None:
        self._say = say
        self._clock = clock
        self._period = Seldom()
        self._count = 0

    def say(self, words: str) -> None:
        """Say a line, if there is room for it."""
        if self._period.due(self._clock()):
            left_out = self._count - BURST
            if left_out > 0:
                words = f"{words} ({left_out} more such lines were left out before)"
            self._count = 0
        self._count += 1
        if self._count <= BURST:
            self._say(words)
