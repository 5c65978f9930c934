"""`gear worker` measured: a child per job beside a command that stays, and what idle slots cost.

::

    python -m tests.bench.workers [JOBS]

The client keeps 64 jobs in flight over one connection; the worker has two
slots, which run each command as a child per job and as a command that stays.
`cat` is the program that starts fastest; what people keep running is an
interpreter, whose start costs more than the job.
"""

from __future__ import annotations

import sys
import time

from gearcli.client.client import Client
from tests.cli.driving import at, counts, gear_worker
from tests.support import ServerProcess, gear, gear_serve, wait_until
from tests.worker.test_idle import idle, processor_time

_SLOTS = 1000


_PYTHON = [sys.executable, "-uc"]
COMMANDS = {
    "cat": (["cat"], ["cat"]),
    "python": (
        [*_PYTHON, "import sys; sys.stdout.write(sys.stdin.read())"],
        [*_PYTHON, "import sys\nfor line in sys.stdin: sys.stdout.write(line)"],
    ),
}
"""Commands, as a child per job and as one that stays."""


def jobs_a_second(server: ServerProcess, command: list[str], count: int, *options: str) -> float:
    """How many jobs a second a worker of two slots does; the best of three runs."""
    workloads = [b"%d" % number for number in range(count)]
    best = 0.0
    with (
        gear_worker(server.port, "bench", command, *options, slots=2),
        Client(f"127.0.0.1:{server.port}") as client,
    ):
        for _ in range(3):
            began = time.perf_counter()
            results = list(client.map("bench", workloads))
            best = max(best, count / (time.perf_counter() - began))
            assert workloads == results
    return best


def main(count: int) -> None:
    """Print the figures."""
    with gear_serve() as server:
        for name, (once, stays) in COMMANDS.items():
            slow = jobs_a_second(server, once, count)
            fast = jobs_a_second(server, stays, 10 * count, "--persistent")
            print(f"{name}: a child per job {slow:.0f}/s, --persistent {fast:.0f}/s: {fast / slow:.1f} times")
        worker = ServerProcess(gear("worker", *at(server.port), "-f", "idle", "-j", str(_SLOTS), "--", "cat"))
        try:
            wait_until(lambda: counts(server.port, "idle")[2] == _SLOTS)
            wait_until(lambda: idle(worker.pid))
            before = processor_time(worker.pid)
            time.sleep(10)
            used = processor_time(worker.pid) - before
            memory = worker.memory("VmRSS") / 1e6
            print(f"{_SLOTS} idle slots: {memory:.1f} MB, {used * 10} ms of processor time in 10 s")
        finally:
            worker.end()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
