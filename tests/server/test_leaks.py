"""Whatever comes and goes, nothing of it stays: objects and counted bytes, descriptors and memory.

SOAK in the environment is for how many seconds to go on with the real server;
it then says by how much its memory grows in an hour:
`SOAK=7200 pytest -n0 -s tests/server/test_leaks.py`.
"""

from __future__ import annotations

import gc
import os
import socket
import struct
import time
import tracemalloc
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server.engine import Engine
from tests.server.transcript import Console, Talker
from tests.support import ServerProcess, Wire, gear_serve, wait_until

KIB, MIB = 1 << 10, 1 << 20
SOAK = float(os.environ.get("SOAK", "0"))
ROUNDS = 60
LONG = 3600.0
"""Seconds from which on the growth of memory can be told from noise."""
MOST_AN_HOUR = 1 * MIB

pytestmark = pytest.mark.timeout(SOAK + 120)


# -- the engine: every object counts ------------------------------------------------------------


class Churn:
    """An engine that all kinds of things come to and go from."""

    def __init__(self) -> None:
        self.engine = Engine(b"H:", retries=1, lease=300.0, keep_results=60.0)
        self.now = 0.0
        self.pass_time(1.0)
        self.console = Console(self.engine)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.engine.tick(self.now, 1e9 + self.now)

    def round(self, number: int) -> None:
        """Functions, connections, jobs of all kinds and ends, and dead letters; in the end all of it goes."""
        functions = [b"churn-%d-%d" % (number, each) * (1 + 10 * (each % 2)) for each in range(4)]
        client, worker = Talker(self.engine), Talker(self.engine, 1).can_do(*functions)
        worker.say(P.SET_CLIENT_ID, b"worker %d" % number)
        worker.say(P.CAN_DO_TIMEOUT, functions[0], b"5000")
        client.say(P.OPTION_REQ, b"exceptions")
        for function in functions:
            self.jobs(client, function, number)
        self.work(worker)
        self.operate(functions)
        client.leave()
        worker.leave()
        self.engine.talking.clear()  # the loop has sent what they were told
        for function in functions:
            self.console.ask(b"purge %b" % function)
            self.console.ask(b"purge %b dead" % function)
        self.pass_time(100.0)  # what is kept for a time is kept no longer
        for function in functions:
            assert self.console.ask(b"drop function %b" % function).startswith(b"OK")

    def jobs(self, client: Talker, function: bytes, number: int) -> None:
        unique = b"unique %d" % number
        later = b"%d" % (1e9 + self.now + 50)
        jobs: tuple[tuple[P, tuple[bytes, ...]], ...] = (
            (P.SUBMIT_JOB, (unique, bytes(KIB))),
            (P.SUBMIT_JOB_BG, (unique, bytes(KIB))),
            (P.SUBMIT_JOB_HIGH, (b"-", b"%d" % number)),
            *[(P.SUBMIT_JOB_LOW_BG, (b"", b"poison"))] * 3,
            (P.SUBMIT_JOB_EPOCH, (b"", later, b"w")),
            (P.SUBMIT_REDUCE_JOB, (b"", b"reducer", b"", b"w")),
            *[(P.SUBMIT_JOB, (b"", b"w"))] * 4,
        )
        for type_, fields in jobs:
            assert P.JOB_CREATED is client.say(type_, function, *fields)[-1][0]

    def work(self, worker: Talker) -> None:
        """Jobs end in every way there is; the poisoned lose their worker until they are dead."""
        ends = (
            lambda handle: worker.say(P.WORK_COMPLETE, handle, bytes(KIB)),
            lambda handle: worker.say(P.WORK_EXCEPTION, handle, b"words"),
            lambda handle: (worker.say(P.WORK_DATA, handle, bytes(KIB)), worker.say(P.WORK_FAIL, handle)),
            lambda handle: None,  # it takes too long, or is left to the end of the connection
        )
        count = 0
        while (told := worker.say(P.GRAB_JOB))[-1][0] is P.JOB_ASSIGN:
            handle, function, workload = told[-1][1]
            if workload == b"poison":
                worker.say(P.CANT_DO, function)
                worker.say(P.CAN_DO, function)
            else:
                ends[count % len(ends)](handle)
                count += 1
        assert count > 20
        worker.say(P.PRE_SLEEP)

    def operate(self, functions: list[bytes]) -> None:
        """What operators do leaves as little."""
        dead = self.console.documents(b"dead")
        assert 3 * len(functions) == len(dead)
        for document in dead[::2]:
            self.console.documents(b"retry " + document["handle"].encode())
        for command in (b"pause %b", b"resume %b", b"maxqueue %b 5", b"maxqueue %b 0", b"purge %b"):
            self.console.ask(command % functions[-1])
        for command in (b"status", b"workers", b"jobs", b"clients", b"functions"):
            self.console.ask(command)
        self.pass_time(10.0)  # those with a time limit are over


