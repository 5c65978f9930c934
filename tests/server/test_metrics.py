"""The figures of a server as Prometheus reads them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gearcli.protocol.packets import PacketType as P
from gearcli.server import metrics
from gearcli.server.counters import FUNCTIONS, OTHER, Counters
from gearcli.server.counting import count
from gearcli.server.engine import Engine
from gearcli.server.overview import Vitals, overview
from tests.server.transcript import Talker

VITALS = Vitals("1.2.3", 1_700_000_000.25, 60.0, 1.5, 1 << 20, False)


def text_of(engine: Engine, counters: Counters, vitals: Vitals = VITALS) -> str:
    return "".join(metrics.page(overview(engine, counters, vitals)))


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Every figure by its name and its labels' values; each is there once, and none is without words."""
    families = list(text_string_to_metric_families(text))
    assert all(family.documentation and family.type != "unknown" for family in families)
    samples = [sample for family in families for sample in family.samples]
    found = {(sample.name, *sample.labels.values()): sample.value for sample in samples}
    assert len(found) == len(samples)
    return found


def counted(engine: Engine) -> Counters:
    counters = Counters()
    count(engine, counters)
    return counters


def test_what_a_server_has_done(engine: Engine) -> None:
    counters = counted(engine)
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    for _ in range(3):
        client.submit_bg(b"w")
    engine.tick(0.2)
    worker.say(P.WORK_COMPLETE, worker.take(), b"r")
    worker.say(P.WORK_FAIL, worker.take())
    worker.say(P.WORK_FAIL, b"H:9")
    assert {
        ("gearman_up",): 1,
        ("gearman_version_info", "1.2.3"): 1,
        ("gearman_jobs", "f"): 1,
        ("gearman_jobs_running", "f"): 0,
        ("gearman_jobs_waiting", "f"): 1,
        ("gearman_workers", "f"): 1,
        ("gearman_jobs_waiting_by_priority", "f", "normal"): 1,
        ("gear_function_paused", "f"): 0,
        ("gear_server_jobs_submitted_total", "f"): 3,
        ("gear_server_jobs_total", "f", "completed"): 1,
        ("gear_server_jobs_total", "f", "failed"): 1,
        ("gear_server_jobs_total", "f", "cancelled"): 0,
        ("gear_server_jobs_lost_total", "f"): 0,
        ("gear_server_job_waiting_seconds_bucket", "f", "0.1"): 0,
        ("gear_server_job_waiting_seconds_bucket", "f", "0.5"): 2,
        ("gear_server_job_waiting_seconds_count", "f"): 2,
        ("gear_server_job_running_seconds_count", "f"): 2,
        ("gear_server_connections",): 2,
        ("gear_server_connections_total",): 2,
        ("gear_server_packets_total", "SUBMIT_JOB_BG"): 3,
        ("gear_server_errors_total", "JOB_NOT_FOUND"): 1,
        ("gear_server_stopping",): 0,
        ("process_start_time_seconds",): 1_700_000_000.25,
        ("process_cpu_seconds_total",): 1.5,
        ("process_resident_memory_bytes",): 1 << 20,
    }.items() <= {**figures(text_of(engine, counters))}.items()


def test_what_the_system_does_not_tell_is_left_out(engine: Engine) -> None:
    found = figures(text_of(engine, counted(engine), VITALS._replace(memory=None, stopping=True)))
    assert ("process_resident_memory_bytes",) not in found
    assert 1 == found["gear_server_stopping",]


def test_there_are_never_more_figures_than_for_so_many_functions(engine: Engine) -> None:
    counters = counted(engine)
    client = Talker(engine)
    for number in range(FUNCTIONS + 500):
        client.submit_bg(b"w", function=b"f%d" % number)
    found = figures(text_of(engine, counters))
    assert 500 == found["gearman_jobs_waiting", OTHER]
    assert 500 == found["gear_server_jobs_submitted_total", OTHER]
    assert FUNCTIONS + 1 == sum(name == "gearman_jobs" for name, *_ in found)


def test_no_piece_has_the_figures_of_many_functions(engine: Engine) -> None:
    counters = counted(engine)
    client = Talker(engine)
    for number in range(FUNCTIONS):
        client.submit_bg(b"w", function=b"f%d" % number)
    assert max(piece.count("\n") for piece in metrics.page(overview(engine, counters, VITALS))) < 500
