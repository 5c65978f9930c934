"""How fast jobs come and go, worked out from what servers tell again and again.  No I/O, no clock.

A server that counts the jobs that came and left is believed.  Of another one
only the number of its jobs is known, so what is more than before came and
what is less left: a job that came and left between two looks is not seen, and
both rates are the least that they can have been.  Their difference, and with
it the time until a queue is empty, is right for either.

Rates are averages in which the past fades: after `FADES` seconds a third of
it is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from gearcli.client.documents import FunctionState

FADES = 10.0
"""Seconds in which the past loses two thirds of its weight."""
_NOTICEABLE = 0.005
"""Jobs a second; what is slower has faded away."""


class Pace(NamedTuple):
    """Jobs a second: those that come, those that leave, and whether they were counted, not estimated."""

    came: float
    left: float
    counted: bool

    def __add__(self, other: object) -> Pace:
        """Both together."""
        if not isinstance(other, Pace):
            return NotImplemented
        return Pace(self.came + other.came, self.left + other.left, self.counted and other.counted)


class Rates:
    """The rates of the functions of one server.  `now` are monotonic seconds that never go back."""

    def __init__(self) -> None:
        self._flows: dict[bytes, _Flow] = {}
        self._last: float | None = None

    def observe(self, states: Iterable[FunctionState], now: float) -> None:
        """Take note of its functions.  One that was not there before had no jobs."""
        known, self._flows = self._flows, {}
        share = 0.0 if self._last is None else 1 - math.exp(-max(now - self._last, 0.0) / FADES)
        seconds = 1.0 if self._last is None else max(now - self._last, 1e-3)
        for state in states:
            flow = known.get(state.function)
            if flow is None:
                flow = _Flow(state if self._last is None else _without_jobs(state))
            if share:
                flow.take(state, seconds, share)
            self._flows[state.function] = flow
        self._last = now

    def lose(self) -> None:
        """Forget everything: the server did not answer, or is another one now."""
        self._flows, self._last = {}, None

    def pace(self, function: bytes) -> Pace | None:
        """The rates of a function; None while it was seen less than twice."""
        flow = self._flows.get(function)
        return flow.pace() if flow is not None and flow.weight else None


class _Flow:
    """One function: what was told of it last, and fading averages of how many jobs came and left."""

    __slots__ = ("before", "came", "left", "weight")

    def __init__(self, before: FunctionState) -> None:
        self.before = before
        self.came = self.left = self.weight = 0.0

    def take(self, state: FunctionState, seconds: float, share: float) -> None:
        """Take note of `seconds` more, which get this share of the average."""
        came, left = _difference(self.before, state)
        self.came += (came / seconds - self.came) * share
        self.left += (left / seconds - self.left) * share
        self.weight += (1 - self.weight) * share
        self.before = state

    def pace(self) -> Pace:
        """The averages over the time that was seen."""
        came, left = (_noticed(each / self.weight) for each in (self.came, self.left))
        return Pace(came, left, self.before.submitted is not None and self.before.finished is not None)


def _difference(before: FunctionState, after: FunctionState) -> tuple[int, int]:
    """How many jobs came and left."""
    counters = (before.submitted, before.finished, after.submitted, after.finished)
    if None not in counters:
        came = (after.submitted or 0) - (before.submitted or 0)
        left = (after.finished or 0) - (before.finished or 0)
        if came >= 0 and left >= 0:  # otherwise the server was started anew
            return came, left
    more = after.total - before.total
    return max(more, 0), max(-more, 0)


def _without_jobs(state: FunctionState) -> FunctionState:
    """A function as it was before its first job."""
    submitted, finished = (None if each is None else 0 for each in (state.submitted, state.finished))
    return state._replace(queued=0, running=0, submitted=submitted, finished=finished)


def _noticed(rate: float) -> float:
    return rate if rate >= _NOTICEABLE else 0.0


def remaining(state: FunctionState, pace: Pace | None) -> float | None:
    """Seconds until a function has no jobs; infinite if that never happens, None if it cannot be told.

    It never happens where nobody works on waiting jobs, and while more jobs come than leave.
    """
    if not state.total:
        return None
    if state.queued and (state.paused or state.stuck):
        return math.inf
    if pace is None or pace.came == pace.left:
        return None
    return state.total / (pace.left - pace.came) if pace.left > pace.came else math.inf
