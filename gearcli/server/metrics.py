"""The figures of a server for Prometheus: the page ``/metrics`` of `gear serve --metrics`.

The names are a promise to dashboards.  Those that `gear metrics` tells of any
server are in `gearcli.gauges`; ``process_`` are Prometheus's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

from gearcli import gauges
from gearcli.exposition import Sample, family, figures, heading
from gearcli.server.counters import FunctionCounters
from gearcli.server.overview import FunctionRow, Overview, Vitals

_T = TypeVar("_T")
_SLICE = 20
"""Functions whose figures are one piece of the page."""


def page(seen: Overview) -> Iterator[str]:
    """All figures, in pieces of which none takes long to make."""
    yield from _server(seen)
    yield from _functions(seen.functions)
    yield from _jobs([each for each in seen.counters.functions.values() if each.submitted])


def _functions(rows: list[FunctionRow]) -> Iterator[str]:
    """What the functions have to do at present."""
    for name, words, value_of in gauges.OF_FUNCTIONS:
        yield heading(name, "gauge", words)
        for some in _slices(rows):  # of which nothing is unknown
            yield figures(name, [Sample({"function": row.name}, value_of(row) or 0) for row in some])
    name, words = gauges.BY_PRIORITY
    yield heading(name, "gauge", words)
    for some in _slices(rows):
        yield figures(name, (sample for row in some for sample in _by_priority(row)))


def _by_priority(row: FunctionRow) -> Iterator[Sample]:
    for priority, count in gauges.priorities(row):
        yield Sample({"function": row.name, "priority": priority}, count)


_Counter: TypeAlias = tuple[str, str, str, Callable[[FunctionCounters], Iterable[Sample]]]

_OF_JOBS: tuple[_Counter, ...] = (
    (
        "gear_server_jobs_submitted_total",
        "counter",
        "Jobs that were submitted; one that met an identical job is not counted.",
        lambda each: [Sample({"function": each.name}, each.submitted)],
    ),
    (
        "gear_server_jobs_total",
        "counter",
        "Jobs that are over, by their end.",
        lambda each: [
            Sample({"function": each.name, "result": result.value}, count)
            for result, count in each.ended.items()
        ],
    ),
    (
        "gear_server_jobs_lost_total",
        "counter",
        "How often a job has lost its worker.",
        lambda each: [Sample({"function": each.name}, each.lost)],
    ),
    (
        "gear_server_job_waiting_seconds",
        "histogram",
        "How long jobs waited for a worker.",
        lambda each: each.waited.samples({"function": each.name}),
    ),
    (
        "gear_server_job_running_seconds",
        "histogram",
        "How long workers had jobs.",
        lambda each: each.ran.samples({"function": each.name}),
    ),
)
"""Names, kinds, helps and figures of what has become of the jobs of each function since the start."""


def _jobs(functions: list[FunctionCounters]) -> Iterator[str]:
    """What has become of jobs."""
    for name, kind, words, samples_of in _OF_JOBS:
        yield heading(name, kind, words)
        for some in _slices(functions):
            yield figures(name, (sample for each in some for sample in samples_of(each)))


def _slices(rows: list[_T]) -> Iterator[list[_T]]:
    return (rows[start : start + _SLICE] for start in range(0, len(rows), _SLICE))


def _server(seen: Overview) -> Iterator[str]:
    """The server itself."""
    counters, vitals = seen.counters, seen.vitals
    name, words = gauges.UP
    yield _one(name, "gauge", words, 1)
    name, words = gauges.VERSION
    yield family(name, "gauge", words, [Sample({"version": vitals.version}, 1)])
    yield _one("gear_server_stopping", "gauge", "Whether the server is about to end.", vitals.stopping)
    yield _one("gear_server_dead_jobs", "gauge", "Jobs that are kept as dead letters.", seen.dead)
    yield _one("gear_server_connections", "gauge", "Connections at present.", seen.connections)
    yield _one(
        "gear_server_connections_total", "counter", "Connections since the start.", counters.connections
    )
    packets = (Sample({"type": type_}, count) for type_, (count,) in counters.packets.items())
    yield family("gear_server_packets_total", "counter", "Packets received, by type.", packets)
    errors = (Sample({"code": code}, count) for code, count in counters.errors.items())
    yield family("gear_server_errors_total", "counter", "Errors answered, by their code.", errors)
    yield from _process(vitals)


def _process(vitals: Vitals) -> Iterator[str]:
    yield _one("process_start_time_seconds", "gauge", "When it started, since 1970.", vitals.started)
    yield _one("process_cpu_seconds_total", "counter", "Processor time used.", vitals.processor)
    if vitals.memory is not None:
        yield _one("process_resident_memory_bytes", "gauge", "Memory in use.", vitals.memory)


def _one(name: str, kind: str, words: str, value: float) -> str:
    return family(name, kind, words, [Sample({}, value)])
