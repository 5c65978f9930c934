"""A server that is told to stop under load hands over what runs, loses nothing, and ends in its time.

Four producers, two workers, clients that await their jobs, and now and then a
worker that takes a job and does not do it.  STOPS in the environment makes it
longer and looks at the clock too: `STOPS=500 pytest -n0 -s tests/interop/test_stopped.py`.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.interop.stored_load import History, queued, running, started
from tests.support import ServerProcess, Wire, free_port, wait_until

STOPS = int(os.environ.get("STOPS", "6"))
GRACE, LATEST = 0.5, 1.0
"""Seconds of grace, and after it until the process has ended, where somebody looks at the clock."""
HUNG_EVERY = 3
"""One stop in so many finds a job that is not done within the grace."""
CLIENTS = 2

pytestmark = pytest.mark.timeout(60 + 5 * STOPS)


class Awaited:
    """What clients that wait for their jobs have heard."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.heard: list[bytes] = []

    def ask(self, port: int, number: int) -> None:
        """Submit a job and wait for it, again and again."""
        count = 0
        while not self.over.is_set():
            with contextlib.suppress(OSError, AssertionError), Wire(port) as wire:
                while not self.over.is_set():
                    count += 1
                    workload = b"awaited-%d-%d" % (number, count)
                    wire.send(request(P.SUBMIT_JOB_HIGH, b"f", b"", workload))
                    assert P.JOB_CREATED is wire.packet()[0]
                    assert P.WORK_COMPLETE is wire.packet()[0]
                    self.heard.append(workload)
            time.sleep(0.005)  # the server is being started again


@contextlib.contextmanager
def awaiting(port: int, awaited: Awaited) -> Iterator[None]:
    clients = [threading.Thread(target=awaited.ask, args=(port, number)) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        awaited.over.set()
        for client in clients:
            client.join()


@contextlib.contextmanager
def hung(server: ServerProcess) -> Iterator[bytes]:
    """A worker that does not do its job; its workload."""
    with server.wire() as wire:
        wire.send(request(P.CAN_DO, b"f"))
        while (packet := wire.ask(P.GRAB_JOB))[0] is P.NO_JOB or packet[1][2].startswith(b"awaited"):
            if packet[0] is P.JOB_ASSIGN:
                wire.say(P.WORK_FAIL, packet[1][0])
        yield packet[1][2]


def stopped_under_load(
    server: ServerProcess, history: History, chance: random.Random, with_hung: bool
) -> tuple[float, bytes | None]:
    """Tell a server to stop; how long that took, and the workload of a job that was cut short."""
    mark = len(history.done)
    wait_until(lambda: len(history.done) > mark)
    time.sleep(chance.uniform(0.0, 0.3))  # the moment of a stop is arbitrary
    with hung(server) if with_hung else contextlib.nullcontext() as workload:
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        status = server.exit_status()
        took = time.monotonic() - begin
    assert (128 + signal.SIGTERM if workload else 0) == status, server.said()
    assert ("1 job cut short; 1 of them will run again" in server.said()) == bool(workload)
    return took, workload


def test_nothing_is_lost_and_nobody_waits_long(tmp_path: Path) -> None:
    port, store, chance = free_port(), tmp_path / "jobs.db", random.Random(STOPS)
    history, awaited, grace = History(), Awaited(), ("--grace", f"{GRACE}s")
    server, seconds, cut = started(port, store, *grace), [], list[bytes]()
    try:
        with running(history, port):
            with awaiting(port, awaited):
                for number in range(STOPS):
                    took, workload = stopped_under_load(server, history, chance, number % HUNG_EVERY == 0)
                    seconds.append(took)
                    cut += [workload] if workload else []
                    server.end()
                    server = started(port, store, *grace)
            history.over.set()
            wait_until(lambda: queued(server) == 0, 60)
            history.drained.set()
    finally:
        server.end()
    look(history, awaited, cut)
    print(f"\n{STOPS} stops, {len(history.acknowledged)} acknowledged, {len(awaited.heard)} awaited")
    print(f"the longest stop took {max(seconds):.2f} s with a grace of {GRACE} s")
    if "STOPS" in os.environ:
        assert max(seconds) <= GRACE + LATEST


def look(history: History, awaited: Awaited, cut: list[bytes]) -> None:
    """Nothing acknowledged is lost, all that was done was heard of, and nothing ran twice."""
    runs = Counter(workload for _, workload in history.done)
    assert set() == set(history.acknowledged) - runs.keys()
    assert set() == set(cut) - runs.keys(), "what was cut short runs again"
    assert {workload for workload in runs if workload.startswith(b"awaited")} == set(awaited.heard)
    assert [] == [workload for workload, count in runs.items() if count > 1]
    assert len(awaited.heard) >= STOPS
