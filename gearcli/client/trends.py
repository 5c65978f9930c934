"""How many jobs waited in the last minutes, for lines that are sparks.  No I/O, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from gearcli.client.documents import FunctionState

STEP = 3.0
"""Seconds between two points."""
POINTS = 100
"""Points that are kept: five minutes."""


class Trends:
    """The waiting jobs of functions every `STEP` seconds; all of one time stand in one column."""

    def __init__(self) -> None:
        self._lines: dict[bytes, deque[int]] = {}
        self._count = 0
        self._due: float | None = None

    def due(self, now: float) -> bool:
        """Whether it is time for another point, in monotonic seconds."""
        return self._due is None or now >= self._due

    def record(self, states: Iterable[FunctionState], now: float) -> None:
        """Take note of the present; a function that is not there any more is forgotten."""
        self._due = now + STEP
        self._count += 1
        known, self._lines = self._lines, {}
        for state in states:
            line = known.get(state.function)
            if line is None:
                line = deque(maxlen=POINTS)
            line.append(state.queued)
            self._lines[state.function] = line

    def line(self, function: bytes, width: int) -> list[int]:
        """At most `width` numbers of waiting jobs, the present last.

        Where there is not room for all points, each number is the most of
        several; which ones belong together does not change as time goes by.
        """
        line = self._lines.get(function)
        if not line or width < 1:
            return []
        group = -(-POINTS // width)
        first = self._count - len(line)
        groups: dict[int, int] = {}
        for number, queued in enumerate(line, first):
            place = number // group
            groups[place] = max(groups.get(place, 0), queued)
        return [groups[place] for place in sorted(groups)][-width:]
