"""A job whose worker is killed goes to the next one, every time and soon; gearmand is asked the same.

LOST in the environment makes it longer and looks at the clock too:
`LOST=1000 pytest -n0 -s tests/interop/test_lost_workers.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.support import DEADLINE, ServerProcess, Wire, gear_serve, gearmand, needs_peers

LOST = int(os.environ.get("LOST", "15"))
SOON = 0.1
"""Seconds in which 99 of 100 jobs have to be offered again, where somebody looks at the clock."""
AT_ONCE = 3
"""Workers that are started before they are needed."""

WORKER = """
import socket, sys, time
sys.stdin.readline()
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
connection.sendall(bytes.fromhex(sys.argv[2]))
data = connection.recv(1 << 16)
sys.stdout.write(data[12:].split(b"\\0")[0].decode() + "\\n")
sys.stdout.flush()
while line := sys.stdin.readline():
    connection.sendall(bytes.fromhex(line))
    sys.stdout.write("said\\n")
    sys.stdout.flush()
"""
"""Takes a job and says its handle; then it says what it is told to say, until it is killed."""

pytestmark = pytest.mark.timeout(60 + LOST)


class Victim:
    """A worker that will be killed in the middle of a job."""

    def __init__(self, port: int) -> None:
        hello = request(P.CAN_DO, b"f") + request(P.GRAB_JOB)
        # Without `site` and in isolation an interpreter starts in a third of the time.
        command = [sys.executable, "-S", "-I", "-c", WORKER, str(port), hello.hex()]
        self._popen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def take(self) -> bytes:
        """Take a job; its handle."""
        return self._ask("").encode()

    def say(self, data: bytes) -> None:
        """Send bytes to the server."""
        assert self._ask(data.hex()) == "said"

    def _ask(self, line: str) -> str:
        assert self._popen.stdin is not None
        assert self._popen.stdout is not None
        self._popen.stdin.write(f"{line}\n")
        self._popen.stdin.flush()
        return self._popen.stdout.readline().strip()

    def kill(self) -> None:
        """Kill it; its connection is gone when this returns."""
        self._popen.kill()
        self._popen.communicate(timeout=DEADLINE)


@pytest.fixture(params=["gear serve", pytest.param("gearmand", marks=needs_peers)])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    started: AbstractContextManager[ServerProcess] = (
        gear_serve() if request.param == "gear serve" else gearmand()
    )
    with started as server:
        yield server


@pytest.fixture
def victims(server: ServerProcess) -> Iterator[deque[Victim]]:
    waiting: deque[Victim] = deque()
    yield waiting
    for victim in waiting:
        victim.kill()


LAST_WORDS: tuple[Callable[[bytes], bytes], ...] = (
    lambda handle: b"",
    lambda handle: request(P.WORK_STATUS, handle, b"1", b"2"),
    lambda handle: request(P.WORK_COMPLETE, handle, b"no result")[:-3],
    lambda handle: request(P.WORK_DATA, handle, b"part") + request(P.WORK_COMPLETE, handle, b"")[:5],
)
"""What a worker has said when it is killed: nothing, a report, or a result of which not all arrives."""


def test_a_job_whose_worker_is_killed_is_offered_again(server: ServerProcess, victims: deque[Victim]) -> None:
    seconds = []
    with server.wire() as client, server.wire() as heir:
        heir.say(P.CAN_DO, b"f")
        for number in range(LOST):
            while len(victims) < AT_ONCE:
                victims.append(Victim(server.port))
            words = LAST_WORDS[number % len(LAST_WORDS)]
            kind = (P.SUBMIT_JOB, P.SUBMIT_JOB_BG)[number // len(LAST_WORDS) % 2]
            _, (handle,) = client.ask(kind, b"f", b"", b"w")
            assert handle == victims[0].take()
            heir_sleeps(heir)
            if said := words(handle):
                victims[0].say(said)
            begin = time.monotonic()
            victims.popleft().kill()
            assert (P.NOOP, []) == heir.packet()
            assert (P.JOB_ASSIGN, [handle, b"f", b"w"]) == heir.ask(P.GRAB_JOB)
            seconds.append(time.monotonic() - begin)
            heir.say(P.WORK_COMPLETE, handle, b"%d" % number)
            if kind is P.SUBMIT_JOB:
                assert b"%d" % number == result(client, handle)
        assert client.works(), "and nothing else was said"
    seconds.sort()
    p99 = seconds[LOST * 99 // 100] * 1000
    print(f"\n{LOST} workers killed: p99 {p99:.1f} ms, the longest {seconds[-1] * 1000:.1f} ms")
    if "LOST" in os.environ:
        assert p99 < SOON * 1000


def heir_sleeps(heir: Wire) -> None:
    """Have the other worker learn that there is no job, and sleep."""
    assert (P.NO_JOB, []) == heir.ask(P.GRAB_JOB)
    heir.say(P.PRE_SLEEP)
    assert heir.works()


def result(client: Wire, handle: bytes) -> bytes:
    """What a client is told in the end, after what the dead worker could still say."""
    while True:
        type_, fields = client.packet()
        assert fields[0] == handle
        if type_ is P.WORK_COMPLETE:
            return fields[1]
        assert type_ in (P.WORK_STATUS, P.WORK_DATA)
