"""Whether the cost of a job grows with what else a server holds: jobs, functions, sleepers."""

from __future__ import annotations

import statistics
from pathlib import Path

from tests.bench.servers import running
from tests.bench.workloads import loaded

CYCLE = "cycle jobs=20000 function=other"
SIZES = (1, 1000, 100_000, 1_000_000)
HELD: dict[str, dict[int, str]] = {
    "queued jobs": {size: f"submit jobs={size}" for size in SIZES},
    "functions": {size: f"register workers=1 jobs={size}" for size in SIZES},
}
"""For each curve, what the server is made to hold before the jobs are measured."""
SLEEPERS = (1, 100, 1000, 10_000)


def curve(load: Path, command: str, steps: dict[int, str], rounds: int) -> dict[int, float]:
    """Jobs per second beside so much, the median of some rounds, each on a fresh server."""
    rates: dict[int, list[float]] = {size: [] for size in steps}
    for _ in range(rounds):
        for size, step in steps.items():
            with running(command) as server:
                loaded(load, server, step)
                rates[size].append(loaded(load, server, CYCLE))
    return {size: statistics.median(each) for size, each in rates.items()}


def sleepers(load: Path, command: str, rounds: int) -> dict[int, float]:
    """Jobs per second, one at a time, beside so many sleepers that could do them."""
    rates: dict[int, list[float]] = {size: [] for size in SLEEPERS}
    for _ in range(rounds):
        for size in SLEEPERS:
            with running(command) as server:
                step = f"cycle clients=1 window=1 jobs=500 workers={size}"
                rates[size].append(loaded(load, server, step))
    return {size: statistics.median(each) for size, each in rates.items()}
