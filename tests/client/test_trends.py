"""What waited in the last minutes."""

from __future__ import annotations

from gearcli.client.documents import FunctionState
from gearcli.client.trends import POINTS, STEP, Trends


def recorded(numbers: range | list[int]) -> Trends:
    trends = Trends()
    for place, queued in enumerate(numbers):
        trends.record([FunctionState(b"f", queued, 9, 0)], place * STEP)
    return trends


def test_there_is_a_point_every_few_seconds() -> None:
    trends = Trends()
    assert trends.due(100.0)
    trends.record([], 100.0)
    assert not trends.due(100.0 + STEP - 0.1)
    assert trends.due(100.0 + STEP)


def test_the_present_is_the_last() -> None:
    assert [1, 2, 3] == recorded([1, 2, 3]).line(b"f", POINTS)
    assert [] == recorded([1]).line(b"other", 10)
    assert [] == recorded([1]).line(b"f", 0)


def test_only_the_last_minutes_are_kept() -> None:
    line = recorded(range(3 * POINTS)).line(b"f", 2 * POINTS)
    assert list(range(2 * POINTS, 3 * POINTS)) == line


def test_where_there_is_less_room_each_number_is_the_most_of_several() -> None:
    trends = recorded([0, 7, 0, 1, 2, 0])
    assert [7, 2, 0] == [max(trends.line(b"f", POINTS)[i : i + 2]) for i in (0, 3, 5)]
    assert [7, 1, 2] == trends.line(b"f", POINTS // 2)
    assert [7] == trends.line(b"f", 1)


def test_points_stay_together_as_time_goes_by() -> None:
    """A peak does not jump from one spark to another and back."""
    trends, width = Trends(), 12
    for place in range(2 * POINTS):
        trends.record([FunctionState(b"f", 50 if place == 110 else 1, 0, 0)], place * STEP)
        if place > 110:
            line = trends.line(b"f", width)
            assert 1 == line.count(50)
            assert len(line) <= width


def test_a_function_that_is_gone_is_forgotten() -> None:
    trends = recorded([1, 2])
    trends.record([], 99.0)
    assert [] == trends.line(b"f", 10)
