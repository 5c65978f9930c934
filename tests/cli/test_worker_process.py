"""A worker as a process: what is around the pool."""

from __future__ import annotations

import contextlib
import http.client
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.cli.worker_process import run
from gearcli.errors import BindError, ConnectFailed, OutputError
from gearcli.protocol.address import Address
from gearcli.worker.plan import Plan, Recipe, Settings
from tests.cli.driving import Gear, at, counts, run_gear
from tests.support import DEADLINE, ServerProcess, free_port, gear_serve, wait_until


def settings() -> Settings:
    """A worker for a server that is not there."""
    return Settings([Plan("f", [b"f"], Recipe(["cat"]))], [Address("127.0.0.1", free_port())])


def test_a_worker_that_cannot_begin_leaves_no_pid_file(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    with pytest.raises(ConnectFailed):
        run(settings(), 0, log_format="text", metrics=None, pidfile=str(path))
    assert not path.exists()


def test_a_pid_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="--pidfile"):
        run(settings(), 0, log_format="text", metrics=None, pidfile=str(tmp_path / "no" / "folder"))


# -- figures for whoever watches --------------------------------------------------------------


def page(port: int, path: str) -> tuple[int, str]:
    """The status and the text of a page."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE)) as client:
        client.request("GET", path)
        answer = client.getresponse()
        return answer.status, answer.read().decode()


def figures(port: int) -> dict[tuple[str, ...], float]:
    """Every figure by its name and its labels' values, as Prometheus reads them."""
    status, text = page(port, "/metrics")
    assert 200 == status
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


@contextlib.contextmanager
def watched(server: ServerProcess, function: str, script: str, *options: str) -> Iterator[tuple[Gear, int]]:
    """A worker, and the port of its pages."""
    arguments = ["-f", function, "--metrics", "0", "--log-format", "json", *options, "--", "sh", "-c", script]
    with Gear("worker", *at(server.port), *arguments) as worker:
        wait_until(lambda: counts(server.port, function)[2])
        first = json.loads(worker.said().splitlines()[0])
        assert "metrics" == first["event"]
        yield worker, int(first["address"].rpartition(":")[2])


def test_the_figures_tell_what_became_of_jobs(server: ServerProcess) -> None:
    script = "read n; case $n in 1) exit 1;; 2) exec sleep 1000;; esac"
    options = ("--timeout", "200ms", "--retries", "1", "--retry-delay", "0", "-j", "2", "--retry-exit", "1")
    with watched(server, "figures", script, *options) as (_, port):
        assert 1 == run_gear("submit", *at(server.port), "figures", "0\n", "1\n", "2\n", "0\n").status
        found = figures(port)
    assert {
        ("gear_worker_jobs_total", "figures", "done"): 2,
        ("gear_worker_jobs_total", "figures", "failed"): 2,
        ("gear_worker_job_duration_seconds_bucket", "figures", "+Inf"): 4,
        ("gear_worker_job_duration_seconds_count", "figures"): 4,
        ("gear_worker_retries_total", "figures"): 1,
        ("gear_worker_timeouts_total", "figures"): 1,
        ("gear_worker_slots", "figures", "busy"): 0,
        ("gear_worker_slots", "figures", "idle"): 2,
        ("gear_worker_server_up", f"127.0.0.1:{server.port}"): 1,
    }.items() <= found.items()
    assert found["gear_worker_job_duration_seconds_sum", "figures"] >= 0.2


def test_a_worker_is_healthy_while_it_has_a_server() -> None:
    with gear_serve() as server, watched(server, "health", "cat") as (worker, port):
        assert (200, "ok\n") == page(port, "/healthz")
        server.signal(signal.SIGKILL)
        wait_until(lambda: (503, "no server is connected\n") == page(port, "/healthz"))
        assert 0 == figures(port)["gear_worker_server_up", f"127.0.0.1:{server.port}"]
        worker.signal(signal.SIGTERM)
        assert 0 == worker.result().status


def test_a_port_of_somebody_else_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(BindError, match=r"already in use\. Choose another with --metrics\."):
            run(settings(), 0, log_format="text", metrics=address, pidfile=None)


def test_2_figures_are_not_shown_to_other_machines_unless_that_is_said() -> None:
    result = run_gear("worker", "-f", "f", "--metrics", "0.0.0.0:0", "--", "cat")
    assert (2, True) == (result.status, "0.0.0.0:0 can be reached from other machines" in result.err)
