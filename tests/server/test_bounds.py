"""The limits: none is smaller than what is promised elsewhere."""

from __future__ import annotations

from gearcli.server.bounds import RESERVE, Bounds
from gearcli.server.memory import JOB


def test_the_defaults_hold_what_is_promised() -> None:
    bounds = Bounds()
    assert 64 << 20 < bounds.packet
    assert 1_000_000 * (JOB + 64) < bounds.memory // 4 * 3
    assert bounds.connections > RESERVE
    assert bounds.idle > 0
