"""Rates and the time that is left, from looks at chosen times."""

from __future__ import annotations

import math

import pytest

from gearcli.client.documents import FunctionState
from gearcli.client.rates import FADES, Pace, Rates, remaining


def state(queued: int, running: int = 0, *, counted: tuple[int, int] | None = None) -> FunctionState:
    submitted, finished = counted or (None, None)
    return FunctionState(b"f", queued, running, 1, submitted=submitted, finished=finished)


def seen(*looks: FunctionState, every: float = 1.0) -> Pace | None:
    rates = Rates()
    for number, look in enumerate(looks):
        rates.observe([look], number * every)
    return rates.pace(b"f")


def test_one_look_tells_no_rate() -> None:
    assert None is seen(state(5))
    assert None is seen()


def test_what_is_more_came_and_what_is_less_left() -> None:
    assert Pace(3.0, 0.0, False) == seen(state(5), state(8))
    assert Pace(0.0, 2.5, False) == seen(state(8), state(1, 2), every=2.0)
    assert Pace(0.0, 0.0, False) == seen(state(8), state(7, 1))


def test_a_server_that_counts_is_believed() -> None:
    """Jobs that came and left between two looks count, too."""
    assert Pace(64.0, 63.0, True) == seen(state(0, counted=(7, 7)), state(1, counted=(71, 70)))


def test_counters_that_go_back_are_those_of_a_server_started_anew() -> None:
    assert Pace(0.0, 5.0, True) == seen(state(8, counted=(100, 92)), state(3, counted=(4, 1)))


def test_a_function_that_was_not_there_had_no_jobs() -> None:
    rates = Rates()
    rates.observe([], 0.0)
    rates.observe([state(4)], 2.0)
    assert Pace(2.0, 0.0, False) == rates.pace(b"f")
    rates = Rates()
    rates.observe([], 0.0)
    rates.observe([state(1, counted=(6, 5))], 1.0)
    assert Pace(6.0, 5.0, True) == rates.pace(b"f")


def test_a_steady_rate_is_itself_from_the_second_look_on() -> None:
    rates = Rates()
    for number in range(30):
        rates.observe([state(10 * number)], float(number))
        if number:
            assert rates.pace(b"f") == pytest.approx((10.0, 0.0, False))


def test_the_past_fades() -> None:
    rates = Rates()
    rates.observe([state(0)], 0.0)
    rates.observe([state(1000)], 1.0)
    for second in range(2, 2 + int(FADES)):
        rates.observe([state(1000)], float(second))
    pace = rates.pace(b"f")
    assert pace is not None
    assert 0 < pace.came < 1000 / FADES
    assert {b"f"} == set(rates.flowing())
    rates.observe([state(1000)], 1000.0)
    assert Pace(0.0, 0.0, False) == rates.pace(b"f")
    assert set() == set(rates.flowing())


def test_a_server_that_was_lost_begins_anew() -> None:
    rates = Rates()
    rates.observe([state(0)], 0.0)
    rates.observe([state(1000)], 1.0)
    rates.lose()
    rates.observe([state(5)], 2.0)
    assert None is rates.pace(b"f")
    rates.observe([state(6)], 3.0)
    assert Pace(1.0, 0.0, False) == rates.pace(b"f")


def test_two_looks_at_the_same_time_do_no_harm() -> None:
    pace = seen(state(1), state(2), every=0.0)
    assert pace is not None
    assert math.isfinite(pace.came)


@pytest.mark.parametrize(
    ("queued", "running", "pace", "seconds"),
    [
        (0, 0, Pace(1, 5, False), None),  # there is nothing to wait for
        (90, 10, Pace(1, 5, False), 25.0),
        (90, 10, Pace(5, 1, False), math.inf),
        (90, 10, Pace(5, 5, False), None),
        (90, 10, None, None),
    ],
)
def test_the_time_that_is_left(queued: int, running: int, pace: Pace | None, seconds: float | None) -> None:
    assert seconds == remaining(state(queued, running), pace)


def test_what_nobody_works_on_never_ends() -> None:
    assert math.inf == remaining(state(1)._replace(workers=0), None)
    assert math.inf == remaining(state(1)._replace(paused=True), Pace(0, 9, True))
