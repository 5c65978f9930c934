"""What the tests of workers in Python share: servers, callables, and whoever submits jobs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import Packet, PacketType
from gearcli.worker.assigned import AssignedJob, Work
from tests.support import DEADLINE, ServerProcess, Wire, gearmand, needs_peers

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
