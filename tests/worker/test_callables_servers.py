"""The servers of a worker as callables: how they are named, missing, lost and found again, or wrong."""

from __future__ import annotations

import contextlib
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from gearcli.errors import AddressError, ConnectFailed, ProtocolError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.worker.assigned import AssignedJob
from gearcli.worker.callables import Worker
from gearcli.worker.worker import FAULTS
from tests.client.peer import listening
from tests.support import DEADLINE, ServerProcess, free_port, gear_serve
from tests.worker import playing
from tests.worker.playing import Gate, at, queue, raising, running, submitted, worker_at

P = PacketType

name, gate = playing.name, playing.gate

# -- names -------------------------------------------------------------------------------


@pytest.mark.parametrize("servers", ["", [], [" "]])
def test_a_worker_needs_a_server(servers: str | list[str]) -> None:
    with pytest.raises(UsageError, match="no server"):
        Worker(servers)


def test_a_server_has_an_address() -> None:
    with pytest.raises(AddressError):
        Worker("localhost:x")


@pytest.mark.parametrize("form", ["text", "list", "address", "environment"])
def test_ways_to_name_servers(
    server: ServerProcess, name: str, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("GEARMAN_SERVERS", at(server.port))
    forms: dict[str, str | Address | list[str] | None] = {
        "text": f"{at(server.port)},{at(server.port)}",
        "list": [at(server.port)],
        "address": Address("127.0.0.1", server.port),
        "environment": None,
    }
    queue(server.port, name, b"")
    with Worker(forms[form]) as worker:
        worker.register(name, lambda job: None)
        assert 1 == worker.run(idle=0)


# -- there or not ------------------------------------------------------------------------


def test_one_server_must_be_there_at_the_start(name: str) -> None:
    ports = free_port(), free_port()
    with worker_at(*ports) as worker:
        worker.register(name, raising(AssertionError()))
        with pytest.raises(ConnectFailed, match=f"{ports[0]}: connection refused.*{ports[1]}"):
            worker.run()
        with gear_serve(address=["-p", str(ports[1])]):
            assert 0 == worker.run(idle=0)


def test_a_server_that_comes_back_during_a_job(name: str, gate: Gate) -> None:
    """What was done for it does not count, since nobody heard of it."""
    with gear_serve() as first:
        worker = worker_at(first.port)
        worker.register(name, gate)
        with running(worker, jobs=2) as future:
            queue(first.port, name, b"")
            assert gate.begun.wait(DEADLINE)
            first.signal(signal.SIGKILL)
            first.exit_status()
            with gear_serve(address=["-p", str(first.port)]) as second:
                gate.go.set()
                assert [[(P.WORK_COMPLETE, [b"done"])]] * 2 == [submitted(second, name) for _ in range(2)]
                assert 2 == future.result(DEADLINE)


def test_a_server_that_comes_back_between_two_runs(name: str) -> None:
    with gear_serve() as first, worker_at(first.port) as worker:
        worker.register(name, lambda job: None)
        queue(first.port, name, b"")
        assert 1 == worker.run(jobs=1)
        first.signal(signal.SIGKILL)
        first.exit_status()
        with pytest.raises(ConnectFailed):
            worker.run(jobs=1)
        with gear_serve(address=["-p", str(first.port)]):
            queue(first.port, name, b"")
            assert 1 == worker.run(jobs=1)


def test_a_callable_may_report_to_a_server_that_is_gone(name: str) -> None:
    """More than fits into a socket, so that it notices."""

    def report(job: AssignedJob) -> None:
        first.signal(signal.SIGKILL)
        first.exit_status()
        for _ in range(10):
            job.data(bytes(1 << 20))

    with gear_serve() as first, worker_at(first.port) as worker:
        worker.register(name, report)
        queue(first.port, name, b"")
        assert 0 == worker.run(idle=0)


def test_a_server_that_does_not_speak_gearman_ends_it(name: str) -> None:
    """With what is wrong with it; a pause lies between two attempts."""
    with listening() as listener, ThreadPoolExecutor(1) as threads, worker_at(listener.port) as worker:
        worker.register(name, lambda job: None)
        run = threads.submit(worker.run)
        for _ in range(FAULTS):
            with listener.accept() as peer, contextlib.suppress(ConnectionError):
                peer.send(b"\0what is this")
                while True:
                    peer.packet()
        with pytest.raises(ProtocolError, match="does not speak Gearman's protocol"):
            run.result(DEADLINE)
