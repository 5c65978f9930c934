"""Nothing acknowledged is lost, however often the server is killed.

Four producers and two workers talk to `gear serve --store`, which is killed
and started again.  Uniques are one third random, one third empty and one
third `-`.  KILLS in the environment makes it longer: `KILLS=200 pytest tests/interop/test_killed.py`.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.support import Process, ServerProcess, Wire, connects, free_port, gear, wait_until

KILLS = int(os.environ.get("KILLS", "20"))
LONGEST = 3.0 if "KILLS" in os.environ else 0.5
"""Seconds that the server lives at most."""
PRODUCERS, WORKERS = 4, 2
BATCH = 16
IN_FLIGHT = 4 * WORKERS
"""Jobs that may be in flight at a kill: each worker's, and those whose reports the server is just reading."""
LAG = 0.5
"""Seconds before a kill in which a report may not have reached the server: it counts as in flight."""

pytestmark = pytest.mark.timeout(60 + 10 * KILLS)


class History:
    """What producers were promised and workers did; one thread appends to each list."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.drained = threading.Event()
        self.acknowledged: list[bytes] = []
        self.done: list[tuple[float, bytes]] = []
        """Each job that was reported as complete, and when."""
        self.kills: list[float] = []


def produce(port: int, number: int, history: History) -> None:
    """Submit batches; what is acknowledged counts, what a kill left open does not."""
    chance, count = random.Random(number), 0
    while not history.over.is_set():
        with contextlib.suppress(OSError, EOFError, AssertionError), Wire(port) as wire:
            while not history.over.is_set():
                batch = [b"%d-%d" % (number, count + each) for each in range(BATCH)]
                count += BATCH
                uniques = [(uuid.uuid4().hex.encode(), b"", b"-")[chance.randrange(3)] for _ in batch]
                pairs = zip(uniques, batch, strict=True)
                wire.send(b"".join(request(P.SUBMIT_JOB_BG, b"f", *pair) for pair in pairs))
                for workload in batch:
                    if wire.packet()[0] is not P.JOB_CREATED:
                        break
                    history.acknowledged.append(workload)
        time.sleep(0.005)  # the server is being started again


def work(port: int, history: History) -> None:
    """Do jobs; a report is sent together with the question for the next job."""
    while not history.drained.is_set():
        with contextlib.suppress(OSError, EOFError, AssertionError), Wire(port) as wire:
            wire.send(request(P.CAN_DO, b"f") + request(P.GRAB_JOB))
            while not history.drained.is_set():
                type_, fields = wire.packet()
                if type_ is P.JOB_ASSIGN:
                    wire.send(request(P.WORK_COMPLETE, fields[0], b"") + request(P.GRAB_JOB))
                    history.done.append((time.monotonic(), fields[2]))
                else:
                    time.sleep(0.002)
                    wire.send(request(P.GRAB_JOB))
        time.sleep(0.005)


@contextlib.contextmanager
def running(history: History, port: int) -> Iterator[None]:
    producers = [threading.Thread(target=produce, args=(port, n, history)) for n in range(PRODUCERS)]
    workers = [threading.Thread(target=work, args=(port, history)) for _ in range(WORKERS)]
    for thread in producers + workers:
        thread.start()
    try:
        yield
    finally:
        history.over.set()
        history.drained.set()
        for thread in producers + workers:
            thread.join()


def started(port: int, store: Path) -> ServerProcess:
    server = ServerProcess(gear("serve", "-p", str(port), "--store", str(store)))
    wait_until(lambda: connects(port) or not server.alive())
    assert server.alive(), server.said()
    server.port = port
    return server


def test_no_acknowledged_job_is_lost_and_few_run_twice(tmp_path: Path) -> None:
    port, store, history, chance = free_port(), tmp_path / "jobs.db", History(), random.Random(KILLS)
    server = started(port, store)
    try:
        with running(history, port):
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.02, LONGEST))  # the moment of a kill is arbitrary
                server.signal(signal.SIGKILL)
                server.exit_status()
                history.kills.append(time.monotonic())
                server.end()
                server = started(port, store)
            history.over.set()
            wait_until(lambda: queued(server) == 0, 60)
            history.drained.set()
        report(history)
    finally:
        server.end()
    assert set() == set(history.acknowledged) - {workload for _, workload in history.done}
    assert [] == unexcused(history)
    again = len(history.done) - len({workload for _, workload in history.done})
    assert again <= IN_FLIGHT * KILLS


def queued(server: Process) -> int:
    assert isinstance(server, ServerProcess)
    with server.wire() as wire:
        return sum(int(row.split(b"\t")[1]) for row in wire.rows(b"status"))


def unexcused(history: History) -> list[bytes]:
    """Jobs that ran again though no kill came at, or shortly after, the end of an earlier run."""
    ends: dict[bytes, list[float]] = {}
    for moment, workload in history.done:
        ends.setdefault(workload, []).append(moment)
    again = {workload: sorted(moments)[:-1] for workload, moments in ends.items() if len(moments) > 1}
    return [
        workload
        for workload, moments in again.items()
        if not all(any(0 <= kill - moment <= LAG for kill in history.kills) for moment in moments)
    ]


def report(history: History) -> None:
    """The figures, for who runs it long: `pytest -s`."""
    runs = Counter(workload for _, workload in history.done)
    twice = sum(count - 1 for count in runs.values())
    lost = set(history.acknowledged) - set(runs)
    print(f"\n{KILLS} kills, {len(history.acknowledged)} acknowledged, {len(lost)} lost, {twice} run again")
