"""What a worker counts for whoever watches it, and the page of figures that shows it.

The names are a promise to dashboards.  Results are those of
`gearcli.worker.treatment`: done, failed, exception, requeued, lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from gearcli import __version__
from gearcli.exposition import Histogram, Sample, family

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds by which durations of jobs are counted; Prometheus's own, and some for long jobs."""
_VERSION = [Sample({"version": __version__}, 1)]


class Metrics:
    """Counts what becomes of jobs, as an `Observer`.

    Only functions that the worker is registered for are ever counted, so
    there are no more figures than its configuration has functions.
    """

    def __init__(self) -> None:
        self._ended: Counter[tuple[bytes, str]] = Counter()
        self._durations: dict[bytes, Histogram] = {}
        self._retried: Counter[bytes] = Counter()
        self._timed_out: Counter[bytes] = Counter()

    def ended(self, function: bytes, result: str, seconds: float) -> None:
        """A job is over: how, and how many seconds its last attempt took."""
        self._ended[function, result] += 1
        if function not in self._durations:
            self._durations[function] = Histogram(BOUNDS)
        self._durations[function].add(seconds)

    def retried(self, function: bytes) -> None:
        """A failed job is tried again here."""
        self._retried[function] += 1

    def timed_out(self, function: bytes) -> None:
        """An attempt took too long."""
        self._timed_out[function] += 1

    def page(self, slots: Iterable[tuple[str, str, int]], servers: Iterable[tuple[str, bool]]) -> str:
        """All figures; `slots` and `servers` are as a `Pool` tells them."""
        jobs = (Sample({"function": f, "result": r}, count) for (f, r), count in self._ended.items())
        took = (each for f, took in self._durations.items() for each in took.samples({"function": f}))
        states = (Sample({"worker": name, "state": state}, count) for name, state, count in slots)
        there = (Sample({"server": server}, up) for server, up in servers)
        return "".join(
            (
                family("gear_worker_info", "gauge", "The version of gear.", _VERSION),
                family("gear_worker_jobs_total", "counter", "Jobs that are over, by their end.", jobs),
                family("gear_worker_job_duration_seconds", "histogram", "Last attempts at jobs.", took),
                family("gear_worker_retries_total", "counter", "Failures tried again.", _each(self._retried)),
                family("gear_worker_timeouts_total", "counter", "Attempts cut off.", _each(self._timed_out)),
                family("gear_worker_slots", "gauge", "Slots, by whether they have a job.", states),
                family("gear_worker_server_up", "gauge", "Whether a server is connected.", there),
            )
        )


def _each(counts: Mapping[bytes, int]) -> Iterable[Sample]:
    return (Sample({"function": function}, count) for function, count in counts.items())
