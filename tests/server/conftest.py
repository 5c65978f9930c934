"""What the tests of the server's core begin with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest

from gearcli.server import ended
from gearcli.server.engine import Engine
from tests.server.transcript import Console, Talker
from tests.support import ServerProcess, Wire, gear_serve


@pytest.fixture(scope="module", autouse=True)
def memory_of_the_dead() -> Iterator[None]:
    """Stores that are left as a kill leaves them leave half a MiB of shared memory each: not for good."""
    if not os.path.isdir(ended.FOLDER):
        yield
        return
    with tempfile.TemporaryDirectory(dir=ended.FOLDER) as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ended, "FOLDER", folder)
        yield


@pytest.fixture
def engine() -> Engine:
    """An engine whose handles are H:1, H:2 …"""
    return Engine(b"H:")


@pytest.fixture
def client(engine: Engine) -> Talker:
    """A connection that submits."""
    return Talker(engine)


@pytest.fixture
def worker(engine: Engine) -> Talker:
    """A connection that can do the function `f`."""
    return Talker(engine).can_do(b"f")


@pytest.fixture
def console(engine: Engine) -> Console:
    """A connection of an operator."""
    return Console(engine)


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """A server for all tests that do not end it."""
    with gear_serve() as running:
        yield running


@pytest.fixture
def wire(server: ServerProcess) -> Iterator[Wire]:
    """A connection to that server."""
    with server.wire() as connection:
        yield connection
