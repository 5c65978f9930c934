"""What a worker counts, as Prometheus's own parser reads it."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gearcli import __version__
from gearcli.worker.metrics import Metrics
from gearcli.worker.notes import Observer


def figures(page: str) -> dict[tuple[str, ...], float]:
    """Every figure by its name and its labels' values, but for the buckets."""
    samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
    return {(s.name, *s.labels.values()): s.value for s in samples if not s.name.endswith("_bucket")}


def test_jobs_are_counted_by_function_and_result() -> None:
    metrics = Metrics()
    observer: Observer = metrics
    for function, result, seconds in ((b"a", "done", 0.5), (b"a", "done", 1.0), (b"b", "failed", 0.25)):
        observer.ended(function, result, seconds)
    observer.retried(b"b")
    observer.timed_out(b"b")
    assert {
        ("gear_worker_info", __version__): 1,
        ("gear_worker_jobs_total", "a", "done"): 2,
        ("gear_worker_jobs_total", "b", "failed"): 1,
        ("gear_worker_job_duration_seconds_sum", "a"): 1.5,
        ("gear_worker_job_duration_seconds_count", "a"): 2,
        ("gear_worker_job_duration_seconds_sum", "b"): 0.25,
        ("gear_worker_job_duration_seconds_count", "b"): 1,
        ("gear_worker_retries_total", "b"): 1,
        ("gear_worker_timeouts_total", "b"): 1,
    } == figures(metrics.page([], []))


def test_slots_and_servers_are_as_they_are_now() -> None:
    page = Metrics().page([("w", "busy", 2), ("w", "idle", 1)], [("one:4730", True), ("two:4730", False)])
    assert {
        ("gear_worker_info", __version__): 1,
        ("gear_worker_slots", "w", "busy"): 2,
        ("gear_worker_slots", "w", "idle"): 1,
        ("gear_worker_server_up", "one:4730"): 1,
        ("gear_worker_server_up", "two:4730"): 0,
    } == figures(page)


def test_every_family_is_named_before_there_are_figures() -> None:
    names = {family.name for family in text_string_to_metric_families(Metrics().page([], []))}
    assert {"gear_worker_jobs", "gear_worker_job_duration_seconds", "gear_worker_retries"} <= names