def test_an_engine_is_afterwards_what_it_was() -> None:
    churn = Churn()
    tracemalloc.start()
    for number in range(20):  # what is made once is made
        churn.round(number)
    gc.collect()
    before = len(gc.get_objects()), tracemalloc.get_traced_memory()[0]
    for number in range(20, 20 + ROUNDS):
        churn.round(number)
    gc.collect()
    objects, size = len(gc.get_objects()) - before[0], tracemalloc.get_traced_memory()[0] - before[1]
    tracemalloc.stop()
    registry = churn.engine.registry
    assert 0 == registry.weight
    assert ({}, [], inf) == (registry.queues, list(registry.jobs), churn.engine.due())
    assert 1 == len(churn.engine.peers)
    print(f"\n{objects:+d} objects, {size:+d} bytes")
    assert objects < ROUNDS // 2, "an object of every round stays, or of every second"
    assert size < ROUNDS * 64, "bytes of every round stay"


# -- the server: descriptors and memory -----------------------------------------------------------


@pytest.fixture(params=["in memory", "stored"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    store = ("--store", str(tmp_path / "jobs.db")) if request.param == "stored" else ()
    # Without --keep-results: what is kept for a second is now more, now less, and would hide a slow growth.
    with gear_serve(*store, "--job-retries", "0") as server:
        yield server


def descriptors(server: ServerProcess) -> int:
    """How many it has with one connection, when all others have ended."""
    with server.wire() as operator:
        wait_until(lambda: len(operator.rows(b"clients")) == 1)
        return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def visit(server: ServerProcess, number: int) -> None:
    """Connections that end in every way, functions of their own, and jobs."""
    functions = [b"churn-%d-%d" % (number, each) for each in range(5)]
    hasty = [server.wire() for _ in range(6)]
    words = b"", b"\0RE", b"status\n" * 50, b"\0what", b"x" * 10_000, b"\n"
    for wire, said in zip(hasty, words, strict=True):
        wire.send(said)
    # Those that end so are reset, in the middle of what they say and are told.
    hasty[2].socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with server.wire() as client, server.wire() as worker:
        for function in functions:
            worker.say(P.CAN_DO, function)
            client.send(request(P.SUBMIT_JOB, function, b"", bytes(KIB)) * 10)
            client.send(request(P.SUBMIT_JOB_BG, function, b"u", bytes(KIB)))
            client.send(request(P.SUBMIT_JOB_BG, function, b"", b"poison"))
        assert 12 * len(functions) <= sum(1 for _ in created(client, 12 * len(functions)))
        while (packet := worker.ask(P.GRAB_JOB))[0] is P.JOB_ASSIGN:
            handle, function, workload = packet[1]
            if workload == b"poison":
                worker.send(request(P.CANT_DO, function) + request(P.CAN_DO, function))
            else:
                worker.say(P.WORK_COMPLETE, handle, workload)
        assert worker.works()
    for wire in hasty:
        wire.socket.close()
    forget(server, functions)


def created(client: Wire, count: int) -> Iterator[bytes]:
    """The handles of so many jobs."""
    while count:
        type_, fields = client.packet()
        if type_ is P.JOB_CREATED:
            count -= 1
            yield fields[0]


def forget(server: ServerProcess, functions: list[bytes]) -> None:
    """Have nothing known of some functions, once those who could do them are gone."""
    with server.wire() as operator:
        wait_until(lambda: all(row.endswith(b"\t0\t0\t0\n") for row in operator.rows(b"status")))
        for function in functions:
            operator.rows(b"purge %b dead" % function)
            assert operator.line(b"drop function " + function).startswith(b"OK")


def test_a_server_is_afterwards_what_it_was(server: ServerProcess) -> None:
    visit(server, 0)  # what is opened once, with the first job that is stored, is open
    before, begin, sizes, number = descriptors(server), time.monotonic(), [], 0
    while number < ROUNDS or time.monotonic() < begin + SOAK:
        number += 1
        visit(server, number)
        sizes.append((time.monotonic() - begin, server.memory("VmRSS")))
    assert before == descriptors(server)
    with server.wire() as operator:
        for command in (b"status", b"jobs", b"dead", b"functions"):
            assert [] == operator.rows(command)
    grown = sizes[-1][1] - sizes[len(sizes) // 4][1]
    print(f"\n{number} rounds in {sizes[-1][0]:.0f} s: {before} descriptors, {sizes[-1][1] / MIB:.1f} MiB,")
    print(f"{grown / KIB:+.0f} KiB since the first quarter")
    assert grown < 4 * MIB
    if SOAK:
        hourly = slope(sizes[len(sizes) // 3 :]) * 3600
        print(f"{hourly / MIB:+.2f} MiB an hour in the last two thirds")
        assert SOAK < LONG or hourly < MOST_AN_HOUR


def slope(points: list[tuple[float, int]]) -> float:
    """By how much the second grows with the first, by least squares."""
    count = len(points)
    x, y = sum(a for a, _ in points) / count, sum(b for _, b in points) / count
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)
