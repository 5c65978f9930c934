"""What the figures of a server and its functions are called, whoever tells them.

`gear metrics` tells them of any server, and `gear serve --metrics` of itself.
The names are a promise to dashboards.  Those that begin with ``gearman_`` are
bakins/gearman-exporter's, whose dashboards so go on working;
``gearman_jobs_waiting_by_priority`` is its issue 26.  Those that begin with
``gear_`` are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol


class Counted(Protocol):
    """A function and how many jobs and workers it has; None is what a kind of server does not tell."""

    @property
    def total(self) -> int: ...
    @property
    def running(self) -> int: ...
    @property
    def high(self) -> int | None: ...
    @property
    def normal(self) -> int | None: ...
    @property
    def low(self) -> int | None: ...
    @property
    def queued(self) -> int: ...
    @property
    def workers(self) -> int: ...
    @property
    def delayed(self) -> int | None: ...
    @property
    def paused(self) -> bool | None: ...
    @property
    def dead(self) -> int | None: ...
    @property
    def oldest(self) -> float | None:
        """Seconds; None or 0 without a job that waits."""


class Gauge(NamedTuple):
    """A figure of a function: its name, its help, and its value; None where the server does not tell it."""

    name: str
    words: str
    value_of: Callable[[Counted], float | None]


OF_FUNCTIONS = (
    Gauge("gearman_jobs", "Jobs of a function, queued and running.", lambda each: each.total),
    Gauge("gearman_jobs_running", "Jobs of a function that a worker has.", lambda each: each.running),
    Gauge("gearman_jobs_waiting", "Jobs of a function that no worker has.", lambda each: each.queued),
    Gauge("gearman_workers", "Workers of a function.", lambda each: each.workers),
    Gauge("gear_jobs_delayed", "Jobs of a function that are not due yet.", lambda each: each.delayed),
    Gauge("gear_jobs_dead", "Dead jobs of a function; gear jobs --dead shows them.", lambda each: each.dead),
    Gauge("gear_function_paused", "Whether jobs of a function are held back.", lambda each: each.paused),
    Gauge(
        "gear_jobs_oldest_seconds",
        "Age of the oldest job of a function that waits; 0 without one.",
        lambda each: None if each.paused is None else each.oldest or 0.0,
    ),
)
"""What is told of each function, with its name as the label ``function``."""

BY_PRIORITY = "gearman_jobs_waiting_by_priority", "Jobs of a function that no worker has, by priority."
"""Name and help of the figure that has the label ``priority`` too; see `priorities`."""
UP = "gearman_up", "Whether the server answers."
VERSION = "gearman_version_info", "The version of the server; always 1."
"""Its label is ``version``."""


def priorities(each: Counted) -> Iterator[tuple[str, int]]:
    """The labels and values of `BY_PRIORITY`, as far as they are told."""
    counts = ("high", each.high), ("normal", each.normal), ("low", each.low)
    return ((priority, count) for priority, count in counts if count is not None)
