"""A server for all tests of the worker."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import ServerProcess, gear_serve


@pytest.fixture(scope="session")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server
