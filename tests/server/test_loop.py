"""The real server over loopback: the whole life of a job, many connections, and what it runs with."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.support import ServerProcess, Wire, connects, free_port, gear, gear_serve, process, wait_until

# -- a whole life ------------------------------------------------------------------------


def test_a_job_goes_round(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as worker:
        worker.say(P.CAN_DO, b"round")
        worker.say(P.PRE_SLEEP)
        assert worker.works()
        type_, (handle,) = wire.ask(P.SUBMIT_JOB, b"round", b"", b"test")
        assert P.JOB_CREATED == type_
        assert (P.NOOP, []) == worker.packet()
        assert (P.JOB_ASSIGN, [handle, b"round", b"test"]) == worker.ask(P.GRAB_JOB)
        worker.say(P.WORK_COMPLETE, handle, b"tset")
        assert (P.WORK_COMPLETE, [handle, b"tset"]) == wire.packet()


def test_text_and_packets_may_be_mixed(wire: Wire) -> None:
    wire.send(b"version\n" + request(P.ECHO_REQ, b"x") + b"getpid\r\n")
    version, echo, pid = wire.packet(), wire.packet(), wire.packet()
    assert (P.ECHO_RES, [b"x"]) == echo
    assert version[1][0].startswith(b"OK gear ")
    assert pid[1][0].startswith(b"OK ")


def test_a_woken_worker_that_does_not_come_is_passed_over(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as dawdler, server.wire() as other:
        for worker in (dawdler, other):
            worker.say(P.CAN_DO, b"patience")
            worker.say(P.PRE_SLEEP)
            assert worker.works()
        wire.ask(P.SUBMIT_JOB_BG, b"patience", b"", b"")
        assert (P.NOOP, []) == dawdler.packet()
        assert (P.NOOP, []) == other.packet()
        assert P.JOB_ASSIGN is other.ask(P.GRAB_JOB)[0]


def test_a_job_that_takes_too_long_fails(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as worker:
        worker.say(P.CAN_DO_TIMEOUT, b"timeout", b"1000")
        _, (handle,) = wire.ask(P.SUBMIT_JOB, b"timeout", b"", b"")
        begin = time.monotonic()
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
        assert (P.WORK_FAIL, [handle]) == wire.packet()
        assert time.monotonic() - begin >= 0.99


def test_a_job_of_later_wakes_a_sleeper_when_it_is_due(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as worker:
        worker.say(P.CAN_DO, b"of later")
        worker.say(P.PRE_SLEEP)
        assert worker.works()
        due = int(time.time()) + 2
        wire.ask(P.SUBMIT_JOB_EPOCH, b"of later", b"", b"%d" % due, b"w")
        assert (P.NO_JOB, []) == worker.ask(P.GRAB_JOB)
        worker.say(P.PRE_SLEEP)
        assert (P.NOOP, []) == worker.packet()
        assert time.time() >= due
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]


def test_a_worker_may_give_itself_years(server: ServerProcess, wire: Wire) -> None:
    wire.say(P.CAN_DO_TIMEOUT, b"years", b"%d" % 2**40)
    _, (handle,) = wire.ask(P.SUBMIT_JOB, b"years", b"", b"")
    assert P.JOB_ASSIGN is wire.ask(P.GRAB_JOB)[0]
    wait_until(lambda: server.state() != "R")
    wire.say(P.WORK_COMPLETE, handle, b"soon")
    assert (P.WORK_COMPLETE, [handle, b"soon"]) == wire.packet()


def test_a_hang_up_is_noticed(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as leaving:
        _, (handle,) = leaving.ask(P.SUBMIT_JOB, b"hang-up", b"", b"")
    wait_until(lambda: wire.ask(P.GET_STATUS, handle)[1][1] == b"0")


# -- many connections --------------------------------------------------------------------


def test_more_connections_than_descriptors_wait_for_their_turn() -> None:
    def few() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    with gear_serve(before=few) as server, contextlib.ExitStack() as stack:
        wires = [stack.enter_context(server.wire()) for _ in range(60)]
        assert all(wire.works() for wire in wires[:20])
        wait_until(lambda: "no new connections until one ends: 20 are open" in server.said())
        for wire in wires[:40]:
            wire.socket.close()
        assert all(wire.works() for wire in wires[40:])


def test_five_hundred_connections_are_served(server: ServerProcess) -> None:
    with contextlib.ExitStack() as stack:
        wires = [stack.enter_context(server.wire()) for _ in range(500)]
        for wire in wires:
            wire.say(P.ECHO_REQ, b"still there?")
        assert {(P.ECHO_RES, (b"still there?",))} == {(t, tuple(f)) for t, f in (w.packet() for w in wires)}


# -- turns -------------------------------------------------------------------------------


def test_a_result_that_came_in_time_counts_although_the_server_stood_still(
    server: ServerProcess, wire: Wire
) -> None:
    with server.wire() as worker:
        worker.say(P.CAN_DO_TIMEOUT, b"in time", b"1000")
        _, (handle,) = wire.ask(P.SUBMIT_JOB, b"in time", b"", b"")
        worker.ask(P.GRAB_JOB)
        server.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        worker.say(P.WORK_COMPLETE, handle, b"done")
        wait_until(lambda: time.monotonic() > stopped + 1.5)
        server.signal(signal.SIGCONT)
        assert (P.WORK_COMPLETE, [handle, b"done"]) == wire.packet()


def test_costly_commands_of_one_let_others_have_their_turn() -> None:
    with gear_serve() as server, server.wire() as costly, server.wire() as other:
        costly.send(request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 20_000 + b"create function g\n")
        wait_until(lambda: other.rows(b"status") == [b"f\t20000\t0\t0\n", b"g\t0\t0\t0\n"])
        costly.send(b"purge g\n" * 2000 + request(P.ECHO_REQ, b"last"))
        assert other.works()
        costly.socket.setblocking(False)
        data = b""
        with contextlib.suppress(BlockingIOError):
            data = costly.socket.recv(1 << 20)
        assert b"last" not in data, "the other was not answered in between"


# -- what it runs with, and what it costs ------------------------------------------------


@pytest.mark.parametrize("closed", [(2,), (0, 1, 2)])
def test_it_runs_with_standard_streams_closed(closed: tuple[int, ...]) -> None:
    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    port = free_port()
    with process(gear("serve", "-p", str(port), "-vvv"), before=close) as server:
        wait_until(lambda: connects(port))
        with Wire(port) as wire, Wire(port) as other:
            for _ in range(100):
                assert wire.works()
                assert other.works()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()


def test_it_runs_with_an_empty_environment() -> None:
    with gear_serve(environ={}) as server, server.wire() as wire:
        assert wire.works()


def test_it_idles_without_using_the_processor() -> None:
    with gear_serve() as server, server.wire() as wire:
        assert wire.works()
        before = _ticks(server.pid)
        time.sleep(0.3)  # the thing measured is that nothing happens for a while
        assert _ticks(server.pid) - before <= 2


def _ticks(pid: int) -> int:
    """Processor time of a process, in ticks of 10 ms."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return int(user) + int(system)
