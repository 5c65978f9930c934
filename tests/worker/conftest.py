"""What tests of the worker share: a server for all of them; for each its own servers, commands and crews."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.client.peer import Listener, listening
from tests.support import ServerProcess, gear_serve
from tests.worker.nursery import Nursery
from tests.worker.shop import Open, Shop


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


@pytest.fixture
def nurseries() -> Iterator[list[Nursery]]:
    """Those that a test has made end with it."""
    made: list[Nursery] = []
    yield made
    for nursery in made:
        nursery.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A server that the test plays."""
    with listening() as listener:
        yield listener


@pytest.fixture
def shop(listener: Listener) -> Iterator[Open]:
    """Makes shops that work for that server, and are closed."""
    made: list[Shop] = []

    def make(*argv: str, **settings: Any) -> Shop:
        made.append(Shop([listener.address], *argv, **settings))
        return made[-1]

    yield make
    for each in made:
        each.close()
