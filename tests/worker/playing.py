"""What the tests of workers in Python share: servers, workers, callables, and whoever submits jobs."""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from gearcli.protocol.address import Address
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, Packet, PacketType
from gearcli.worker.assigned import AssignedJob, Work
from gearcli.worker.callables import Worker
from gearcli.worker.worker import Job, Session
from tests.cli.driving import counts
from tests.client.peer import Peer, listening
from tests.support import DEADLINE, ServerProcess, Wire, gearmand, needs_peers, wait_until

P = PacketType
ENDS = {P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION}
BIG = 8 << 20
"""Bytes, more than a socket takes at once."""


@pytest.fixture(scope="module", params=["gear serve", pytest.param("gearmand", marks=needs_peers)])
def job_server(request: pytest.FixtureRequest, server: ServerProcess) -> Iterator[ServerProcess]:
    """Each server in turn that a worker has to work with."""
    if request.param == "gear serve":
        yield server
    else:
        with gearmand() as peer:
            yield peer


@pytest.fixture
def name() -> str:
    """A function that no other test uses."""
    return f"f-{uuid.uuid4().hex[:8]}"


def at(port: int) -> str:
    return f"127.0.0.1:{port}"


def until_ended(client: Wire) -> list[Packet]:
    """What is said about a job until it ends, without its handle."""
    said: list[Packet] = []
    while not said or said[-1][0] not in ENDS:
        type_, fields = client.packet()
        if type_ is not P.JOB_CREATED:
            said.append((type_, fields[1:]))
    return said


def submitted(server: ServerProcess, name: str, workload: bytes = b"", option: bytes = b"") -> list[Packet]:
    """Submit a job; what is said about it until it ends."""
    with server.wire() as client:
        if option:
            assert (P.OPTION_RES, [option]) == client.ask(P.OPTION_REQ, option)
        client.say(P.SUBMIT_JOB, name.encode(), b"", workload)
        return until_ended(client)


def queue(port: int, name: str, *workloads: bytes) -> None:
    """Submit jobs in the background."""
    with Wire(port) as client:
        for workload in workloads:
            assert P.JOB_CREATED == client.ask(P.SUBMIT_JOB_BG, name.encode(), b"", workload)[0]


class Gate:
    """A callable that says that it works, and ends when it may."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, job: AssignedJob) -> bytes:
        self.begun.set()
        assert self.go.wait(DEADLINE)
        return b"done"


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate that is open in the end, so that no thread stays."""
    gate = Gate()
    yield gate
    gate.go.set()


def raising(error: BaseException) -> Work:
    """A callable that raises."""

    def work(job: AssignedJob) -> bytes:
        raise error

    return work


def worker_at(*ports: int, connect_timeout: float = 5.0) -> Worker:
    return Worker([at(port) for port in ports], connect_timeout=connect_timeout)


@contextlib.contextmanager
def running(worker: Worker, jobs: int | None = None, idle: float | None = None) -> Iterator[Future[int]]:
    """A worker that runs in another thread until the block ends; the future of what `run` returns."""
    with worker, ThreadPoolExecutor(1) as threads:
        future = threads.submit(worker.run, jobs=jobs, idle=idle)
        try:
            yield future
        finally:
            worker.stop()
            future.exception(DEADLINE)


@contextlib.contextmanager
def working(server: ServerProcess, name: str, work: Work) -> Iterator[Future[int]]:
    """A worker with one function, which its server knows."""
    worker = worker_at(server.port)
    worker.register(name, work)
    with running(worker) as future:
        wait_until(lambda: counts(server.port, name)[2] == 1 or future.done())
        yield future
    future.result()


@contextlib.contextmanager
def one_server(name: str, work: Work, connect_timeout: float = 5.0) -> Iterator[tuple[Peer, Worker]]:
    """A worker that runs for a server which the test plays, and which it has asked for a job."""
    with listening() as listener:
        worker = worker_at(listener.port, connect_timeout=connect_timeout)
        worker.register(name, work)
        with running(worker), listener.accept() as peer:
            assert [P.CAN_DO, P.GRAB_JOB_UNIQ] == peer.types(2)
            try:
                yield peer, worker
            finally:
                worker.stop()
                peer.close()


class Told:
    """A session's connection that only notes what is reported of a job."""

    def __init__(self) -> None:
        self.address = Address("server", 4730)
        self.unsent = False
        self._decoder = Decoder(REQUEST)
        self.packets: list[tuple[str, bytes]] = []
        """The names of the packets, and what they hold beside the handle."""

    def send(self, *parts: bytes) -> None:
        """Something is to leave."""
        for type_, fields in self._decoder.feed(b"".join(parts)):
            self.packets.append((type_.name, b" ".join(fields[1:])))


def told_job(workload: bytes = b"", function: bytes = b"f") -> tuple[Job, Told]:
    """A job of a session, and what is reported of it."""
    told = Told()
    session = Session(told, ())  # type: ignore[arg-type]  # all that is needed of a connection
    return Job(session, b"H:1", function, b"u", workload), told
