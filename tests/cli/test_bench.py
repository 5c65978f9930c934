"""`gear bench`: its figures, its exit statuses, and that it leaves nothing on a server."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import __version__
from gearcli.cli import bench
from gearcli.client.figures import Figures
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, counts, exit_of
from tests.client.peer import Listener, listening
from tests.support import ServerProcess, Wire, free_port, gear_serve, gearmand, needs_peers, wait_until

P = PacketType
WORKLOADS = ["submit", "drain", "cycle", "latency"]
HEADINGS = ["workload", "jobs", "seconds", "per-second", "p50-us", "p99-us", "p99.9-us", "max-us"]
KEYS = [
    "workload", "server", "version", "jobs", "connections", "workers", "window", "size",
    "seconds", "per_second", "p50_us", "p90_us", "p99_us", "p999_us", "max_us",
]  # fmt: skip
TIMES = KEYS[-4:]
ENDLESS = ("-n", "100000000")
"""More jobs than any server does while a test runs."""


@pytest.fixture(scope="module", params=[gear_serve, pytest.param(gearmand, marks=needs_peers)])
def either(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


def functions(port: int) -> list[str]:
    """The functions that a server lists."""
    with Wire(port) as wire:
        return [row.split(b"\t")[0].decode() for row in wire.rows(b"status")]


def objects(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


# -- figures ------------------------------------------------------------------------------


def test_every_workload_is_a_row(either: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("bench", *at(either.port), "-n", "100")
    out, err = capfd.readouterr()
    headings, *rows = [line.split() for line in out.splitlines()]
    assert HEADINGS == headings
    assert [["submit", "100"], ["drain", "100"], ["cycle", "100"], ["latency", "10"]] == [r[:2] for r in rows]
    assert [["-"] * 4] * 2 == [row[4:] for row in rows[:2]]
    for row in rows[2:]:
        micros = [int(cell) for cell in row[4:]]
        assert sorted(micros) == micros
    assert re.fullmatch(
        rf"gear: measuring 127\.0\.0\.1:{either.port} \(\S.*\): 100 jobs of 64 bytes, "
        r"4 clients with 64 in flight each, 4 workers, function gear-bench-[0-9a-f]{8}\n",
        err,
    )


def test_nothing_is_left_and_nothing_else_touched(either: ServerProcess) -> None:
    with Wire(either.port) as wire:
        wire.ask(P.SUBMIT_JOB_BG, b"of-others", b"", b"x")
    before = functions(either.port)
    for workload in ("submit", "cycle"):
        assert 0 == exit_of("bench", *at(either.port), "-n", "100", "-q", workload)
    assert before == functions(either.port)
    assert (1, 0, 0) == counts(either.port, "of-others")


def test_json(either: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    options = ["-n", "40", "-c", "3", "-w", "2", "--window", "5", "--size", "1K", "--json", "-q"]
    assert 0 == exit_of("bench", *at(either.port), *options)
    out, err = capfd.readouterr()
    answers = objects(out)
    assert "" == err
    assert [KEYS] * 4 == [list(answer) for answer in answers]
    assert WORKLOADS == [answer["workload"] for answer in answers]
    assert [(40, 3, 0, 5), (40, 0, 2, 0), (40, 3, 2, 5), (4, 1, 1, 1)] == [
        tuple(answer[key] for key in ("jobs", "connections", "workers", "window")) for answer in answers
    ]
    assert {(f"127.0.0.1:{either.port}", 1024)} == {(answer["server"], answer["size"]) for answer in answers}
    assert [[None] * 4] * 2 == [[answer[key] for key in TIMES] for answer in answers[:2]]
    for answer in answers:
        assert float(str(answer["seconds"])) > 0
        assert float(str(answer["per_second"])) > 0
    for answer in answers[2:]:
        micros = [float(str(answer[key])) for key in TIMES]
        assert sorted(micros) == micros


def test_the_workloads_that_are_asked_for(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("bench", *at(server.port), "-n", "5", "--json", "-q", "latency", "drain", "drain")
    answers = objects(capfd.readouterr().out)
    assert [("latency", 1), ("drain", 5), ("drain", 5)] == [(a["workload"], a["jobs"]) for a in answers]
    assert f"gear {__version__}" == answers[0]["version"]


def test_quiet_says_the_figures_only(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("bench", *at(server.port), "-n", "5", "-q", "submit")
    out, err = capfd.readouterr()
    assert ["workload", "submit"] == [line.split()[0] for line in out.splitlines()]
    assert "" == err


def test_a_function_that_is_named(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("bench", *at(server.port), "-n", "5", "-f", "named\x1b", "submit")
    assert "function named\\x1b\n" in capfd.readouterr().err
    assert (0, 0, 0) == counts(server.port, "named\\x1b")


def test_a_unix_socket(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    address = f"unix:{tmp_path}/socket"
    with gear_serve(address=("-L", address)):
        assert 0 == exit_of("bench", "-s", address, "-n", "20", "--json")
    assert [20, 20, 20, 2] == [answer["jobs"] for answer in objects(capfd.readouterr().out)]


def test_a_row_is_as_wide_as_its_headings() -> None:
    figures = Figures(12_345_678, 12.5, latencies=[0.000_001, 12.5])
    rows = [bench._row("workload", bench._COLUMNS), bench._row("latency", bench._cells(figures))]
    assert 1 == len({len(row) for row in rows})
    assert ["latency", "12345678", "12.500", "987654", "1", "12500000", "12500000", "12500000"] == rows[
        1
    ].split()


# -- functions in use ----------------------------------------------------------------------------


def test_a_function_with_jobs_is_not_touched(
    either: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    with Wire(either.port) as wire:
        wire.ask(P.SUBMIT_JOB_BG, b"queued", b"", b"x")
    assert 2 == exit_of("bench", *at(either.port), "-f", "queued")
    said = f"gear: queued is in use on 127.0.0.1:{either.port} (1 job, 0 workers); choose another name"
    assert said in capfd.readouterr().err
    assert (1, 0, 0) == counts(either.port, "queued")


def test_a_function_with_workers_is_not_touched(
    either: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    with Wire(either.port) as worker:
        worker.say(P.CAN_DO, b"served")
        worker.ask(P.GRAB_JOB)
        assert 2 == exit_of("bench", *at(either.port), "-f", "served")
    assert "(0 jobs, 1 worker)" in capfd.readouterr().err


# -- what goes wrong ------------------------------------------------------------------------


def test_no_server(capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == exit_of("bench", *at(free_port()))
    assert "connection refused" in capfd.readouterr().err


@pytest.mark.parametrize("workload", ["submit", "cycle"])
def test_a_server_that_dies(workload: str) -> None:
    with gear_serve() as server, Gear("bench", *at(server.port), *ENDLESS, "-f", "f", workload) as running:
        wait_until(lambda: counts(server.port, "f")[0])
        server.signal(signal.SIGKILL)
        result = running.result()
    assert 69 == result.status
    assert f"gear: the connection to 127.0.0.1:{server.port} was closed" in result.err
    assert ("jobs of f may be left" in result.err) is (workload == "submit")


@pytest.mark.parametrize("workload", ["submit", "drain", "cycle", "latency"])
def test_a_time_limit(either: ServerProcess, capfd: pytest.CaptureFixture[str], workload: str) -> None:
    assert 124 == exit_of(
        "bench", *at(either.port), *ENDLESS, "-f", "late", "--timeout", "30ms", "-q", workload
    )
    assert f"gear: {workload} was not done within 0.03 s" in capfd.readouterr().err
    assert (0, 0, 0) == counts(either.port, "late")


def test_a_full_queue_is_to_be_tried_later(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with Wire(server.port) as wire:
        wire.line(b"create function narrow")
        wire.line(b"maxqueue narrow 5")
    assert 75 == exit_of("bench", *at(server.port), "-n", "100", "-f", "narrow", "-q", "submit")
    assert "gear: the server refused: Job queue is full (QUEUE_ERROR)\n" == capfd.readouterr().err
    assert (0, 0, 0) == counts(server.port, "narrow")


def test_another_error_of_the_server() -> None:
    """Played by the test: it refuses the job and goes, so that nobody can say whether jobs are left."""
    with listening() as listener, Gear("bench", "-s", str(listener.address), "-n", "1", "submit") as running:
        be_looked_at(listener)
        with listener.accept() as client:
            client.expect(P.SUBMIT_JOB_BG)
            client.say(P.ERROR, b"INVALID_COMMAND", b"Command not expected")
        listener.close()
        result = running.result()
    assert 76 == result.status
    measured, left, refused = result.err.splitlines()
    assert "(a server)" in measured
    assert re.fullmatch(
        rf"gear: jobs of (gear-bench-\w+) may be left on {listener.address}; "
        rf"take them away with: gear worker -s {listener.address} -f \1 -- true",
        left,
    )
    assert "gear: the server refused: Command not expected (INVALID_COMMAND)" == refused


def be_looked_at(listener: Listener) -> None:
    """Answer the questions before a benchmark as a server without functions does."""
    with listener.accept() as admin:
        admin.expect(P.TEXT)
        admin.send(b"OK a server\n")
        admin.expect(P.TEXT)
        admin.send(b".\n")


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("workload", ["submit", "cycle"])
def test_an_interruption(either: ServerProcess, number: int, status: int, workload: str) -> None:
    with Gear("bench", *at(either.port), *ENDLESS, "-f", "cut-short", "-q", workload) as running:
        wait_until(lambda: counts(either.port, "cut-short")[0])
        running.signal(number)
        result = running.result()
    assert (status, "gear: interrupted\n" if status == 130 else "") == (result.status, result.err)
    assert (0, 0, 0) == counts(either.port, "cut-short")


def test_a_second_interruption_does_not_wait_for_a_server_that_hangs() -> None:
    with gear_serve() as server, Gear("bench", *at(server.port), *ENDLESS, "-f", "f", "submit") as running:
        wait_until(lambda: counts(server.port, "f")[0])
        server.signal(signal.SIGSTOP)
        try:
            running.interrupt()
            running.interrupt()
            result = running.result()
        finally:
            server.signal(signal.SIGCONT)
    assert 130 == result.status
    assert f"gear: jobs of f may be left on 127.0.0.1:{server.port}; take them away with: " in result.err
    assert result.err.endswith("gear: interrupted\n")


def test_an_output_that_nobody_reads(server: ServerProcess) -> None:
    with Gear("bench", *at(server.port), "-n", "200", "-f", "unread", "-q") as running:
        running.close_output()
        assert 141 == running.result().status
    assert (0, 0, 0) == counts(server.port, "unread")
