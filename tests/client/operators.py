"""An operator's connection, to a server that the test plays or to a real one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from gearcli.client.admin import Admin
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from tests.client.answering import Answering, answering
from tests.support import ServerProcess, Wire


@pytest.fixture
def ends() -> Iterator[tuple[Admin, Answering]]:
    """An operator's connection and the server at its other end."""
    with answering() as server, Admin(server.address) as admin:
        yield admin, server


@contextlib.contextmanager
def operating(server: ServerProcess) -> Iterator[tuple[Admin, bytes]]:
    """An operator's connection, and a job that waits."""
    with Wire(server.port) as client, Admin(Address("127.0.0.1", server.port)) as admin:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, b"a function", b"", b"\0\xff\n.\n")
        yield admin, handle
