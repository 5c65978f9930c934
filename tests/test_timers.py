"""Timers: due in order, cancelled for good, never piling up."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import inf

from gearcli.timers import Timers


def noting(notes: list[str], name: str) -> Callable[[], None]:
    return lambda: notes.append(name)


def due(timers: Timers, now: float) -> None:
    for call in timers.pop_due(now):
        call()


def test_calls_come_when_they_are_due_in_order_of_their_times() -> None:
    timers, notes = Timers(), list[str]()
    for when, name in ((3.0, "c"), (1.0, "a"), (2.0, "b"), (1.0, "a2")):
        timers.add(when, noting(notes, name))
    due(timers, 0.9)
    assert ([], 1.0) == (notes, timers.due)
    due(timers, 2.0)
    assert (["a", "a2", "b"], 3.0) == (notes, timers.due)
    due(timers, 99.0)
    assert (["a", "a2", "b", "c"], inf) == (notes, timers.due)


def test_a_cancelled_timer_never_comes() -> None:
    timers, notes = Timers(), list[str]()
    first = timers.add(1.0, noting(notes, "first"))
    timers.add(2.0, noting(notes, "second"))
    third = timers.add(3.0, noting(notes, "third"))
    timers.cancel(first)
    timers.cancel(third)
    timers.cancel(third)
    assert (1, 2.0) == (timers._cancelled, timers.due)
    due(timers, 5.0)
    assert ["second"] == notes


def test_cancelling_what_was_already_due_is_nothing() -> None:
    timers, notes = Timers(), list[str]()
    timer = timers.add(1.0, noting(notes, "once"))
    due(timers, 1.0)
    timers.cancel(timer)
    assert (["once"], inf) == (notes, timers.due)


def test_a_call_may_cancel_and_add_timers() -> None:
    timers, notes = Timers(), list[str]()
    victim = timers.add(2.0, noting(notes, "victim"))

    def call() -> None:
        timers.cancel(victim)
        timers.add(1.5, noting(notes, "added"))

    timers.add(1.0, call)
    due(timers, 3.0)
    assert ["added"] == notes


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers()
    timers.add(0.5, lambda: None)
    for i in range(10_000):
        timers.cancel(timers.add(1.0 + i, lambda: None))
        assert len(timers._heap) < 200
    assert 0.5 == timers.due


def test_random_timers_behave_like_a_sorted_list() -> None:
    chance, timers, notes = random.Random(1), Timers(), list[str]()
    expected = []
    for i in range(2000):
        when = chance.random()
        timer = timers.add(when, noting(notes, str(i)))
        if chance.random() < 0.6:
            timers.cancel(timer)
        else:
            expected.append((when, str(i)))
        assert sum(entry[2].over for entry in timers._heap) == timers._cancelled
    for now in (0.25, 0.5, 1.0):
        due(timers, now)
        assert sum(entry[2].over for entry in timers._heap) == timers._cancelled
        assert [name for when, name in sorted(expected) if when <= now] == notes
