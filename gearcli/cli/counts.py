"""The numbers of a progress: how many tasks are done, how fast it goes, and how long the rest takes."""

from __future__ import annotations

import sys
from collections import deque

from gearcli.client.tasks import Event
from gearcli.protocol.packets import PacketType

_WINDOW = 10.0
"""Seconds over which a rate is taken."""
_LONGEST_NUMBER = 20
"""Digits of the largest number of 64 bits."""


def put(text: str) -> None:
    """Text to standard error as it is; where that is gone nobody misses it."""
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        pass


def whole(field: bytes) -> int | None:
    """The number that a peer sent; None for what is not one."""
    digits = field.strip()
    return int(digits) if digits.isdigit() and len(digits) <= _LONGEST_NUMBER else None


class Counts:
    """How many tasks have ended, how many of them failed, and how fast it goes.

    What it remembers grows with the tasks in flight only.
    """

    def __init__(self, start: float) -> None:
        self.done = 0
        self.failed = 0
        self.fraction: float | None = None
        """How much of the input has been taken, 0 to 1."""
        self._in_flight: set[int] = set()
        self._start = start
        self._samples = deque([(start, 0)])

    @property
    def in_flight(self) -> int:
        """Tasks that were submitted and have not ended."""
        return len(self._in_flight)

    def take(self, event: Event) -> None:
        """Count what happened."""
        task, kind, _ = event
        created = kind is PacketType.JOB_CREATED
        if created and not task.background:
            if not task.ended:  # else it ran out of time before the server answered
                self._in_flight.add(task.number)
        elif event.ends:
            self._in_flight.discard(task.number)
            self.done += 1
            self.failed += not created and kind is not PacketType.WORK_COMPLETE

    def rate(self, now: float) -> float:
        """Tasks that ended per second, lately."""
        if now - self._samples[-1][0] >= 1:
            self._samples.append((now, self.done))
        while len(self._samples) > 1 and now - self._samples[1][0] >= _WINDOW:
            self._samples.popleft()
        then, done = self._samples[0]
        return (self.done - done) / (now - then) if now > then else 0.0

    @property
    def portion(self) -> float | None:
        """How much of the whole batch has ended, 0 to 1."""
        if self.fraction is None:
            return None
        return self.fraction * self.done / (self.done + self.in_flight) if self.done else 0.0

    def seconds_left(self, now: float) -> float | None:
        """How long the rest takes if it goes on as it went so far; None if that is unknown.

        It follows the whole run and not the latest rate, which is mostly
        nothing where jobs take minutes.
        """
        portion = self.portion
        return (now - self._start) * (1 - portion) / portion if portion else None

    def words(self, now: float, *, in_flight: bool) -> str:
        """All that for people."""
        rate, left = self.rate(now), self.seconds_left(now)
        parts = [f"{self.done:,} done", f"{self.failed:,} failed"]
        if in_flight:
            parts.append(f"{self.in_flight:,} in flight")
        parts.append(f"{rate:,.0f} a second" if rate >= 10 else f"{rate:.2g} a second")
        if left is not None and left >= 1:
            parts.append(f"{_time(left)} left")
        return ", ".join(parts)


def _time(seconds: float) -> str:
    """About how long that is."""
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"
