"""The Python API: its names, and the examples of its docstrings, which are run."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

import gearcli
from gearcli import Worker
from tests.cli.driving import counts
from tests.support import DEADLINE, gear_serve, wait_until

NAMES = ("Admin", "AsyncClient", "Client", "Worker")
EXAMPLES = ("client.admin", "client.asynchronous", "client.client", "worker.callables")


def count(job: object) -> str:
    """Count to the number that is the workload, and report it."""
    last = int(job.workload)  # type: ignore[attr-defined]
    for number in range(1, last + 1):
        job.status(number, last)  # type: ignore[attr-defined]
    return "done"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server with a worker for the functions of the examples."""
    with gear_serve() as process:
        address = f"127.0.0.1:{process.port}"
        with Worker(address) as worker:
            worker.register("reverse", lambda job: job.workload[::-1])
            worker.register("count", count)
            working = threading.Thread(target=worker.run)
            working.start()
            wait_until(lambda: counts(process.port, "reverse")[2])
            yield address
            worker.stop()
            working.join(DEADLINE)
            assert not working.is_alive()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_work(name: str, server: str) -> None:
    module = importlib.import_module(f"gearcli.{name}")
    with gearcli.Client(server) as client:
        results = doctest.testmod(module, extraglobs={"server": server, "client": client})
    assert 0 == results.failed
    assert 0 < results.attempted


def test_the_names_are_there() -> None:
    assert set(NAMES) <= set(dir(gearcli))
    assert list(NAMES) == [getattr(gearcli, name).__name__ for name in NAMES]


def test_other_names_are_not() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Server'"):
        _ = gearcli.Server


def test_importing_the_package_imports_nothing_else() -> None:
    program = "import sys, gearcli; print(*[name for name in sys.modules if name.startswith('gearcli.')])"
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=DEADLINE
    )
    assert "\n" == ended.stdout
