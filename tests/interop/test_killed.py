"""Nothing acknowledged is lost, however often the server is killed.

Four producers and two workers talk to `gear serve --store`, which is killed
and started again.  Uniques are one third random, one third empty and one
third `-`.  KILLS in the environment makes it longer: `KILLS=200 pytest tests/interop/test_killed.py`.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.interop.stored_load import WORKERS, History, queued, running, started
from tests.support import free_port, wait_until

KILLS = int(os.environ.get("KILLS", "20"))
LONGEST = 3.0 if "KILLS" in os.environ else 0.5
"""Seconds that the server lives at most."""
IN_FLIGHT = 4 * WORKERS
"""Jobs that may be in flight at a kill: each worker's, and those whose reports the server is just reading."""
LAG = 0.5
"""Seconds before a kill in which a report may not have reached the server: it counts as in flight."""

pytestmark = pytest.mark.timeout(60 + 10 * KILLS)


def test_no_acknowledged_job_is_lost_and_few_run_twice(tmp_path: Path) -> None:
    port, store, history, chance = free_port(), tmp_path / "jobs.db", History(), random.Random(KILLS)
    server = started(port, store)
    try:
        with running(history, port):
            for _ in range(KILLS):
                time.sleep(chance.uniform(0.02, LONGEST))  # the moment of a kill is arbitrary
                server.signal(signal.SIGKILL)
                server.exit_status()
                history.kills.append(time.monotonic())
                server.end()
                server = started(port, store)
            history.over.set()
            wait_until(lambda: queued(server) == 0, 60)
            history.drained.set()
        report(history)
    finally:
        server.end()
    assert set() == set(history.acknowledged) - {workload for _, workload in history.done}
    assert [] == unexcused(history)
    again = len(history.done) - len({workload for _, workload in history.done})
    assert again <= IN_FLIGHT * KILLS


def unexcused(history: History) -> list[bytes]:
    """Jobs that ran again though no kill came at, or shortly after, the end of an earlier run."""
    ends: dict[bytes, list[float]] = {}
    for moment, workload in history.done:
        ends.setdefault(workload, []).append(moment)
    again = {workload: sorted(moments)[:-1] for workload, moments in ends.items() if len(moments) > 1}
    return [
        workload
        for workload, moments in again.items()
        if not all(any(0 <= kill - moment <= LAG for kill in history.kills) for moment in moments)
    ]


def report(history: History) -> None:
    """The figures, for who runs it long: `pytest -s`."""
    runs = Counter(workload for _, workload in history.done)
    twice = sum(count - 1 for count in runs.values())
    lost = set(history.acknowledged) - set(runs)
    print(f"\n{KILLS} kills, {len(history.acknowledged)} acknowledged, {len(lost)} lost, {twice} run again")
