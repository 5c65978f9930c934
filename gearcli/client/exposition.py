"""What servers tell of their functions, in Prometheus's text format, under the names of `gearcli.gauges`.

One renderer for ``gear status --format prometheus`` and ``gear metrics``: rows
in, text out, no I/O.  With more than one server each has a label ``server``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gearcli.client.documents import FunctionState
from gearcli.client.functions import total
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.exposition import Sample, family, labels
from gearcli.gauges import BY_PRIORITY, OF_FUNCTIONS, UP, VERSION, Gauge, priorities

_LEGACY = (
    Gauge("gearman_status_total", "The same as gearman_jobs.", lambda each: each.total),
    Gauge("gearman_status_running", "The same as gearman_jobs_running.", lambda each: each.running),
    Gauge("gearman_status_workers", "The same as gearman_workers.", lambda each: each.workers),
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
                *UP,
                ((labels(_up(of, value, legacy=legacy)), value is not None) for of, value in servers),
            ),
            gauge(
                *VERSION,
                ((labels({**of, "version": value.version}), 1) for of, value in there),
            ),
            *(_of_functions(each, functions) for each in (*OF_FUNCTIONS, *(_LEGACY if legacy else ()))),
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


def _of_functions(told: Gauge, functions: list[tuple[str, FunctionState]]) -> str:
    values = ((of, told.value_of(each)) for of, each in functions)
    return gauge(told.name, told.words, ((of, value) for of, value in values if value is not None))


def _by_priority(functions: list[tuple[str, FunctionState]]) -> str:
    return gauge(
        *BY_PRIORITY,
        (
            (f'{of[:-1]},priority="{priority}"}}', count)
            for of, each in functions
            for priority, count in priorities(each)
        ),
    )


def gauge(name: str, explanation: str, samples: Iterable[tuple[str, float]]) -> str:
    """The lines of one gauge, of labels that are written already; none at all without a sample."""
    there = [Sample(of, value) for of, value in samples]
    return family(name, "gauge", explanation, there) if there else ""
