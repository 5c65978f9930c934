"""Whether the cost of a job grows with what else a server holds: jobs, functions, sleepers."""

from __future__ import annotations

import math
import statistics
from pathlib import Path

from tests.bench.servers import running
from tests.bench.workloads import loaded

SIZES = (1, 1000, 100_000, 1_000_000)
CYCLE = "cycle jobs=20000 function=other"
CURVES: dict[str, dict[int, tuple[str, ...]]] = {
    "queued jobs": {size: (f"submit jobs={size}", CYCLE) for size in SIZES},
    "functions": {size: (f"register workers=1 jobs={size}", CYCLE) for size in SIZES},
    "sleepers": {
        size: (f"cycle clients=1 window=1 jobs=500 workers={size}",) for size in (1, 100, 1000, 10_000)
    },
}
"""For each curve and size, what is done on a fresh server; the rate of the last step is the point."""


def curve(load: Path, command: str, sizes: dict[int, tuple[str, ...]], rounds: int) -> dict[int, float]:
    """Jobs per second beside so much, the median of some rounds; not a number where the server fails."""
    rates: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size, steps in sizes.items():
            rates[size].append(_rate(load, command, steps))
    return {size: statistics.median(each) for size, each in rates.items()}


def _rate(load: Path, command: str, steps: tuple[str, ...]) -> float:
    try:
        with running(command) as server:
            return [loaded(load, server, step) for step in steps][-1]
    except RuntimeError:
        return math.nan
