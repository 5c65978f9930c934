"""Background jobs for a server with a store that goes and comes: what was promised and what was done."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.support import Process, ServerProcess, Wire, connects, gear, wait_until

PRODUCERS, WORKERS = 4, 2
BATCH = 16


class History:
    """What producers were promised and workers did; one thread appends to each list."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.drained = threading.Event()
        self.acknowledged: list[bytes] = []
        self.done: list[tuple[float, bytes]] = []
        """Each job that was reported as complete, and when."""
        self.kills: list[float] = []
        """When the server was killed, if it was."""


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
    """Have producers and workers run for the length of a block."""
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


def started(port: int, store: Path, *options: str) -> ServerProcess:
    """A server on a port, with its jobs of before."""
    server = ServerProcess(gear("serve", "-p", str(port), "--store", str(store), *options))
    wait_until(lambda: connects(port) or not server.alive())
    assert server.alive(), server.said()
    server.port = port
    return server


def queued(server: Process) -> int:
    """How many jobs a server has."""
    assert isinstance(server, ServerProcess)
    with server.wire() as wire:
        return sum(int(row.split(b"\t")[1]) for row in wire.rows(b"status"))
