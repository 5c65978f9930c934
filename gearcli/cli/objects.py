"""Progress in JSON objects, for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

from gearcli.cli.counts import Counts, put, whole
from gearcli.client.tasks import Event
from gearcli.escape import shown
from gearcli.protocol.packets import PacketType

_EVERY = 1.0
"""Seconds between two objects about a batch."""


class Objects:
    """JSON, an object per line.

    For each report of a job ``number`` (which of the batch, from 1),
    ``function``, ``handle``, ``numerator``, ``denominator`` (null where the
    worker sent no number).  For a batch also, at most once a second and at
    its end: ``done`` (tasks that ended), ``failed`` (how many of them failed),
    ``in_flight``, ``rate`` (per second, lately), ``fraction`` (of the input
    that is taken, 0 to 1, null if unknown), ``seconds_left`` (null if unknown).
    """

    def __init__(self, *, batch: bool, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._counts = Counts(clock())
        self._due = clock() + _EVERY if batch else math.inf

    def take(self, event: Event) -> None:
        """Tell what a job reports."""
        self._counts.take(event)
        task, kind, fields = event
        if kind is PacketType.WORK_STATUS:
            numerator, denominator = map(whole, fields)
            _put_object(
                number=task.number,
                function=shown(task.function),
                handle=shown(task.handle),
                numerator=numerator,
                denominator=denominator,
            )
        self._tell_if_due()

    def tick(self, fraction: float | None) -> None:
        """Tell how far the batch is when it is time."""
        self._counts.fraction = fraction
        self._tell_if_due()

    def hide(self) -> None:
        """Nothing is in the way: what is told stays."""

    def close(self) -> None:
        """Tell how the batch ended, once."""
        if self._due < math.inf:
            self._tell(self._clock())
        self._due = math.inf

    def _tell_if_due(self) -> None:
        now = self._clock()
        if now >= self._due:
            self._due = now + _EVERY
            self._tell(now)

    def _tell(self, now: float) -> None:
        counts, left = self._counts, self._counts.seconds_left(now)
        _put_object(
            done=counts.done,
            failed=counts.failed,
            in_flight=counts.in_flight,
            rate=round(counts.rate(now), 1),
            fraction=counts.fraction,
            seconds_left=None if left is None else round(left),
        )


def _put_object(**keys: object) -> None:
    put(json.dumps(keys) + "\n")
