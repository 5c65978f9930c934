"""What the tests of `gear worker` share: functions and commands, workers, and whoever submits jobs."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gearcli.protocol.packets import Packet, PacketType
from tests.cli.driving import gear_worker
from tests.support import ServerProcess, Wire

ENDS = {PacketType.WORK_COMPLETE, PacketType.WORK_FAIL, PacketType.WORK_EXCEPTION}


def a_name() -> str:
    """A function that no other test uses."""
    return f"f-{uuid.uuid4().hex[:8]}"


def submit(port: int, function: str, *workloads: bytes) -> list[Packet]:
    """Submit jobs; what was said about them until all have ended, without their handles."""
    said: list[Packet] = []
    with Wire(port) as client:
        for workload in workloads:
            client.say(PacketType.SUBMIT_JOB, function.encode(), b"", workload)
        ended = 0
        while ended < len(workloads):
            type_, fields = client.packet()
            ended += type_ in ENDS
            if type_ is not PacketType.JOB_CREATED:
                said.append((type_, fields[1:]))
    return said


def result(port: int, function: str, workload: bytes = b"") -> bytes:
    """The result of a job that is done without a warning."""
    ((type_, (data,)),) = submit(port, function, workload)
    assert PacketType.WORK_COMPLETE == type_
    return data


@contextlib.contextmanager
def working(server: ServerProcess, command: Sequence[str], *options: str, slots: int = 1) -> Iterator[str]:
    """A worker; the function that it works on."""
    function = a_name()
    with gear_worker(server.port, function, command, *options, slots=slots):
        yield function


@pytest.fixture
def until_told(tmp_path: Path) -> list[str]:
    """A command that says that it runs (file `started`), and ends when it may (file `go`)."""
    script = f"echo $$ >{tmp_path}/started; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo done"
    return ["sh", "-c", script]
