"""What servers tell of their functions, in Prometheus's text format, under gearman-exporter's names.

One renderer for ``gear status --format prometheus`` and ``gear metrics``: rows
in, text out, no I/O.  Names: bakins/gearman-exporter, whose dashboards so go
on working; ``gearman_jobs_waiting_by_priority`` is its issue 26.  Those that
begin with ``gear_`` are ours.  With more than one server each has a label
``server``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from gearcli.client.documents import FunctionState
from gearcli.client.functions import total
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.exposition import Sample, family, labels

_Metric: TypeAlias = tuple[str, str, Callable[[FunctionState], float | None]]

_PRIORITIES = ("high", "normal", "low")

_OF_FUNCTIONS: tuple[_Metric, ...] = (
    ("gearman_jobs", "Jobs of a function, queued and running.", lambda each: each.total),
    ("gearman_jobs_running", "Jobs of a function that a worker has.", lambda each: each.running),
    ("gearman_jobs_waiting", "Jobs of a function that no worker has.", lambda each: each.queued),
    ("gearman_workers", "Workers of a function.", lambda each: each.workers),
    ("gear_jobs_delayed", "Jobs of a function that are not due yet.", lambda each: each.delayed),
    ("gear_function_paused", "Whether jobs of a function are held back.", lambda each: each.paused),
    (
        "gear_jobs_oldest_seconds",
        "Age of the oldest job of a function that waits; 0 without one.",
        lambda each: None if each.paused is None else each.oldest or 0.0,
    ),
)
"""Names, helps and values of the gauges with a label for the function; None is left out."""


_LEGACY: tuple[_Metric, ...] = (
    ("gearman_status_total", "The same as gearman_jobs.", lambda each: each.total),
    ("gearman_status_running", "The same as gearman_jobs_running.", lambda each: each.running),
    ("gearman_status_workers", "The same as gearman_workers.", lambda each: each.workers),
)
"""The names that gearman-exporter had before its pull request 8."""


def metrics(answers: Sequence[Answer[Snapshot]], *, legacy: bool = False) -> str:
    """The text for what each server answered; of one that did not, only that it is not up.

    `legacy` adds the names that gearman-exporter had first, and the label
    ``version`` of its ``gearman_up``.
    """
    several = len(answers) > 1
    servers = [({"server": str(answer.address)} if several else {}, answer.value) for answer in answers]
    there = [(of, value) for of, value in servers if value is not None]
    # The labels of a function are written once for all of its metrics.
    functions = _told_apart(
        (labels({**of, "function": each.function}), each) for of, value in there for each in value.functions
    )
    return "".join(
        [
            gauge(
                "gearman_up",
                "Whether the server answers.",
                ((labels(_up(of, value, legacy=legacy)), value is not None) for of, value in servers),
            ),
            gauge(
                "gearman_version_info",
                "The version of the server; always 1.",
                ((labels({**of, "version": value.version}), 1) for of, value in there),
            ),
            *(_of_functions(metric, functions) for metric in (*_OF_FUNCTIONS, *(_LEGACY if legacy else ()))),
            _by_priority(functions),
        ]
    )


def _up(of: dict[str, str], told: Snapshot | None, *, legacy: bool) -> dict[str, str]:
    """The labels of ``gearman_up``."""
    return {**of, "version": told.version} if legacy and told is not None else of


def _told_apart(functions: Iterable[tuple[str, FunctionState]]) -> list[tuple[str, FunctionState]]:
    r"""The functions by their labels; those whose names look alike are summed.

    A line end and the two letters ``\n`` are shown alike, and a reader takes
    no page on which the same labels have two values.
    """
    found: dict[str, FunctionState] = {}
    for of, each in functions:
        found[of] = total([found[of], each]) if of in found else each
    return list(found.items())


def _of_functions(metric: _Metric, functions: list[tuple[str, FunctionState]]) -> str:
    name, explanation, value_of = metric
    values = ((of, value_of(each)) for of, each in functions)
    return gauge(name, explanation, ((of, value) for of, value in values if value is not None))


def _by_priority(functions: list[tuple[str, FunctionState]]) -> str:
    return gauge(
        "gearman_jobs_waiting_by_priority",
        "Jobs of a function that no worker has, by priority.",
        (
            (f'{of[:-1]},priority="{priority}"}}', count)
            for of, each in functions
            for priority, count in zip(_PRIORITIES, (each.high, each.normal, each.low), strict=True)
            if count is not None
        ),
    )


def gauge(name: str, explanation: str, samples: Iterable[tuple[str, float]]) -> str:
    """The lines of one gauge, of labels that are written already; none at all without a sample."""
    there = [Sample(of, value) for of, value in samples]
    return family(name, "gauge", explanation, there) if there else ""
