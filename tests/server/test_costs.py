"""What a job costs, counted and not timed: bytecodes, and system calls of the loop.

The bounds are what was counted when they were written, and a twentieth more.
Who makes the server cheaper lowers them.
"""

from __future__ import annotations

import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from selectors import SelectorKey
from types import FrameType
from typing import Any

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from gearcli.server import counting
from gearcli.server.counters import Counters, Result
from gearcli.server.engine import Engine
from gearcli.server.links import READ
from gearcli.server.log import Log
from gearcli.server.loop import Server
from gearcli.server.operator import Operator

JOBS = 160
CLIENTS = WORKERS = 4
BATCH = 16
"""Jobs that a client submits in one piece; a worker always has one."""

MOST = {
    "bytecodes per job": 980,
    "bytecodes per job, counted": 1199,
    "bytecodes per ECHO_REQ, alike": 7,
    "bytecodes per ECHO_REQ": 149,
    "bytecodes per SUBMIT_JOB_BG, alike": 99,
    "bytecodes per SUBMIT_JOB_BG": 317,
    "bytecodes per CAN_DO": 217,
}


class Counted:
    """A socket that counts what it is asked to do; what it receives is set in `arriving`."""

    family = socket.AF_UNIX

    def __init__(self, calls: Counter[str]) -> None:
        self._calls = calls
        self.arriving = b""

    def recv(self, size: int) -> bytes:
        self._calls["recv"] += 1
        return self.arriving

    def send(self, data: bytes) -> int:
        self._calls["send"] += 1
        return len(data)

    def fileno(self) -> int:
        return id(self)

    def setblocking(self, flag: bool) -> None:
        self._calls["other"] += 1

    def getpeername(self) -> str:
        return ""


