"""Things that are due at a time, in order.  Time is a number that others hand in."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator


class Timer:
    """A call that is due at a time, until it is cancelled."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self.call: Callable[[], None] | None = call


class Timers:
    """Timers by due time; adding costs O(log n), cancelling O(1) spread over all calls."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._cancelled = 0

    def add(self, due: float, call: Callable[[], None]) -> Timer:
        """Have `call` come out of `pop_due` at the time `due` (seconds)."""
        timer = Timer(call)
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, timer))
        return timer

    def cancel(self, timer: Timer) -> None:
        """Forget a timer that is not due yet; twice is once."""
        if timer.call is None:
            return
        timer.call = None
        self._cancelled += 1
        if self._cancelled > 64 and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].call is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def pop_due(self, now: float) -> Iterator[Callable[[], None]]:
        """Take out the calls that are due, in order of their times."""
        while self._heap and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)[2]
            if timer.call is None:
                self._cancelled -= 1
            else:
                call, timer.call = timer.call, None
                yield call

    def next_due(self) -> float | None:
        """When the first timer is due; None if there is none."""
        while self._heap and self._heap[0][2].call is None:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        return self._heap[0][0] if self._heap else None
