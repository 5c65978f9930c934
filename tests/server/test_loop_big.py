"""The real server, big packets and slow readers: nothing is lost, and little is held."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.support import DEADLINE, ServerProcess, Wire, gear_serve, wait_until

MIB = 1 << 20


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
