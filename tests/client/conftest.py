"""For the tests of the client: a server and a worker where they play neither, a client and its peer else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.client.client import Client
from tests.cli.driving import gear_worker
from tests.client.peer import Listener, Peer, listening
from tests.support import ServerProcess, gear_serve


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


@pytest.fixture(scope="session")
def cat(server: ServerProcess) -> Iterator[str]:
    """A function that answers with its workload."""
    with gear_worker(server.port, "cat", ["cat"], slots=2):
        yield "cat"


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A port on which the test plays the server."""
    with listening() as listener:
        yield listener


@pytest.fixture
def client(listener: Listener) -> Iterator[Client]:
    """A Python client of the server that the test plays; see `peer`."""
    with Client([listener.address]) as client:
        yield client


@pytest.fixture
def peer(client: Client, listener: Listener) -> Iterator[Peer]:
    """The server's side of the client's connection."""
    with listener.accept() as peer:
        yield peer
