"""What a worker costs that has nothing to do."""

from __future__ import annotations

import time
from pathlib import Path

from tests.cli.driving import at, counts
from tests.support import ServerProcess, gear, gear_serve, wait_until

SLOTS = 1000


def processor_time(pid: int) -> int:
    """What a process has used so far, in ticks of which a second has 100."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def switches(pid: int) -> int:
    """How often a process has begun to wait for something."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def test_a_thousand_slots_cost_little_memory_and_no_time() -> None:
    with gear_serve() as server:
        worker = ServerProcess(gear("worker", *at(server.port), "-f", "idle", "-j", str(SLOTS), "--", "cat"))
        try:
            wait_until(lambda: counts(server.port, "idle") == (0, 0, SLOTS))
            wait_until(lambda: idle(worker.pid))
            assert worker.memory("VmRSS") < 100 << 20
        finally:
            worker.end()


def idle(pid: int) -> bool:
    """Whether a process is not even woken for half a second."""
    before = processor_time(pid), switches(pid)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        if before != (processor_time(pid), switches(pid)):
            return False
        time.sleep(0.02)
    return True
