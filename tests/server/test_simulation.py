"""A hundred thousand steps of a simulated server: whatever happens, some things always hold.

So that it does not take minutes, the costly invariants are looked at every
twentieth step only.  A failure says how to run its seed alone, and then they
are looked at after every step, so that the step it names is the guilty one.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from gearcli.protocol.packets import PacketType as P
from tests.server.actors import ASSIGNED, ENDS, TOLD
from tests.server.simulator import Simulation

SEEDS, STEPS, EVERY = range(20), 5000, 4
ALONE = os.environ.get("GEAR_SEED")
"""The seed to run alone, with all invariants after every step."""

MUST_HAPPEN = {
    "left",
    *(f"worker {type_.name}" for type_ in (P.NOOP, P.NO_JOB, P.ERROR, *ASSIGNED)),
    *(f"client {type_.name}" for type_ in (P.JOB_CREATED, P.ERROR, *ENDS, *TOLD)),
}


@pytest.fixture(scope="module")
def done() -> Counter[str]:
    """How often what happened: a simulation in which nothing happens proves nothing."""
    return Counter()


@pytest.mark.parametrize("seed", [int(ALONE)] if ALONE else SEEDS)
def test_a_simulated_server_keeps_every_promise(seed: int, done: Counter[str]) -> None:
    simulation, step = Simulation(seed, every=1 if ALONE else EVERY), 0
    try:
        for step in range(1, STEPS + 1):  # noqa: B007 (the message wants it)
            simulation.step()
        simulation.finish()
    except Exception as error:
        alone = f"GEAR_SEED={seed} pytest {os.path.relpath(__file__)}"
        raise AssertionError(f"seed {seed}, step {step}: {error!r}\nalone: {alone}") from error
    done.update(simulation.done)


@pytest.mark.skipif(ALONE is not None, reason="one seed alone need not see everything")
def test_in_the_simulations_everything_happened(done: Counter[str]) -> None:
    assert set() == MUST_HAPPEN - done.keys()
