"""What is measured of a server: the steps of each workload, and what is read from it."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.servers import Server

_PATIENCE = 300.0
"""Seconds a step may take."""


@dataclass(frozen=True)
class Workload:
    """One row of the table: steps of `load`, of which the last counts."""

    name: str
    about: str
    steps: tuple[str, ...]
    memory: bool = False
    """Whether the server's memory in kB is read (less is better), not what it does in a second."""


WORKLOADS = (
    Workload("cycle", "4 clients, 4 workers, foreground", ("cycle jobs=30000",)),
    Workload("cycle64", "64 workers", ("cycle jobs=60000 workers=64",)),
    Workload("drain", "4 workers take what waits", ("submit jobs=30000", "drain jobs=30000")),
    Workload("sync", "one job at a time", ("cycle jobs=5000 clients=1 workers=1 window=1",)),
    Workload("wake500", "the same beside 500 sleepers", ("cycle jobs=300 clients=1 workers=500 window=1",)),
    Workload("submit", "background, 64 on their way", ("submit jobs=100000",)),
    Workload("echo", "64 on their way", ("echo jobs=200000",)),
    Workload("register", "40,000 CAN_DO", ("register jobs=5000 workers=8",)),
    Workload("payload1M", "bodies of 1 MiB", ("cycle jobs=400 size=1048576 window=4",)),
    Workload("depth1M", "beside a million jobs", ("submit jobs=1000000", "cycle jobs=20000 function=other")),
    Workload("rss1M", "kB with a million queued jobs", ("submit jobs=1000000",), memory=True),
    Workload("rss-idle2k", "kB with 2,000 sleeping workers", ("idle workers=2000",), memory=True),
)  # fmt: skip
STORED = (
    Workload("stored submit", "background, 64 on their way, each on the disk", ("submit jobs={jobs}",)),
    Workload("stored drain", "4 workers take what is stored", ("submit jobs={jobs}", "drain jobs={jobs}")),
)
"""With a store; so many jobs are taken as the server does in a few seconds."""
BY_NAME = {workload.name: workload for workload in WORKLOADS}


@contextlib.contextmanager
def compiled() -> Iterator[Path]:
    """The load generator, compiled for the time of the measurements."""
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "load"
        subprocess.run(["cc", "-O2", "-o", binary, Path(__file__).parent / "load.c"], check=True)
        yield binary


def loaded(load: Path, server: Server, step: str) -> float:
    """Run a step to its end; packets or jobs per second.  Raises RuntimeError when the server fails it."""
    words = [str(load), str(server.port), *step.split(), *server.dialect]
    done = subprocess.run(words, capture_output=True, timeout=_PATIENCE, text=True)
    if done.returncode:
        raise RuntimeError(f"{step}: {done.stderr.strip()}")
    count, seconds, *_ = map(float, done.stdout.split())
    return count / seconds


def value(load: Path, server: Server, workload: Workload) -> float:
    """What one run of a workload says of a server: a rate, or its memory."""
    *before, last = workload.steps
    for step in before:
        loaded(load, server, step)
    if last.startswith("idle"):
        return _beside(load, server, last)
    rate = loaded(load, server, last)
    return server.memory() if workload.memory else rate


def _beside(load: Path, server: Server, step: str) -> float:
    """The memory of a server while the load holds still."""
    words = [str(load), str(server.port), *step.split(), *server.dialect]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as holding:
        try:
            assert holding.stdout is not None
            assert holding.stdout.readline() == "asleep\n", "the load ended early"
            return server.memory()
        finally:
            holding.kill()
