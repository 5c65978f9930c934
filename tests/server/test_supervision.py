"""Real servers and hostile peers, in small; `python -m tests.bench hostile` does it in full."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.bench import hostile
from tests.bench.servers import KNOWN, running
from tests.support import DEADLINE, gear_serve, wait_until

MIB = 1 << 20
SCALE = int(os.environ.get("GEAR_TEST_HOSTILE", "1"))
"""How many times as many connections as by default."""


def played(name: str, options: str = "", **small: float) -> dict[str, float]:
    """A scenario of the benchmark, on a server of its own, smaller than there."""
    scenario = next(each for each in hostile.SCENARIOS if each.name == name)
    with running(scenario.prefix + KNOWN["gear"] + options) as server:
        return scenario.play(server, **small)


def test_slow_loris_ends_in_time_and_harms_nobody() -> None:
    figures = played("slow loris, 1,000", " --idle-timeout 1s", count=100 * SCALE, within=DEADLINE)
    assert 0 == figures["left open"]
    assert figures["seconds until closed"] > 0.5


def test_who_never_reads_its_answers_is_not_read_from() -> None:
    assert played("never reads ECHO", seconds=1.0)["MiB more"] < 20


def test_who_never_reads_costs_no_more_than_is_allowed() -> None:
    assert played("never reads WORK_DATA", seconds=3.0)["MiB more"] < 110


def test_who_never_reads_what_it_asks_of_many_functions() -> None:
    assert played("never reads status", functions=1000, times=1000)["MiB more"] < 20


def test_lengths_that_are_only_announced() -> None:
    figures = played("4 GiB announced, 50", count=10 * SCALE)
    assert 0 == figures["not refused"]
    assert figures["MiB more"] < 10
    assert figures["MB of a body taken"] < 20


def test_more_connections_than_descriptors() -> None:
    figures = played("200 at ulimit -n 64", seconds=1.0)
    assert figures["CPU %"] < 50, "it does not spin"
    assert figures["ms of a submit"] < DEADLINE * 1000
    assert figures["seconds to recover"] < DEADLINE


def test_many_idle_connections() -> None:
    count = 500 * SCALE
    figures = played("10,000 idle", f" --max-connections {count + 50}", count=count, within=DEADLINE * SCALE)
    assert 0 == figures["not served"] == figures["descriptors left over"]
    assert figures["MiB"] < 2 + count * 15 / 1000


# -- limits at work -----------------------------------------------------------------------------


def test_a_worker_is_held_back_until_its_client_reads() -> None:
    """Results that are more than may stay unread reach a client that reads late, whole and in order."""
    with gear_serve("-v", "--idle-timeout", "0") as server, server.wire() as client, server.wire() as worker:
        worker.say(P.CAN_DO, b"f")
        handle = client.ask(P.SUBMIT_JOB, b"f", b"", b"")[1][0]
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
        parts = [b"%03d" % number + bytes(MIB) for number in range(100)]
        packets = b"".join(request(P.WORK_DATA, handle, part) for part in parts)
        sender = threading.Thread(target=worker.send, args=(packets,))
        sender.start()
        wait_until(lambda: server.memory("VmRSS") > 64 * MIB)
        time.sleep(0.3)  # so long it would go on if it was not held back
        assert sender.is_alive()
        assert [(P.WORK_DATA, [handle, part]) for part in parts] == [client.packet() for _ in parts]
        sender.join(DEADLINE)
        assert worker.works(), "it is read from again"
        assert "is closed" not in server.said()


def test_a_held_back_worker_that_is_killed_is_noticed() -> None:
    with gear_serve("-v") as server, server.wire() as client:
        with server.wire() as worker:
            worker.say(P.CAN_DO, b"f")
            handle = client.ask(P.SUBMIT_JOB, b"f", b"", b"")[1][0]
            assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
            hostile.flood(worker.socket, request(P.WORK_DATA, handle, bytes(60_000)), 1.0, 200 * MIB)
        wait_until(lambda: "is closed: it left" in server.said())
        with server.wire() as other:
            wait_until(lambda: 2 >= len(other.rows(b"workers")))
            assert other.works()


def test_memory_is_kept_for_results_when_the_queue_is_full() -> None:
    with gear_serve("--max-memory", "32M") as server, server.wire() as client, server.wire() as worker:
        taken = 0
        while (answer := client.ask(P.SUBMIT_JOB_BG, b"f", b"", bytes(MIB)))[0] is P.JOB_CREATED:
            taken += 1
            time.sleep(0.03)  # the server counts now and then
        assert (P.ERROR, [b"QUEUE_ERROR", b"Server has no memory for more"]) == answer
        assert 20 <= taken <= 26
        assert "no new jobs until some are done" in server.said()
        worker.say(P.CAN_DO, b"f")
        for _ in range(taken):
            _, (handle, _, _) = worker.ask(P.GRAB_JOB)
            worker.say(P.WORK_COMPLETE, handle, bytes(MIB))
        assert worker.works()
        wait_until(lambda: client.ask(P.SUBMIT_JOB_BG, b"f", b"", b"w")[0] is P.JOB_CREATED)


def test_packets_in_progress_do_not_take_all_memory() -> None:
    with gear_serve("--max-memory", "32M", "-v") as server:
        begun = request(P.SUBMIT_JOB_BG, b"f", b"", bytes(16 * MIB))[: 12 * MIB]
        wires = [server.wire() for _ in range(4)]
        try:
            for wire in wires:
                sender = threading.Thread(target=_say, args=(wire.socket, begun))
                sender.start()
                sender.join(DEADLINE)
            wait_until(lambda: "is closed: there is no memory for the" in server.said())
            assert server.memory("VmHWM") < 120 * MIB
            with server.wire() as other:
                assert other.works()
        finally:
            for wire in wires:
                wire.socket.close()


def _say(connection: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(data)


def test_connections_beyond_the_limit_wait_for_their_turn() -> None:
    with gear_serve("--max-connections", "3") as server:
        wires = [server.wire() for _ in range(5)]
        try:
            assert all(wire.works() for wire in wires[:3])
            wires[4].say(P.ECHO_REQ, b"later")
            wires[4].socket.settimeout(0.2)
            with pytest.raises(TimeoutError):
                wires[4].packet()
            for wire in wires[:2]:
                wire.socket.close()
            wires[4].socket.settimeout(DEADLINE)
            assert (P.ECHO_RES, [b"later"]) == wires[4].packet()
            assert 1 == server.said().count("no new connections until one ends: 3 are open")
        finally:
            for wire in wires:
                wire.socket.close()


def test_a_silent_worker_may_stay() -> None:
    with gear_serve("--idle-timeout", "100ms") as server, server.wire() as worker, server.wire() as other:
        worker.say(P.CAN_DO, b"f")
        worker.say(P.PRE_SLEEP)
        assert worker.works()
        other.send(b"\0RE")
        assert other.ends()
        assert P.JOB_CREATED is worker.ask(P.SUBMIT_JOB_BG, b"g", b"", b"")[0]


def test_names_are_no_longer_than_they_may_be() -> None:
    too_long = (P.ERROR, [b"ARGUMENT_TOO_LARGE", b"Function name too large"])
    with gear_serve() as server, server.wire() as wire:
        for name, refused in ((b"f" * 512, False), (b"f" * 513, True)):
            for type_, rest in (
                (P.SUBMIT_JOB_BG, (b"", b"w")),
                (P.CAN_DO, ()),
                (P.CAN_DO_TIMEOUT, (b"5",)),
            ):
                wire.send(request(type_, name, *rest) * 1 + request(P.ECHO_REQ, b"x"))
                assert refused == (wire.packet() == too_long)
                if refused or type_ is P.SUBMIT_JOB_BG:
                    assert (P.ECHO_RES, [b"x"]) == wire.packet()
        wire.send(request(P.SUBMIT_JOB_BG, b"g" * 513, b"", b"w") * 10)
        assert [too_long] * 10 == [wire.packet() for _ in range(10)]
        assert wire.line(b"create function " + b"f" * 513).startswith(b"ERR ARGUMENT_TOO_LARGE")
        assert wire.line(b"maxqueue " + b"f" * 513 + b" 1").startswith(b"ERR ARGUMENT_TOO_LARGE")
        assert [b"f" * 512] == [row.split(b"\t")[0] for row in wire.rows(b"status")]


def test_the_end_comes_in_time_although_somebody_is_held_back() -> None:
    with gear_serve("--grace", "100ms") as server, server.wire() as client, server.wire() as worker:
        worker.say(P.CAN_DO, b"f")
        handle = client.ask(P.SUBMIT_JOB, b"f", b"", b"")[1][0]
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
        hostile.flood(worker.socket, request(P.WORK_DATA, handle, bytes(60_000)), 0.5, 200 * MIB)
        server.signal(signal.SIGTERM)
        assert 128 + signal.SIGTERM == server.exit_status()
