"""Pauses between attempts to reach a server that is gone."""

from __future__ import annotations


class Pauses:
    """Pauses of `first` seconds to `longest`: they double, and vary by a half.

    So a server that comes back is not met by all that had lost it at once.
    """

    def __init__(self, first: float, longest: float) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def next(self) -> float:
        """The seconds to wait before the next attempt."""
        import random  # which few who submit a job ever need

        seconds = self._next * random.uniform(0.5, 1.5)
        self._next = min(2 * self._next, self._longest)
        return seconds

    def reset(self) -> None:
        """The server is there: the next pause is a first one again."""
        self._next = self._first
