"""One look at a server: what its functions have to do, and what it has counted, few enough rows to show.

Functions that are not counted each for itself are one row here too; see
`counters`.  No I/O: what the process knows of itself is handed in as `Vitals`.
"""

from __future__ import annotations

from typing import NamedTuple

from gearcli.server.counters import OTHER, Counters, FunctionCounters
from gearcli.server.engine import Engine
from gearcli.server.queues import NOTHING, FunctionQueue


class Vitals(NamedTuple):
    """What a process knows of itself."""

    version: str
    """As `version` answers."""
    started: float
    """Seconds since 1970, UTC."""
    uptime: float
    """Seconds."""
    processor: float
    """Seconds of processor time that it has used."""
    memory: int | None
    """Bytes that are resident; None where the system does not tell."""
    stopping: bool
    """Whether it has been told to end."""


class FunctionRow:
    """What a function, or all that have no row of their own, has to do and has done."""

    __slots__ = (
        "counted", "dead", "delayed", "high", "low", "name", "normal", "oldest", "paused", "running",
        "workers",
    )  # fmt: skip

    def __init__(self, counted: FunctionCounters) -> None:
        self.name = counted.name
        self.counted = counted
        self.high = self.normal = self.low = 0
        """Jobs that wait for a worker, by priority."""
        self.delayed = self.running = self.workers = self.dead = 0
        self.oldest = 0.0
        """Seconds for which the job waits that has waited longest; 0 without one."""
        self.paused = False

    @property
    def waiting(self) -> int:
        """Jobs that wait for a worker."""
        return self.high + self.normal + self.low

    @property
    def queued(self) -> int:
        """Jobs that no worker has, as gearmand counts them: those that are due later wait too."""
        return self.waiting + self.delayed

    @property
    def total(self) -> int:
        """All jobs."""
        return self.queued + self.running

    @property
    def stuck(self) -> bool:
        """Whether jobs wait for which there is no worker."""
        return self.waiting > 0 and not self.workers

    def add(self, queue: FunctionQueue, now: float, dead: int = 0) -> None:
        """Count a queue in, and so many dead jobs of its function."""
        self.dead += dead
        self.delayed += queue.delayed
        self.running += queue.running
        self.workers += queue.workers
        self.paused = self.paused or queue.paused
        if queue.best == NOTHING and not queue.paused:
            return  # most of many functions have nothing to do
        high, normal, low = queue.counts
        self.high, self.normal, self.low = self.high + high, self.normal + normal, self.low + low
        oldest = queue.oldest()
        if oldest is not None:
            self.oldest = max(self.oldest, now - oldest.submitted)


class Overview(NamedTuple):
    """A server at one moment."""

    functions: list[FunctionRow]
    """By name; those that have no row of their own are the last."""
    counters: Counters
    connections: int
    vitals: Vitals
    dead: int = 0
    """Dead letters."""


def overview(engine: Engine, counters: Counters, vitals: Vitals) -> Overview:
    """Look at a server that is counted."""
    rows: dict[FunctionCounters, FunctionRow] = {}
    now = engine.registry.now
    for queue in engine.registry.queues.values():
        counted = counters.of(queue.name)
        row = rows.get(counted)
        if row is None:
            row = rows[counted] = FunctionRow(counted)
        row.add(queue, now, engine.registry.dead.count(queue.name))
    functions = sorted(rows.values(), key=lambda row: (row.name == OTHER, row.name))
    return Overview(functions, counters, len(engine.peers), vitals, len(engine.registry.dead))
