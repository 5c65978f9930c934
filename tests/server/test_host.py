"""What an operator does to the process."""

from __future__ import annotations

import signal

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal
from gearcli.server.host import ServerHost
from gearcli.server.log import Level, Log
from tests.support import connects, gear_serve, wait_until


def test_the_level_is_read_and_set_by_gearmands_names() -> None:
    log = Log(Level.NOTICE, None)
    host = ServerHost(log, print)
    assert "NOTICE" == host.verbosity()
    assert host.set_verbosity("debug")
    assert ("DEBUG", Level.PACKETS) == (host.verbosity(), log.level)
    assert not host.set_verbosity("loud")
    assert "DEBUG" == host.verbosity()


def test_to_stop_is_to_heed_a_signal() -> None:
    heeded: list[int] = []
    host = ServerHost(Log(Level.NOTICE, None), heeded.append)
    host.stop(graceful=False)
    host.stop(graceful=True)
    assert [signal.SIGTERM, signal.SIGUSR1] == heeded


def test_shutdown_is_answered_and_ends_the_server() -> None:
    with gear_serve() as server, server.wire() as operator, server.wire() as client:
        assert b"OK\r\n" == operator.line(b"shutdown")
        assert 0 == server.exit_status()
        assert client.ends()


def test_shutdown_lets_running_jobs_end() -> None:
    with gear_serve("--grace", "1h") as server, server.wire() as operator, server.wire() as worker:
        worker.say(P.CAN_DO, b"f")
        _, (handle,) = operator.ask(P.SUBMIT_JOB, b"f", b"", b"w")
        worker.ask(P.GRAB_JOB)
        assert b"OK\r\n" == operator.line(b"shutdown")
        assert (P.ERROR, [Refusal.DRAINING.code, Refusal.DRAINING.text]) == operator.ask(
            P.SUBMIT_JOB_BG, b"f", b"", b"too late"
        )
        worker.say(P.WORK_COMPLETE, handle, b"r")
        assert (P.WORK_COMPLETE, [handle, b"r"]) == operator.packet()
        assert 0 == server.exit_status()


def test_a_graceful_shutdown_serves_until_no_job_is_left() -> None:
    with gear_serve("--grace", "0") as server, server.wire() as operator, server.wire() as worker:
        operator.ask(P.SUBMIT_JOB_BG, b"f", b"", b"waits")
        assert b"OK\r\n" == operator.line(b"shutdown graceful")
        wait_until(lambda: not connects(server.port))
        worker.say(P.CAN_DO, b"f")
        _, (handle, *_) = worker.ask(P.GRAB_JOB)
        worker.say(P.WORK_COMPLETE, handle, b"")
        assert 0 == server.exit_status()
