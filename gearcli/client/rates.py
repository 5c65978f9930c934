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
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import NamedTuple

from gearcli.client.documents import FunctionState

FADES = 10.0
"""Seconds in which the past loses two thirds of its weight."""
_NOTICEABLE = 0.005
"""Jobs a second; what is slower has faded away."""
_FAINT = _NOTICEABLE / 10


class Pace(NamedTuple):
    """Jobs a second: those that come, those that leave, and whether they were counted, not estimated."""

    came: float
    left: float
    counted: bool


class Rates:
    """The rates of the functions of one server.  `now` are monotonic seconds that never go back."""

    def __init__(self) -> None:
        self.lose()

    def lose(self) -> None:
        """Forget everything: the server did not answer, or is another one now."""
        self._before: dict[bytes, FunctionState] = {}
        self._flows: dict[bytes, _Flow] = {}
        self._last: float | None = None
        self._weight = 0.0

    def observe(self, states: Iterable[FunctionState], now: float) -> None:
        """Take note of its functions.  One that was not there before had no jobs."""
        before, self._before = self._before, {state.function: state for state in states}
        if self._last is not None:
            seconds = max(now - self._last, 1e-3)
            share = 1 - math.exp(-seconds / FADES)
            self._weight += (1 - self._weight) * share
            self._flows = dict(self._flowing(before, seconds, share))
        self._last = now

    def _flowing(
        self, before: Mapping[bytes, FunctionState], seconds: float, share: float
    ) -> Iterator[tuple[bytes, _Flow]]:
        """The flows after `seconds` more; most of many functions have none, and cost next to nothing."""
        for function, state in self._before.items():
            flow = self._flows.get(function)
            came, left = _difference(before.get(function), state)
            if flow is None and (came or left):
                flow = _Flow()
            if flow is not None and flow.take(came / seconds, left / seconds, share):
                yield function, flow

    def flowing(self) -> KeysView[bytes]:
        """The functions of which jobs came or left of late."""
        return self._flows.keys()

    def pace(self, function: bytes) -> Pace | None:
        """The rates of a function; None while the server was asked less than twice, or if it has it not."""
        state = self._before.get(function)
        if state is None or not self._weight:
            return None
        counted = state.submitted is not None and state.finished is not None
        flow = self._flows.get(function)
        if flow is None:
            return _COUNTED if counted else _ESTIMATED
        return Pace(_noticed(flow.came / self._weight), _noticed(flow.left / self._weight), counted)


_COUNTED, _ESTIMATED = Pace(0.0, 0.0, True), Pace(0.0, 0.0, False)
"""Nothing comes, nothing leaves."""


class _Flow:
    """Fading averages of the jobs a second that came and left."""

    __slots__ = ("came", "left")

    def __init__(self) -> None:
        self.came = self.left = 0.0

    def take(self, came: float, left: float, share: float) -> bool:
        """Take note of newer rates, which get this share of the average; whether there is any flow left."""
        self.came += (came - self.came) * share
        self.left += (left - self.left) * share
        return self.came >= _FAINT or self.left >= _FAINT


def _difference(before: FunctionState | None, after: FunctionState) -> tuple[int, int]:
    """How many jobs came and left; a function that was not there before had none."""
    if before is None:
        more, submitted, finished = after.total, 0, 0
    else:
        more = after.queued + after.running - before.queued - before.running
        if before.submitted is None or before.finished is None:
            return (more, 0) if more > 0 else (0, -more)
        submitted, finished = before.submitted, before.finished
    if after.submitted is not None and after.finished is not None:
        came, left = after.submitted - submitted, after.finished - finished
        if came >= 0 and left >= 0:  # otherwise the server was started anew
            return came, left
    return (more, 0) if more > 0 else (0, -more)


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
