"""A server and two workers for all tests of the command line."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cli.driving import gear_worker
from tests.cli.events import Clock
from tests.client.peer import Listener, listening
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


@pytest.fixture(scope="session")
def failing(server: ServerProcess) -> Iterator[str]:
    """A function that fails unless its workload is `good`."""
    with gear_worker(server.port, "failing", ["grep", "-x", "good"]):
        yield "failing"


@pytest.fixture
def clock() -> Clock:
    """Time that stands still until the test moves it."""
    return Clock()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A port behind which the test plays the server."""
    with listening() as listener:
        yield listener
