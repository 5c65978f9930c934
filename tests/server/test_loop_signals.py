"""The real server from its start to its end: signals, and how long it waits for jobs."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator

import pytest

from gearcli.errors import OutputError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.listener import listen
from gearcli.server.log import Log
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from tests.support import DEADLINE, ServerProcess, Wire, connects, gear_serve, wait_until

MIB = 1 << 20


# -- the end -----------------------------------------------------------------------------


@contextlib.contextmanager
def busy(*options: str) -> Iterator[tuple[ServerProcess, Wire, Wire, bytes]]:
    """A server, a client that awaits a job, the worker that runs it, and the job's handle."""
    with gear_serve(*options) as server, server.wire() as client, server.wire() as worker:
        _, (handle,) = client.ask(P.SUBMIT_JOB, b"f", b"", b"")
        worker.say(P.CAN_DO, b"f")
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
        yield server, client, worker, handle


def drains(server: ServerProcess, number: signal.Signals) -> None:
    """Send a signal and wait until the server takes no new connections."""
    server.signal(number)
    wait_until(lambda: not connects(server.port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_without_a_running_job_a_signal_ends_it_at_once(number: signal.Signals) -> None:
    with gear_serve("--grace", "1h") as server, server.wire() as client:
        client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"nobody does it")
        server.signal(number)
        assert 0 == server.exit_status()
        assert "1 job never begun, now lost" in server.said()
        assert client.ends()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_job_is_let_finish_and_no_other_begun(number: signal.Signals) -> None:
    with busy("--grace", "1h") as (server, client, worker, handle):
        drains(server, number)
        wait_until(lambda: "stopping; 1 job still running" in server.said())
        refused = P.ERROR, [b"QUEUE_ERROR", b"Server is shutting down and takes no new jobs"]
        assert refused == client.ask(P.SUBMIT_JOB, b"f", b"", b"new")
        assert (P.NO_JOB, []) == worker.ask(P.GRAB_JOB)
        worker.say(P.WORK_COMPLETE, handle, b"done")
        assert (P.WORK_COMPLETE, [handle, b"done"]) == client.packet()
        assert 0 == server.exit_status()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_second_signal_ends_it_at_once(number: signal.Signals, status: int) -> None:
    with busy("--grace", "1h") as (server, client, _, _):
        drains(server, number)
        server.signal(number)
        assert status == server.exit_status()
        assert client.ends()


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_a_signal_that_comes_while_it_ends_changes_nothing(second: signal.Signals) -> None:
    for pause in (0.0, 0.001, 0.002, 0.004, 0.008, 0.016):
        with gear_serve() as server:
            server.signal(signal.SIGTERM)
            time.sleep(pause)  # there is nothing to wait for: any moment of the end is meant
            with contextlib.suppress(ProcessLookupError):
                server.signal(second)
            assert 0 == server.exit_status()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_job_that_takes_longer_than_the_grace_is_cut_short(number: signal.Signals, status: int) -> None:
    with busy("--grace", "100ms") as (server, _, _, _):
        server.signal(number)
        assert status == server.exit_status()


def test_usr1_waits_longer_than_the_grace() -> None:
    with busy("--grace", "0") as (server, client, worker, handle):
        drains(server, signal.SIGUSR1)
        assert client.works()
        assert worker.works()
        worker.say(P.WORK_COMPLETE, handle, b"done")
        assert (P.WORK_COMPLETE, [handle, b"done"]) == client.packet()
        assert 0 == server.exit_status()


def test_usr1_serves_until_no_job_is_left() -> None:
    with busy("--grace", "0") as (server, client, worker, handle):
        client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"one more")
        drains(server, signal.SIGUSR1)
        worker.say(P.WORK_COMPLETE, handle, b"done")
        type_, (next_handle, *_) = worker.ask(P.GRAB_JOB)
        assert P.JOB_ASSIGN == type_
        worker.say(P.WORK_COMPLETE, next_handle, b"done too")
        assert 0 == server.exit_status()


def test_term_cuts_usr1_short() -> None:
    with busy("--grace", "1h") as (server, _, _, _):
        drains(server, signal.SIGUSR1)
        server.signal(signal.SIGTERM)
        assert 143 == server.exit_status()


def test_a_big_answer_leaves_before_the_end() -> None:
    result = os.urandom(MIB) * 8
    with busy("--grace", "1h") as (server, client, worker, handle):
        worker.say(P.WORK_COMPLETE, handle, result)
        assert worker.works()
        server.signal(signal.SIGTERM)
        assert (P.WORK_COMPLETE, [handle, result]) == client.packet()
        assert 0 == server.exit_status()


# -- the start ---------------------------------------------------------------------------


def server_here() -> tuple[Server, socket.socket]:
    """A server in this process, and its listener."""
    (listener,) = listen(Address("127.0.0.1", 0))
    engine = Engine(b"H:")
    operator = Operator(engine, version="0", pid=0)
    return Server(engine, operator, [listener], log=Log(descriptor=None)), listener


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_when_it_says_that_it_has_started_connections_are_accepted_and_signals_heeded(number: int) -> None:
    server, listener = server_here()
    heard: list[str] = []

    def started() -> None:
        heard.append("started")
        socket.create_connection(listener.getsockname(), DEADLINE).close()
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), number)

    assert None is server.run(started, lambda: heard.append("stopping"))
    assert ["started", "stopping"] == heard


def test_a_start_that_fails_lets_go_of_everything() -> None:
    server, listener = server_here()

    def started() -> None:
        raise OutputError("the disk is full")

    with pytest.raises(OutputError):
        server.run(started, lambda: pytest.fail("it has never begun"))
    assert -1 == listener.fileno()
