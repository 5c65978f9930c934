"""Things that are due at a time, in order.  Time is a number that others hand in."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from math import inf


class Timer:
    """A call that is due at a time, until it is called or cancelled."""

    __slots__ = ("call", "over")

    def __init__(self, call: Callable[[], None]) -> None:
        self.call = call
        self.over = False


class Timers:
    """Timers by due time; adding costs O(log n), cancelling O(1) spread over all calls."""

    def __init__(self) -> None:
        self.due = inf
        """When the first timer is due; infinity if there is none."""
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = 0
        self._cancelled = 0

    def __len__(self) -> int:
        """How many there are, some that are cancelled included."""
        return len(self._heap)

    def add(self, due: float, call: Callable[[], None]) -> Timer:
        """Have `call` come out of `pop_due` at the time `due` (seconds)."""
        timer = Timer(call)
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, timer))
        self._find_due()
        return timer

    def cancel(self, timer: Timer) -> None:
        """Forget a timer that is not due yet; twice is once."""
        if timer.over:
            return
        timer.over = True
        self._cancelled += 1
        if self._cancelled > 64 and self._cancelled * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if not entry[2].over]
            heapq.heapify(self._heap)
            self._cancelled = 0
        self._find_due()

    def pop_due(self, now: float) -> Iterator[Callable[[], None]]:
        """Take out the calls that are due, in order of their times."""
        while self._heap and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)[2]
            timer.over = True
            self._find_due()
            yield timer.call

    def _find_due(self) -> None:
        """Look at the first timer, past those that are cancelled."""
        while self._heap and self._heap[0][2].over:
            heapq.heappop(self._heap)
            self._cancelled -= 1
        self.due = self._heap[0][0] if self._heap else inf
