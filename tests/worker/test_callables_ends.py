"""How the run of a worker as callables ends: by its limits, or because somebody stops it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from gearcli.errors import UsageError
from gearcli.protocol.packets import PacketType
from tests.cli.driving import counts
from tests.support import DEADLINE, ServerProcess, wait_until
from tests.worker import playing
from tests.worker.playing import (
    BIG,
    Gate,
    one_server,
    queue,
    raising,
    running,
    until_ended,
    worker_at,
    working,
)

P = PacketType

job_server, name, gate = playing.job_server, playing.name, playing.gate

# -- limits ------------------------------------------------------------------------------


def test_so_many_jobs_and_no_more(job_server: ServerProcess, name: str) -> None:
    done: list[bytes] = []
    with worker_at(job_server.port) as worker:
        worker.register(name, lambda job: done.append(job.workload))
        queue(job_server.port, name, b"1", b"2", b"3", b"4")
        assert 0 == worker.run(jobs=0)
        assert (2, [b"1", b"2"]) == (worker.run(jobs=2), done)
        assert (2, 0, 1) == counts(job_server.port, name)
        assert (1, [b"1", b"2", b"3"]) == (worker.run(jobs=1), done)
        assert (1, [b"1", b"2", b"3", b"4"]) == (worker.run(jobs=5, idle=0), done)


def test_an_end_after_idle_seconds(job_server: ServerProcess, name: str) -> None:
    with worker_at(job_server.port) as worker:
        worker.register(name, raising(ValueError("counts too")))
        assert 0 == worker.run(idle=0.01)
        queue(job_server.port, name, b"", b"", b"")
        assert 3 == worker.run(idle=0)
        assert 0 == worker.run(idle=0)
        assert (0, 0, 1) == counts(job_server.port, name)
    wait_until(lambda: counts(job_server.port, name)[2] == 0)


def test_the_last_result_arrives_although_the_worker_goes(job_server: ServerProcess, name: str) -> None:
    with worker_at(job_server.port) as worker, job_server.wire() as client:
        worker.register(name, lambda job: bytes(BIG))
        client.say(P.SUBMIT_JOB, name.encode(), b"", b"")
        with ThreadPoolExecutor(1) as threads:
            said = threads.submit(until_ended, client)
            assert 1 == worker.run(jobs=1)
            worker.close()
            assert [(P.WORK_COMPLETE, [bytes(BIG)])] == said.result()


# -- stopping ----------------------------------------------------------------------------


def test_an_idle_worker_stops_at_once(job_server: ServerProcess, name: str) -> None:
    with working(job_server, name, raising(AssertionError())) as future:
        pass
    assert 0 == future.result()


def test_a_stopped_worker_finishes_its_job(job_server: ServerProcess, name: str, gate: Gate) -> None:
    worker = worker_at(job_server.port)
    worker.register(name, gate)
    with running(worker) as future, job_server.wire() as client:
        client.ask(P.SUBMIT_JOB, name.encode(), b"", b"")
        assert gate.begun.wait(DEADLINE)
        queue(job_server.port, name, b"next")
        worker.stop()
        gate.go.set()
        assert [(P.WORK_COMPLETE, [b"done"])] == until_ended(client)
        assert 1 == future.result(DEADLINE)
    wait_until(lambda: counts(job_server.port, name) == (1, 0, 0))


def test_a_signal_handler_stops_it(server: ServerProcess, name: str) -> None:
    """It waits in its selector, in the main thread."""
    with worker_at(server.port) as worker, ThreadPoolExecutor(1) as threads:
        worker.register(name, raising(AssertionError()))
        before = signal.signal(signal.SIGUSR1, lambda *_: worker.stop())
        try:
            threads.submit(signal_when, lambda: counts(server.port, name)[2] == 1)
            assert 0 == worker.run()
        finally:
            signal.signal(signal.SIGUSR1, before)


def signal_when(condition: Callable[[], bool]) -> None:
    """Send this process a signal when something is so."""
    wait_until(condition)
    os.kill(os.getpid(), signal.SIGUSR1)


def test_a_stop_before_the_start_is_not_missed(server: ServerProcess, name: str) -> None:
    with worker_at(server.port) as worker:
        worker.register(name, raising(AssertionError()))
        worker.stop()
        assert 0 == worker.run()
        queue(server.port, name, b"")
        assert 1 == worker.run(idle=0)


def test_closing_stops(server: ServerProcess, name: str, gate: Gate) -> None:
    worker = worker_at(server.port)
    worker.register(name, gate)
    with running(worker) as future, server.wire() as client:
        client.ask(P.SUBMIT_JOB, name.encode(), b"", b"")
        assert gate.begun.wait(DEADLINE)
        worker.close()
        gate.go.set()
        assert [(P.WORK_COMPLETE, [b"done"])] == until_ended(client)
        assert 1 == future.result(DEADLINE)
        with pytest.raises(UsageError, match="the worker is closed"):
            worker.run()


def test_a_job_that_crosses_the_stop_is_done(name: str) -> None:
    with one_server(name, lambda job: "done") as (peer, worker):
        worker.stop()
        peer.say(P.JOB_ASSIGN_UNIQ, b"H:1", name.encode(), b"", b"")
        assert [b"H:1", b"done"] == peer.expect(P.WORK_COMPLETE)
        with pytest.raises(ConnectionError):
            peer.packet()


def test_a_server_that_has_no_job_is_not_waited_for(name: str) -> None:
    with one_server(name, raising(AssertionError())) as (peer, worker):
        worker.stop()
        peer.say(P.NO_JOB)
        with pytest.raises(ConnectionError):
            peer.packet()


def test_a_server_that_is_stuck_is_not_waited_for_for_ever(name: str) -> None:
    with one_server(name, raising(AssertionError()), connect_timeout=0.05) as (peer, worker):
        worker.stop()
        with pytest.raises(ConnectionError):
            peer.packet()
