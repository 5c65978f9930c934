"""What a server has counted since its start: jobs by function and how they ended, packets, errors.

Only numbers, no I/O and no clock; `counting` has them counted, `metrics` and
`dashboard` show them.  A function is a name that anybody may make up, so their
number is bounded: the first `FUNCTIONS` that are looked at are counted each for
itself, all others together, under the name `OTHER`.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum

from gearcli.escape import shown
from gearcli.exposition import Histogram

FUNCTIONS = 1000
"""Functions that are counted each for itself."""
OTHER = "_other_"
"""The name under which all others are counted; a function that is really called so is one of them."""
BOUNDS = (0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
"""Seconds by which waiting and running are counted: from at once to hours."""


class Result(StrEnum):
    """How a job ended; as text it is found faster than a plain member."""

    COMPLETED = "completed"
    FAILED = "failed"
    """Its worker said so, took too long, or was lost once too often."""
    EXCEPTION = "exception"
    CANCELLED = "cancelled"
    """An operator did not want it any longer."""
    ABANDONED = "abandoned"
    """Nobody waited for it any longer."""


class FunctionCounters:
    """What became of the jobs of a function."""

    __slots__ = ("ended", "lost", "name", "ran", "submitted", "waited")

    def __init__(self, name: str) -> None:
        self.name = name
        """The name of the function as it is shown; what it is called may look otherwise."""
        self.submitted = 0
        """Jobs that began; one that met an identical job did not."""
        self.ended = dict.fromkeys(Result, 0)
        self.lost = 0
        """How often a job has lost its worker."""
        self.waited = Histogram(BOUNDS)
        """Seconds until a worker had a job, from when it could be had."""
        self.ran = Histogram(BOUNDS)
        """Seconds for which a worker had a job."""


class Counters:
    """What a server has counted."""

    def __init__(self, functions: int = FUNCTIONS) -> None:
        self.connections = 0
        """All that there have been."""
        self.errors = Counter[str]()
        """ERRORs that were answered, by their code."""
        self.packets: dict[str, list[int]] = {}
        """Packets that were received, by type; each number stands in a list of its own."""
        self.functions: dict[str, FunctionCounters] = {}
        """By the name as it is shown, in the order in which they came."""
        self._most = functions
        self._others: FunctionCounters | None = None
        self._by_name: dict[bytes, FunctionCounters] = {}

    def of(self, function: bytes) -> FunctionCounters:
        """The counters of a function, which need not be known yet."""
        return self._by_name.get(function) or self._new(function)

    def _new(self, function: bytes) -> FunctionCounters:
        """Begin to count a function, unless there are too many."""
        if len(self._by_name) >= self._most:
            return self.others()
        name = shown(function)
        # Two names may look the same: what is shown twice would be one figure with two values.
        if name in self.functions or name == OTHER:
            return self.others()
        counters = self._by_name[function] = self.functions[name] = FunctionCounters(name)
        return counters

    def others(self) -> FunctionCounters:
        """The counters of all functions that have none of their own."""
        if self._others is None:
            self._others = self.functions[OTHER] = FunctionCounters(OTHER)
        return self._others

    def ended(self, *results: Result) -> int:
        """How many jobs of all functions have ended in one of these ways."""
        return sum(each.ended[result] for each in self.functions.values() for result in results)
