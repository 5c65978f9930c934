"""`gear check`, `metrics`, `doctor` and `ping` with Gearman's own server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, gear_worker, run_gear
from tests.support import GEARADMIN, ServerProcess, Wire, gear_serve, gearmand, needs_peers, succeeds

pytestmark = needs_peers


@pytest.fixture(scope="module")
def debians() -> Iterator[ServerProcess]:
    """Debian's gearmand: one function with a worker, and a misspelt one with two jobs."""
    with (
        gearmand() as server,
        gear_worker(server.port, "resize", ["sed", "s/^/1:late /"]),
        Wire(server.port) as client,
    ):
        client.ask(PacketType.SUBMIT_JOB_LOW_BG, b"Resize", b"-", b"x")
        client.ask(PacketType.SUBMIT_JOB_BG, b"Resize", b"a", b"y")
        yield server


@pytest.fixture(scope="module")
def other() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


def test_check(debians: ServerProcess) -> None:
    well = run_gear("check", *at(debians.port), "-q", "resize")
    figures = "'resize_waiting'=0;10;100;0 'resize_running'=0 'resize_worker'=1;25;50;0"
    assert (0, "") == (well.status, well.err)
    assert well.out.startswith(b"check_gearman OK - 0 jobs running and 0 jobs waiting. Version: 1.1.")
    assert well.out.endswith(f"|{figures}\n".encode())
    stuck = run_gear("check", "-H", f"127.0.0.1:{debians.port}")
    assert (2, True) == (
        stuck.status,
        b"CRITICAL - Queue Resize has 2 jobs without any worker.|" in stuck.out,
    )


def test_a_worker_sets_the_state(debians: ServerProcess) -> None:
    sent = run_gear("check", "-H", f"127.0.0.1:{debians.port}", "-q", "resize", "-s", "by far|a=1")
    assert (1, b"late by far|a=1\n", "") == sent


def test_metrics(debians: ServerProcess) -> None:
    result = run_gear("metrics", *at(debians.port), "--legacy-names")
    assert (0, "") == (result.status, result.err)
    found = {
        (sample.name, sample.labels.get("function"), sample.labels.get("priority")): sample.value
        for each in text_string_to_metric_families(result.out.decode())
        for sample in each.samples
    }
    names = ["gearman_jobs", "gearman_jobs_running", "gearman_jobs_waiting", "gearman_workers"]
    assert [2, 0, 2, 0] == [found[name, "Resize", None] for name in names]
    assert [0, 1, 1] == [
        found["gearman_jobs_waiting_by_priority", "Resize", priority]
        for priority in ("high", "normal", "low")
    ]
    assert 2 == found["gearman_status_total", "Resize", None]


def test_doctor(debians: ServerProcess) -> None:
    result = run_gear("doctor", *at(debians.port), "-i", "0", "--json")
    (finding,) = json.loads(result.out)["findings"]
    assert (1, "") == (result.status, result.err)
    assert ("wrong", "misspelt", "Resize") == (finding["level"], finding["kind"], finding["function"])
    assert "workers can do resize, which differs in case" in finding["advice"]


def test_doctor_tells_servers_apart(debians: ServerProcess, other: ServerProcess) -> None:
    findings = json.loads(run_gear("doctor", *at(debians.port), *at(other.port), "-i", "0", "--json").out)
    notes = [each["what"] for each in findings["findings"] if each["kind"] == "versions"]
    assert 1 == len(notes)
    assert "gearmand 1.1." in notes[0]


def test_ping(debians: ServerProcess, other: ServerProcess) -> None:
    result = run_gear("ping", *at(debians.port), *at(other.port), "-c", "3", "-i", "0", "--json")
    answers = [json.loads(line) for line in result.out.splitlines()]
    assert (0, [3, 3]) == (result.status, [each["round_trips"] for each in answers])


def test_the_server_is_none_the_worse(debians: ServerProcess) -> None:
    assert succeeds([GEARADMIN, "--status", "-h", "127.0.0.1", "-p", str(debians.port)])
