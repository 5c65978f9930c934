"""As many open files as the slots need: in a process of its own, because a limit cannot be raised again."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.driving import at, gear_worker, run_gear
from tests.support import DEADLINE, ServerProcess, gear

SEE = """
import resource
from gearcli.worker.descriptors import see_to
from gearcli.worker.plan import Plan, Recipe
try:
    see_to([Plan("a", [b"a"], Recipe(["cat"]), 1, 10), Plan("b", [b"b"], Recipe(["cat"]))], 2)
except Exception as error:
    print(type(error).__name__, error)
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""
NEEDED = 11 * (2 + 4) + 96


def limited(soft: int, hard: int) -> Callable[[], None]:
    """What sets the limit of a process before it begins."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(
    ("soft", "hard", "said"),
    [
        (NEEDED, NEEDED, [f"{NEEDED} {NEEDED}"]),
        (NEEDED + 9, 999, [f"{NEEDED + 9} 999"]),
        (64, 999, [f"{NEEDED} 999"]),
        (64, NEEDED, [f"{NEEDED} {NEEDED}"]),
        (
            64,
            NEEDED - 1,
            [
                f"NotPermitted 11 slots with 2 servers need {NEEDED} open files, and the system permits "
                f"{NEEDED - 1}: have fewer slots, or raise the limit (ulimit -n, LimitNOFILE=)",
                f"64 {NEEDED - 1}",
            ],
        ),
    ],
)
def test_the_limit_is_raised_as_far_as_needed(soft: int, hard: int, said: list[str]) -> None:
    command = [sys.executable, "-c", SEE]
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE, check=True, preexec_fn=limited(soft, hard)
    )
    assert said == ended.stdout.splitlines()


def test_a_worker_that_may_not_have_them_does_not_begin(server: ServerProcess) -> None:
    command = gear("worker", *at(server.port), "-f", "f", "-j", "100", "--", "cat")
    ended = subprocess.run(
        command, capture_output=True, text=True, timeout=DEADLINE, check=False, preexec_fn=limited(200, 200)
    )
    assert 77 == ended.returncode
    assert ended.stderr.startswith("gear: 100 slots with 1 server need 596 open files, and the system per")


def test_there_are_more_slots_than_descriptors_at_first(server: ServerProcess) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))  # the worker inherits it
    try:
        with gear_worker(server.port, "above", ["cat"], slots=300):
            assert (0, b"x") == run_gear("submit", *at(server.port), "above", "x")[:2]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
