"""A worker with any arguments, for tests of its life, and what its server knows of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.cli.driving import Gear, at, counts
from tests.support import ServerProcess, wait_until


def registered(server: ServerProcess, name: str, count: int = 1) -> None:
    """Wait until so many slots are registered for a function."""
    wait_until(lambda: counts(server.port, name)[2] == count)


@contextlib.contextmanager
def working(server: ServerProcess, *arguments: str) -> Iterator[Gear]:
    """`gear worker` for a server."""
    with Gear("worker", *at(server.port), *arguments) as worker:
        yield worker
