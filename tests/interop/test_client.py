"""`gear submit`, `status`, `job` and `ping` with Gearman's own server and worker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType, request
from tests.cli.driving import Gear, Result, at, counts, gear_worker, run_gear, take_job
from tests.support import GEARMAN, ServerProcess, Wire, gear_serve, gearmand, needs_peers, process, wait_until

pytestmark = needs_peers


@pytest.fixture(scope="module")
def debians() -> Iterator[ServerProcess]:
    """Debian's gearmand."""
    with gearmand() as server:
        yield server


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


def libgearman_worker(port: int, function: str, command: Sequence[str]) -> list[str]:
    """The command line of a worker of libgearman."""
    return [GEARMAN, "-h", "127.0.0.1", "-p", str(port), "-w", "-f", function, "--", *command]


def test_a_worker_of_libgearman_does_the_job(server: ServerProcess) -> None:
    with process(libgearman_worker(server.port, "upper", ["tr", "a-z", "A-Z"])):
        assert Result(0, b"HELLO", "") == run_gear("submit", *at(server.port), "upper", "hello")
        lines = run_gear("submit", *at(server.port), "upper", "-n", "-k", stdin=b"one\n\nthree\n")
        assert Result(0, b"ONE\n\nTHREE\n", "") == lines


def test_a_worker_of_libgearman_fails(server: ServerProcess) -> None:
    with process(libgearman_worker(server.port, "false", ["false"])):
        result = run_gear("submit", *at(server.port), "false", "x")
    assert Result(1, b"", "gear: false failed\n") == result


def test_identical_jobs_run_once(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "once", "-u", "-", "same", "same", "other") as client:
        wait_until(lambda: counts(server.port, "once")[0] == 2)
        with gear_worker(server.port, "once", ["cat"]):
            result = client.result()
    assert (0, [b"other", b"same", b"same"]) == (result.status, sorted(result.out.split()))


def test_priorities_are_obeyed(server: ServerProcess) -> None:
    for priority in ("low", "normal", "high"):
        assert 0 == run_gear("submit", *at(server.port), "-b", "-p", priority, "prio", priority).status
    with Wire(server.port) as worker:
        taken = []
        for _ in range(3):
            handle, workload = take_job(worker, b"prio")
            worker.say(PacketType.WORK_COMPLETE, handle, b"")
            taken.append(workload)
    assert [b"high", b"normal", b"low"] == taken


def test_data_and_warnings_arrive(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "chatty", "x") as client, Wire(server.port) as worker:
        handle, _ = take_job(worker, b"chatty")
        worker.say(PacketType.WORK_DATA, handle, b"one\n")
        assert b"one\n" == client.line()
        worker.say(PacketType.WORK_WARNING, handle, b"careful\n")
        worker.say(PacketType.WORK_STATUS, handle, b"1", b"2")
        worker.say(PacketType.WORK_COMPLETE, handle, b"two\n")
        assert Result(0, b"two\n", "gear: chatty: careful\n") == client.result()


def test_the_words_of_an_exception_arrive(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "thrower", "x") as client, Wire(server.port) as worker:
        handle, _ = take_job(worker, b"thrower")
        worker.say(PacketType.WORK_EXCEPTION, handle, b"no such image")
        assert Result(1, b"", "gear: thrower failed: no such image\n") == client.result()


def test_a_background_job_can_be_asked_about(server: ServerProcess) -> None:
    submitted = run_gear("submit", *at(server.port), "-b", "asked", "x")
    handle = submitted.out.decode().strip()
    assert Result(0, f"{handle}\twaiting\n".encode(), "") == run_gear("job", *at(server.port), handle)
    with Wire(server.port) as worker:
        taken, _ = take_job(worker, b"asked")
        worker.say(PacketType.WORK_STATUS, taken, b"3", b"10")
        result = wait_until(lambda: with_progress(server, handle))
        assert Result(0, f"{handle}\trunning\t3/10\n".encode(), "") == result
        worker.say(PacketType.WORK_COMPLETE, taken, b"")
        wait_until(lambda: counts(server.port, "asked")[0] == 0)
    assert 1 == run_gear("job", *at(server.port), handle).status


def with_progress(server: ServerProcess, handle: str) -> Result | None:
    """What `gear job` says, once the server knows of the progress."""
    result = run_gear("job", *at(server.port), handle)
    return result if b"/" in result.out else None


def test_a_job_can_be_asked_about_by_unique(server: ServerProcess) -> None:
    assert 0 == run_gear("submit", *at(server.port), "-b", "-u", "its-key", "unasked", "x").status
    result = run_gear("job", *at(server.port), "--unique", "its-key", "--json")
    assert {"unique": "its-key", "known": True, "running": False, "numerator": 0, "denominator": 0,
            "listeners": 0} == json.loads(result.out)  # fmt: skip


def test_status_prints_the_servers_own_lines(server: ServerProcess) -> None:
    run_gear("submit", *at(server.port), "-b", "counted", "x")
    assert Result(0, b"counted\t1\t0\t0\n", "") == run_gear("status", *at(server.port), "counted")


def test_ping_names_the_server(debians: ServerProcess) -> None:
    result = run_gear("ping", *at(debians.port), "-c", "2", "-i", "0", "--json")
    assert (0, "") == (result.status, result.err)
    answer = json.loads(result.out)
    assert (f"127.0.0.1:{debians.port}", 2) == (answer["server"], answer["round_trips"])
    assert answer["version"].startswith("1.1.")


def test_ten_thousand_lines_come_back(server: ServerProcess, tmp_path: Path) -> None:
    lines = b"".join(b"line %d\n" % number for number in range(10_000))
    (tmp_path / "in").write_bytes(lines)
    with (
        open(tmp_path / "out", "wb") as out,
        Gear(
            "submit", *at(server.port), "fast", "-n", "-k", "-f", str(tmp_path / "in"), stdout=out.fileno()
        ) as client,
        Wire(server.port) as worker,
    ):
        work(worker, b"fast", 10_000)
        assert Result(0, b"", "") == client.result()
    assert lines == (tmp_path / "out").read_bytes()


def work(wire: Wire, function: bytes, jobs: int) -> None:
    """A fast worker: answer every job with its workload."""
    handle, workload = take_job(wire, function)
    grab, sleep = request(PacketType.GRAB_JOB), request(PacketType.PRE_SLEEP)
    wire.send(request(PacketType.WORK_COMPLETE, handle, workload) + grab)
    while jobs > 1:
        type_, fields = wire.packet()
        if type_ is PacketType.JOB_ASSIGN:
            handle, _, workload = fields
            wire.send(request(PacketType.WORK_COMPLETE, handle, workload) + grab)
            jobs -= 1
        else:
            wire.send(sleep if type_ is PacketType.NO_JOB else grab)