class House:
    """A server whose sockets and selector are played, so that every run is the same to the last bytecode."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls = Counter[str]()
        self.engine = Engine(b"H:")
        self.server = Server(self.engine, Operator(self.engine, version="0", pid=1), [], log=Log())
        monkeypatch.setattr(self.server, "selector", self)
        self._keys: list[SelectorKey] = []
        self._numbers = 0
        self.settle()  # in its first turn a server looks around

    # As a selector.

    def register(self, connection: Any, mask: int, link: Any) -> None:
        self._keys.append(SelectorKey(connection, connection.fileno(), mask, link))

    def modify(self, *_: object) -> None:
        self.calls["other"] += 1

    # As the world.

    def dial(self) -> SelectorKey:
        """A connection more."""
        connection: Any = Counted(self.calls)
        self.server._connected(connection, "")
        return self._keys[-1]

    def arrive(self, *pieces: tuple[SelectorKey, bytes]) -> None:
        """Let bytes arrive, all in one turn."""
        for key, data in pieces:
            key.fileobj.arriving = data  # type: ignore[union-attr]
        self.server._turn([(key, READ) for key, _ in pieces], 0.0, 0.0)

    def settle(self) -> None:
        """A turn in which nothing arrives: all answers leave."""
        self.arrive()
        self.server._sending.release()

    def handles(self, count: int) -> list[bytes]:
        """The handles of the next jobs."""
        self._numbers += count
        return [b"H:%d" % number for number in range(self._numbers - count + 1, self._numbers + 1)]


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    return House(monkeypatch)


def bytecodes(call: Callable[[], object]) -> int:
    """How many bytecodes of this project a call executes."""
    count = 0

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if "gearcli" not in frame.f_code.co_filename:
            return None
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


class Cycle:
    """Clients that submit and workers that complete, in steady state: as much comes in as is done."""

    def __init__(self, house: House, function: bytes = b"f") -> None:
        self._house = house
        self._clients = [house.dial() for _ in range(CLIENTS)]
        self._workers = [house.dial() for _ in range(WORKERS)]
        self._submit = request(P.SUBMIT_JOB, function, b"", b"x" * 64)
        for worker in self._workers:
            house.arrive((worker, request(P.CAN_DO, function)))
        house.arrive((self._clients[0], self._submit * WORKERS))
        for worker in self._workers:
            house.arrive((worker, request(P.GRAB_JOB)))
        self._running = house.handles(WORKERS)

    def run(self, jobs: int = JOBS) -> None:
        """So many jobs: a client's batch arrives, then the workers' reports, all in one turn."""
        for start in range(0, jobs, BATCH):
            self._house.arrive((self._clients[start // BATCH % CLIENTS], self._submit * BATCH))
            for _ in range(0, BATCH, WORKERS):
                self._house.arrive(*self._reports())

    def _reports(self) -> Iterator[tuple[SelectorKey, bytes]]:
        done, self._running = self._running, self._house.handles(WORKERS)
        for worker, handle in zip(self._workers, done, strict=True):
            yield worker, request(P.WORK_COMPLETE, handle, b"ok") + request(P.GRAB_JOB)


def test_the_bytecodes_of_a_job(house: House) -> None:
    cycle = Cycle(house)
    assert bytecodes(cycle.run) / JOBS <= MOST["bytecodes per job"]
    assert WORKERS == len(house.engine.registry.jobs)


def test_the_bytecodes_of_a_job_that_is_counted(house: House) -> None:
    counters = Counters()
    counting.count(house.engine, counters)
    cycle = Cycle(house)
    assert bytecodes(cycle.run) / JOBS <= MOST["bytecodes per job, counted"]
    assert JOBS == counters.ended(Result.COMPLETED)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("ECHO_REQ, alike", lambda number: [b"x" * 64]),
        ("ECHO_REQ", lambda number: [b"x" * (64 + number % 2)]),
        ("SUBMIT_JOB_BG, alike", lambda number: [b"f", b"", b"x" * 64]),
        ("SUBMIT_JOB_BG", lambda number: [b"f", b"", b"x" * (64 + number % 2)]),
        ("CAN_DO", lambda number: [b"f%d" % number]),
    ],
)
def test_the_bytecodes_of_a_packet(house: House, name: str, fields: Callable[[int], list[bytes]]) -> None:
    """Those that are alike, of one size and function, are done many at once."""
    key, type_ = house.dial(), P[name.partition(",")[0]]
    packets = b"".join(request(type_, *fields(number)) for number in range(JOBS))
    assert bytecodes(lambda: house.arrive((key, packets))) / JOBS <= MOST[f"bytecodes per {name}"]


def test_the_system_calls_of_a_job(house: House) -> None:
    cycle = Cycle(house)
    house.calls.clear()
    cycle.run()
    reports, batches = JOBS, JOBS // BATCH
    assert reports + batches == house.calls.pop("recv")
    # A worker is answered alone; answers to clients wait for each other.
    assert reports <= house.calls.pop("send") <= reports + batches
    assert {} == house.calls


def queued(house: House, count: int) -> None:
    house.arrive((house.dial(), request(P.SUBMIT_JOB_BG, b"other", b"", b"w") * count))
    house.handles(count)


def functions(house: House, count: int) -> None:
    house.arrive((house.dial(), b"".join(request(P.CAN_DO, b"f%d" % number) for number in range(count))))


def connections(house: House, count: int) -> None:
    for _ in range(count):
        house.dial()


def sleepers(house: House, count: int) -> None:
    for _ in range(count):
        house.arrive((house.dial(), request(P.CAN_DO, b"other") + request(P.PRE_SLEEP)))


@pytest.mark.parametrize(
    ("hold", "counts"),
    [
        (queued, (1, 1000, 100_000)),
        (functions, (1, 1000, 30_000)),
        (connections, (1, 1000, 10_000)),
        (sleepers, (1, 1000, 10_000)),
    ],
)
def test_a_job_costs_the_same_whatever_the_server_holds(
    monkeypatch: pytest.MonkeyPatch, hold: Callable[[House, int], None], counts: tuple[int, ...]
) -> None:
    costs = []
    for count in counts:
        house = House(monkeypatch)
        hold(house, count)
        house.settle()
        costs.append(bytecodes(Cycle(house).run))
    assert max(costs) - costs[0] < JOBS, "more than a bytecode a job"
