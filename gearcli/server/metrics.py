"""The figures of a server for Prometheus: the page ``/metrics`` of `gear serve --metrics`.

The names are a promise to dashboards.  Those that begin with ``gearman_`` are
gearman-exporter's, and with them ``gear_`` ones, told here as `gear metrics`
tells them of any server; ``process_`` are Prometheus's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from gearcli.exposition import Histogram, Sample, family
from gearcli.server.counters import FunctionCounters
from gearcli.server.overview import FunctionRow, Overview, Vitals

_Gauge: TypeAlias = tuple[str, str, Callable[[FunctionRow], float]]

GAUGES: tuple[_Gauge, ...] = (
    ("gearman_jobs", "Jobs of a function, queued and running.", lambda each: each.total),
    ("gearman_jobs_running", "Jobs of a function that a worker has.", lambda each: each.running),
    ("gearman_jobs_waiting", "Jobs of a function that no worker has.", lambda each: each.queued),
    ("gearman_workers", "Workers of a function.", lambda each: each.workers),
    ("gear_jobs_delayed", "Jobs of a function that are not due yet.", lambda each: each.delayed),
    ("gear_function_paused", "Whether jobs of a function are held back.", lambda each: each.paused),
    (
        "gear_jobs_oldest_seconds",
        "Age of the oldest job of a function that waits; 0 without one.",
        lambda each: each.oldest,
    ),
)
"""Names, helps and values of what is told of each function."""


def page(seen: Overview) -> str:
    """All figures."""
    return "".join((*_functions(seen.functions), *_jobs(seen.counters.functions.values()), *_server(seen)))


def _functions(rows: list[FunctionRow]) -> Iterator[str]:
    """What the functions have to do at present."""
    for name, words, value_of in GAUGES:
        yield family(name, "gauge", words, (Sample({"function": row.name}, value_of(row)) for row in rows))
    yield family(
        "gearman_jobs_waiting_by_priority",
        "gauge",
        "Jobs of a function that no worker has, by priority.",
        (
            Sample({"function": row.name, "priority": priority}, getattr(row, priority))
            for row in rows
            for priority in ("high", "normal", "low")
        ),
    )


def _jobs(functions: Iterable[FunctionCounters]) -> Iterator[str]:
    """What has become of jobs since the start."""
    used = [each for each in functions if each.submitted]
    yield family(
        "gear_server_jobs_submitted_total",
        "counter",
        "Jobs that were submitted; one that met an identical job is not counted.",
        (Sample({"function": each.name}, each.submitted) for each in used),
    )
    yield family(
        "gear_server_jobs_total",
        "counter",
        "Jobs that are over, by their end.",
        (
            Sample({"function": each.name, "result": result.value}, count)
            for each in used
            for result, count in each.ended.items()
        ),
    )
    yield family(
        "gear_server_jobs_lost_total",
        "counter",
        "How often a job has lost its worker.",
        (Sample({"function": each.name}, each.lost) for each in used),
    )
    waited, ran = ((each.name, each.waited) for each in used), ((each.name, each.ran) for each in used)
    yield _times("gear_server_job_waiting_seconds", "How long jobs waited for a worker.", waited)
    yield _times("gear_server_job_running_seconds", "How long workers had jobs.", ran)


def _times(name: str, words: str, times: Iterable[tuple[str, Histogram]]) -> str:
    samples = (each for function, took in times for each in took.samples({"function": function}))
    return family(name, "histogram", words, samples)


def _server(seen: Overview) -> Iterator[str]:
    """The server itself."""
    counters, vitals = seen.counters, seen.vitals
    yield _one("gearman_up", "gauge", "Whether the server answers.", 1)
    version = Sample({"version": vitals.version}, 1)
    yield family("gearman_version_info", "gauge", "The version of the server; always 1.", [version])
    yield _one("gear_server_draining", "gauge", "Whether the server is about to end.", vitals.draining)
    yield _one("gear_server_connections", "gauge", "Connections at present.", seen.connections)
    yield _one("gear_server_connections_total", "counter", "Connections since the start.", counters.connections)
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
