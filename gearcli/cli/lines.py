"""Progress in lines: what a log, or a person without a terminal, reads of it."""

from __future__ import annotations

import math
from collections.abc import Callable

from gearcli.cli.counts import Counts, whole
from gearcli.cli.output import message
from gearcli.client.tasks import Event
from gearcli.escape import shown
from gearcli.protocol.packets import PacketType

_STATUS_EVERY = 1.0
"""Seconds between two lines about one job."""
_BATCH_EVERY = 10.0
"""Seconds between two lines about a batch."""


class JobLines:
    """A line when the only job says how far it is, at most one a second, and the last in any case."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due = -math.inf
        self._said = self._latest = ""

    def take(self, event: Event) -> None:
        """Say what a job reports; before its end, what has not been said yet."""
        task, kind, fields = event
        if kind is PacketType.WORK_STATUS:
            self._latest = _status(task.function, *map(whole, fields)) or self._latest
            self.tick(None)
        elif event.ends:
            self._say()

    def tick(self, fraction: float | None) -> None:
        """Say what it was too early to say."""
        if self._clock() >= self._due:
            self._say()

    def hide(self) -> None:
        """Nothing is in the way: what is told stays."""

    def close(self) -> None:
        """Say what has not been said yet."""
        self._say()

    def _say(self) -> None:
        if self._latest != self._said:
            self._said = self._latest
            message(self._said)
            self._due = self._clock() + _STATUS_EVERY


def _status(function: bytes, numerator: int | None, denominator: int | None) -> str:
    """How far a job is; nothing if it sent no number."""
    if numerator is None:
        return ""
    return f"{shown(function)}: {numerator:,}" + (f" of {denominator:,}" if denominator else "")


class BatchLines:
    """A line about a batch every ten seconds; a last one only if there was one before."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts = Counts(clock())
        self._first = self._due = clock() + _BATCH_EVERY

    def take(self, event: Event) -> None:
        """Count it."""
        self._counts.take(event)
        self._say_if_due()

    def tick(self, fraction: float | None) -> None:
        """Say how far it is when it is time."""
        self._counts.fraction = fraction
        self._say_if_due()

    def hide(self) -> None:
        """Nothing is in the way: what is told stays."""

    def close(self) -> None:
        """Say how it ended, once."""
        if self._first < self._due < math.inf:
            self._say()
        self._due = math.inf

    def _say_if_due(self) -> None:
        now = self._clock()
        if now >= self._due:
            self._due = now + _BATCH_EVERY
            self._say()

    def _say(self) -> None:
        message(self._counts.words(self._clock(), in_flight=True))
