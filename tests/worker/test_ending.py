"""When a worker ends by itself: with a clock of our own."""

from __future__ import annotations

import time
from math import inf

import pytest

from gearcli.timers import Timers
from gearcli.worker.ending import Ending, Terms


class Clock:
    """Timers, and what has been said about the end."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, terms: Terms) -> None:
        self.now = 100.0
        self.reasons: list[str] = []
        self.timers = Timers()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        self.ending = Ending(terms, self.timers, self.reasons.append)

    def pass_until(self, now: float) -> list[str]:
        self.now = now
        for call in self.timers.pop_due(now):
            call()
        return self.reasons


def test_without_terms_it_goes_on_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, Terms())
    clock.ending.worked(idle=True)
    clock.ending.nothing_left()
    assert ([], inf) == (clock.reasons, clock.timers.due)


def test_nothing_to_do_for_some_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, Terms(max_idle=10))
    assert [] == clock.pass_until(109)
    clock.ending.began()
    assert [] == clock.pass_until(500)
    clock.ending.worked(idle=False)
    assert [] == clock.pass_until(600)
    clock.ending.worked(idle=True)
    assert [] == clock.pass_until(609)
    assert ["nothing to do for 10 s"] == clock.pass_until(610)


def test_a_life_has_a_length_and_a_splay(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = set()
    for _ in range(50):
        clock = Clock(monkeypatch, Terms(max_lifetime=60, splay=30))
        ends.add(clock.timers.due)
        assert [] == clock.pass_until(159)
        assert 1 == len(clock.pass_until(190))
    assert all(160 <= end <= 190 for end in ends)
    assert 1 < len(ends)


def test_a_burst_ends_when_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch, Terms(burst=True))
    clock.ending.worked(idle=True)
    assert [] == clock.reasons
    clock.ending.nothing_left()
    assert ["no jobs are left"] == clock.reasons
