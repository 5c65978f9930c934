"""The real server over loopback: bad input, slow readers, signals, limits."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gearcli.errors import OutputError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import LINE_LIMIT, PACKET_LIMIT, Packet, request, response
from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.listener import listen
from gearcli.server.log import Log
from gearcli.server.loop import Server
from gearcli.server.operator import Operator
from tests.support import (
    DEADLINE,
    FRAGMENTATIONS,
    ServerProcess,
    Wire,
    clean_environment,
    connects,
    free_port,
    gear,
    gear_serve,
    process,
    wait_until,
)

MIB = 1 << 20


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """A server for all tests that do not end it."""
    with gear_serve() as running:
        yield running


@pytest.fixture
def wire(server: ServerProcess) -> Iterator[Wire]:
    with server.wire() as connection:
        yield connection


def error(code: bytes, text: bytes) -> Packet:
    return P.ERROR, [code, text]


# -- a whole life ----------------------------------------------------------------------------


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


# -- bad input -----------------------------------------------------------------------------------

GOES_ON, ENDS = True, False

BAD_INPUT: dict[str, tuple[bytes, Packet, bool]] = {
    "unknown packet": (
        b"\0REQ\0\0\0\x63\0\0\0\0",
        error(b"INVALID_PACKET", b"Unknown packet type or magic"),
        ENDS,
    ),
    "no magic": (bytes(12), error(b"INVALID_PACKET", b"Unknown packet type or magic"), ENDS),
    "wrong magic": (
        response(P.ECHO_RES, b"mirrored"),
        error(b"INVALID_MAGIC", b"Request magic expected"),
        GOES_ON,
    ),
    "wrong direction": (
        b"\0REQ\0\0\0\x06\0\0\0\0",
        error(b"INVALID_COMMAND", b"Command not expected"),
        GOES_ON,
    ),
    "too large": (
        b"\0REQ\0\0\0\x07" + (PACKET_LIMIT + 1).to_bytes(4, "big"),
        error(b"ARGUMENT_TOO_LARGE", b"Packet too large"),
        ENDS,
    ),
    "endless line": (b"x" * (LINE_LIMIT + 1), error(b"ARGUMENT_TOO_LARGE", b"Text line too long"), ENDS),
    "fields missing": (
        request(P.SUBMIT_JOB, b"f", b"u"),
        error(b"INVALID_PACKET", b"Packet has too few arguments"),
        GOES_ON,
    ),
    "unique too long": (
        request(P.SUBMIT_JOB, b"f", b"u" * 65, b""),
        error(b"ARGUMENT_TOO_LARGE", b"Unique value too large"),
        GOES_ON,
    ),
}


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize(("data", "answer", "goes_on"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_answered_and_harms_nobody_else(
    server: ServerProcess,
    wire: Wire,
    cut: Callable[[bytes], list[bytes]],
    data: bytes,
    answer: Packet,
    goes_on: bool,
) -> None:
    with server.wire() as bad:
        for piece in cut(data):
            bad.send(piece)
        assert wire.works()
        assert answer == bad.packet()
        assert bad.works() if goes_on else bad.ends()
    assert wire.works()


def test_nothing_is_done_after_a_broken_packet(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as bad:
        bad.send(bytes(12) + request(P.SUBMIT_JOB_BG, b"after-broken", b"", b""))
        assert P.ERROR == bad.packet()[0]
        assert bad.ends()
    assert [] == [row for row in wire.rows(b"status") if row.startswith(b"after-broken")]


@pytest.mark.parametrize("data", [b"\0", b"\0RE", b"stat", request(P.ECHO_REQ, b"x" * 100)[:50], b""])
def test_a_hang_up_in_mid_packet_harms_nobody(server: ServerProcess, wire: Wire, data: bytes) -> None:
    before = len(wire.rows(b"workers"))
    with server.wire() as bad:
        bad.send(data)
        wait_until(lambda: len(wire.rows(b"workers")) > before)
    wait_until(lambda: len(wire.rows(b"workers")) == before)


def test_a_packet_that_is_only_announced_takes_no_memory(server: ServerProcess, wire: Wire) -> None:
    before = server.memory("VmRSS")
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            liar = stack.enter_context(server.wire())
            liar.send(b"\0REQ\0\0\0\x10" + PACKET_LIMIT.to_bytes(4, "big") + b"x")
        assert wire.works()
        assert server.memory("VmRSS") - before < 10 * MIB


# -- big and slow --------------------------------------------------------------------------------


def test_64_mib_come_back(wire: Wire) -> None:
    workload = os.urandom(MIB) * 64
    sender = threading.Thread(target=wire.say, args=(P.ECHO_REQ, workload))
    sender.start()
    type_, (echoed,) = wire.packet()
    sender.join(DEADLINE)
    assert P.ECHO_RES == type_
    assert workload == echoed


def test_a_reader_that_starts_late_loses_nothing(wire: Wire) -> None:
    parts = [b"%d:" % i + os.urandom(MIB) for i in range(8)]
    sender = threading.Thread(target=wire.send, args=(b"".join(request(P.ECHO_REQ, p) for p in parts),))
    sender.start()
    wait_until_full(wire.socket)
    assert [(P.ECHO_RES, [part]) for part in parts] == [wire.packet() for _ in parts]
    sender.join(DEADLINE)


def wait_until_full(connection: socket.socket) -> None:
    """Wait until what was said to us no longer grows: the speaker waits for the reader."""
    seen = -1
    while seen < (seen := len(connection.recv(64 * MIB, socket.MSG_PEEK))):
        time.sleep(0.05)


def test_a_big_result_reaches_every_listener(server: ServerProcess, wire: Wire) -> None:
    result = os.urandom(MIB) * 8
    with server.wire() as other, server.wire() as worker:
        worker.say(P.CAN_DO, b"big")
        for client in (wire, other):
            assert P.JOB_CREATED is client.ask(P.SUBMIT_JOB, b"big", b"u", b"")[0]
        _, (handle, _, _) = worker.ask(P.GRAB_JOB)
        worker.say(P.WORK_COMPLETE, handle, result)
        assert [(P.WORK_COMPLETE, [handle, result])] * 2 == [wire.packet(), other.packet()]


def test_who_asks_much_and_reads_nothing_costs_little_and_gets_all_in_the_end() -> None:
    functions, questions = 300, 1000
    question = b"status\n" + request(P.ECHO_REQ, b"x" * 100)
    with gear_serve() as server, server.wire() as wire, server.wire() as bystander:
        for i in range(functions):
            wire.say(P.CAN_DO, b"%d" % i + b"x" * 100)
        assert wire.works()
        before = server.memory("VmRSS")
        sender = threading.Thread(target=wire.send, args=(question * questions,))
        sender.start()
        wait_until_full(wire.socket)
        assert bystander.works()
        assert server.memory("VmHWM") - before < 16 * MIB, "the answers have 33 MB"
        for _ in range(questions):
            wire.skip_rows(functions)
            assert (P.ECHO_RES, [b"x" * 100]) == wire.packet()
        sender.join(DEADLINE)
        assert server.memory("VmHWM") - before < 16 * MIB


def test_a_reader_that_hangs_up_in_the_middle_harms_nobody(server: ServerProcess, wire: Wire) -> None:
    before = len(wire.rows(b"workers"))
    with server.wire() as leaving:
        leaving.socket.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            leaving.send(request(P.ECHO_REQ, b"x" * MIB) * 64)
    wait_until(lambda: len(wire.rows(b"workers")) == before)
    assert wire.works()


# -- many connections ------------------------------------------------------------------------------


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


# -- the end ------------------------------------------------------------------------------------------


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
        refused = error(b"QUEUE_ERROR", b"Server is shutting down and takes no new jobs")
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


# -- where it listens, what it says --------------------------------------------------------------------


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


def test_a_port_in_use_is_said_and_exits_69(server: ServerProcess) -> None:
    with process(gear("serve", "-p", str(server.port))) as second:
        assert 69 == second.exit_status()
        advice = "Is a server running there already? Choose another address with -L or port with -p."
        happened = f"gear: cannot listen on 127.0.0.1:{server.port}: address already in use"
        assert f"{happened}. {advice}\n" == second.said()


def test_a_port_is_free_again_when_its_server_has_ended() -> None:
    port = str(free_port())
    for _ in range(2):
        with gear_serve(address=("-p", port)) as server, server.wire() as wire:
            assert wire.works()
            server.signal(signal.SIGTERM)
            assert wire.ends()
            assert 0 == server.exit_status()


def test_it_listens_on_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with gear_serve(address=("-L", f"unix:{path}")) as server:
        assert f"gear: listening on unix:{path}\n" in server.said()
        with Wire(path=str(path)) as wire:
            assert wire.works()
            (row,) = wire.rows(b"workers")
            assert re.fullmatch(rb"\d+ unix - :\n", row)
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert not path.exists()


def test_it_listens_on_several_addresses(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with gear_serve(address=("-p", "0", "-L", f"127.0.0.1,127.0.0.2,unix:{path}")) as server:
        wait_until(lambda: str(path) in server.said())
        ports = re.findall(r"listening on 127\.0\.0\.[12]:(\d+)", server.said())
        assert 2 == len(ports)
        with Wire(int(ports[0])) as first, Wire(path=str(path)) as second:
            assert first.works()
            assert second.works()


def test_vvv_shows_every_packet_in_words_and_hostile_names_escaped() -> None:
    with gear_serve("-vvv") as server, server.wire() as wire:
        wire.ask(P.SUBMIT_JOB_BG, b"\x1b[31mred", b"new\nline", b"\x07ring")
        wire.send(b"\x1b[2Jstatus\n")
        wire.packet()
        wait_until(lambda: 'TEXT line="ERR' in server.said())
        said = server.said()
    assert r'-> SUBMIT_JOB_BG function=\x1b[31mred unique=new\nline workload=5 bytes "\x07ring"' in said
    assert "<- JOB_CREATED handle=H:" in said
    assert r"-> TEXT line=\x1b[2Jstatus" in said
    assert " connected\n" in said
    assert all(line.isprintable() for line in said.splitlines())


def test_an_operator_may_look_at_connections_that_are_there_and_look_away() -> None:
    with gear_serve() as server, server.wire() as wire, server.wire() as operator:
        wire.say(P.ECHO_REQ, b"unseen")
        assert P.ECHO_RES is wire.packet()[0]
        operator.line(b"verbose DEBUG")
        wire.say(P.ECHO_REQ, b"seen")
        assert P.ECHO_RES is wire.packet()[0]
        wait_until(lambda: '<- ECHO_RES workload=4 bytes "seen"' in server.said())
        assert '-> ECHO_REQ workload=4 bytes "seen"' in server.said()
        operator.line(b"verbose NOTICE")
        wire.say(P.ECHO_REQ, b"unseen")
        assert P.ECHO_RES is wire.packet()[0]
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert "unseen" not in server.said()


def test_v_shows_connections_and_what_broke_them() -> None:
    with gear_serve("-v") as server, server.wire() as wire:
        wire.send(bytes(12))
        assert P.ERROR is wire.packet()[0]
        wait_until(lambda: " disconnected\n" in server.said())
        assert " broke the protocol and is closed: Unknown packet type or magic\n" in server.said()
        assert "ERROR" not in server.said()


def test_a_job_whose_result_is_too_large_fails_and_everybody_hears_why() -> None:
    with gear_serve("--max-packet", "64K") as server, server.wire() as client, server.wire() as worker:
        client.ask(P.OPTION_REQ, b"exceptions")
        _, (handle,) = client.ask(P.SUBMIT_JOB, b"big", b"", b"w")
        worker.say(P.CAN_DO, b"big")
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
        worker.send(request(P.WORK_COMPLETE, handle, bytes(100_000))[:1000])
        size = len(handle) + 1 + 100_000
        why = f"its worker's WORK_COMPLETE of {size} bytes is more than the server's --max-packet"
        assert (P.WORK_EXCEPTION, [handle, why.encode()]) == client.packet()
        assert error(b"ARGUMENT_TOO_LARGE", b"Packet too large") == worker.packet()
        assert worker.ends()
        wait_until(lambda: "broke the protocol" in server.said())
        words = f"broke the protocol and is closed: Packet too large; big {handle.decode()} failed: {why}\n"
        assert words in server.said()


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    port = free_port()
    command = gear("serve", "-p", str(port), "-vvv")
    popen = subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment())
    try:
        wait_until(lambda: connects(port))
        with Wire(port) as wire:
            for _ in range(30):
                wire.send(request(P.ECHO_REQ, b"x" * 60) * 100)
                assert {P.ECHO_RES} == {wire.packet()[0] for _ in range(100)}
            assert wire.works()
    finally:
        popen.terminate()
        popen.communicate(timeout=DEADLINE)
    assert 0 == popen.returncode


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
