"""Pauses that grow, and are not everybody's."""

from __future__ import annotations

import pytest

from gearcli.client.pauses import Pauses


def test_pauses_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    pauses = Pauses(0.5, 3.0)
    assert [0.5, 1.0, 2.0, 3.0, 3.0] == [pauses.next() for _ in range(5)]
    pauses.reset()
    assert 0.5 == pauses.next()


def test_pauses_vary_by_a_half() -> None:
    found = {Pauses(2.0, 2.0).next() for _ in range(200)}
    assert 100 < len(found)
    assert 1.0 <= min(found) <= max(found) <= 3.0
