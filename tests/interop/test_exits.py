"""Exit statuses of `gear submit` against both servers: what a script may rely on wherever it runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, counts, gear_worker, run_gear, take_job
from tests.support import ServerProcess, Wire, gear_serve, gearmand, needs_peers, wait_until

pytestmark = needs_peers

Serve = Callable[[], AbstractContextManager[ServerProcess]]
BOTH = pytest.mark.parametrize("serve", [gear_serve, gearmand], ids=["gear", "gearmand"])


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


def test_0_done(server: ServerProcess) -> None:
    with gear_worker(server.port, "exit-0", ["cat"]):
        assert Result(0, b"a\0b", "") == run_gear("submit", *at(server.port), "exit-0", stdin=b"a\0b")


def test_1_failed(server: ServerProcess) -> None:
    with gear_worker(server.port, "exit-1", ["sh", "-c", "echo half; exit 7"]):
        result = run_gear("submit", *at(server.port), "exit-1", "x")
    assert (1, "gear: exit-1: sh exited with status 7\ngear: exit-1 failed\n") == (result.status, result.err)


def test_1_the_command_was_killed(server: ServerProcess) -> None:
    with gear_worker(server.port, "exit-1k", ["sh", "-c", "kill -9 $$"]):
        result = run_gear("submit", *at(server.port), "exit-1k", "x")
    assert 1 == result.status
    assert "was killed by SIGKILL (signal 9)" in result.err


def test_1_an_exception(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "exit-1x", "x") as client, Wire(server.port) as worker:
        handle, _ = take_job(worker, b"exit-1x")
        worker.say(PacketType.WORK_EXCEPTION, handle, b"no such image")
        assert Result(1, b"", "gear: exit-1x failed: no such image\n") == client.result()


@BOTH
def test_69_the_server_goes_before_it_has_taken_the_job(
    serve: Serve,
) -> None:
    """It is stopped, so that the system accepts the connection and nobody answers."""
    with serve() as server:
        server.signal(signal.SIGSTOP)
        with Gear("submit", *at(server.port), "f", "x") as client:
            wait_until(lambda: connections_to(server.port))
            server.signal(signal.SIGKILL)
            result = client.result()
    assert (69, b"") == result[:2]
    assert f"gear: the connection to 127.0.0.1:{server.port} was closed" in result.err


def connections_to(port: int) -> int:
    """How many connections to a loopback port are established, by /proc."""
    with open("/proc/net/tcp") as table:
        rows = [row.split() for row in table.readlines()[1:]]
    return sum(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


@BOTH
def test_69_the_server_goes_after_it_has_taken_the_job(
    serve: Serve,
) -> None:
    with serve() as server, Gear("submit", *at(server.port), "f", "x") as client:
        wait_until(lambda: counts(server.port, "f")[0] == 1)
        server.signal(signal.SIGKILL)
        result = client.result()
    assert (69, b"") == result[:2]
    assert f"gear: the connection to 127.0.0.1:{server.port} was closed" in result.err


@BOTH
def test_a_retry_survives_its_server(serve: Serve) -> None:
    """With another server to go to, the job is submitted there."""
    with serve() as one, serve() as other, gear_worker(other.port, "f", ["cat"]):
        servers = f"127.0.0.1:{one.port},127.0.0.1:{other.port}"
        with Gear("submit", "-s", servers, "f", "x", "--retries", "1") as client:
            wait_until(lambda: counts(one.port, "f")[0] == 1)
            one.signal(signal.SIGKILL)
            result = client.result()
    assert (0, b"x") == result[:2]
    assert "the job is submitted again, and may run twice" in result.err


def test_75_the_queue_is_full(server: ServerProcess) -> None:
    assert 0 == run_gear("submit", *at(server.port), "-b", "exit-75", "one").status
    with Wire(server.port) as wire:
        wire.line(b"maxqueue exit-75 1")
    result = run_gear("submit", *at(server.port), "-b", "exit-75", "two")
    assert 75 == result.status
    assert "QUEUE_ERROR" in result.err


def test_75_no_worker(server: ServerProcess) -> None:
    result = run_gear("submit", *at(server.port), "exit-75w", "x", "--require-worker")
    assert (75, b"") == result[:2]
    assert result.err.startswith("gear: no worker serves exit-75w; ")
    assert (0, 0, 0) == counts(server.port, "exit-75w")


def test_124_a_job_that_waits(server: ServerProcess) -> None:
    result = run_gear("submit", *at(server.port), "exit-124", "x", "--timeout", "50ms")
    words = "if it still waits for a worker it is dropped, if it runs it goes on"
    assert Result(124, b"", f"gear: exit-124: no result within 0.05 s; {words}\n") == result


def test_124_a_job_that_runs(server: ServerProcess) -> None:
    with (
        Gear("submit", *at(server.port), "exit-124r", "x", "--timeout", "1s") as client,
        Wire(server.port) as worker,
    ):
        handle, _ = take_job(worker, b"exit-124r")
        assert 124 == client.result().status
        worker.say(PacketType.WORK_COMPLETE, handle, b"nobody listens")
        assert worker.works()


def test_130_interrupted(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "exit-130", "x") as client:
        wait_until(lambda: counts(server.port, "exit-130")[0] == 1)
        client.interrupt()
        result = client.result()
    words = "jobs that wait for a worker are dropped, running ones and background ones go on"
    assert Result(130, b"", f"gear: {words}\ngear: interrupted\n") == result


def test_141_the_reader_has_gone(server: ServerProcess) -> None:
    with (
        gear_worker(server.port, "exit-141", ["cat"]),
        Gear("submit", *at(server.port), "exit-141", "-n") as client,
    ):
        client.write(b"one\n")
        assert b"one\n" == client.line()
        client.close_output()
        client.write(b"two\n")
        assert Result(141, b"", "") == client.result()


def test_mixed_failures_are_ranked(server: ServerProcess) -> None:
    """1 goes before 124."""
    with gear_worker(server.port, "exit-mixed", ["sh", "-c", "read n; exit $n"]):
        lines = b'{"workload":"0\\n"}\n{"workload":"3\\n"}\n{"function":"nobody","workload":""}\n'
        options = ("--jsonl", "--timeout", "1s")
        result = run_gear("submit", *at(server.port), "exit-mixed", *options, stdin=lines)
    assert 1 == result.status
    assert "no result within 1 s" in result.err
