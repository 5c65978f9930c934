"""Numbers in few letters."""

from __future__ import annotations

import math

import pytest

from gearcli.cli.top_format import count, in_ascii, left, rate, sparks


@pytest.mark.parametrize(
    ("number", "width", "text"),
    [
        (0, 8, "0"),
        (12345678, 8, "12345678"),
        (123456789, 8, "123.5M"),
        (1234567, 6, "1.2M"),
        (99999, 4, "0.1M"),
        (10**15, 8, "1000000.0G"),
    ],
)
def test_counts(number: int, width: int, text: str) -> None:
    assert text == count(number, width)


@pytest.mark.parametrize(
    ("per_second", "text"),
    [
        (None, "-"),
        (0.0, "0"),
        (0.0123, "0.01"),
        (0.996, "1.0"),
        (3.14, "3.1"),
        (99.96, "100"),
        (1234.4, "1234"),
        (9999.9, "10000"),
        (123456.0, "0.1M"),
        (12345678.0, "12.3M"),
    ],
)
def test_rates(per_second: float | None, text: str) -> None:
    assert text == rate(per_second)
    assert len(rate(per_second)) <= 5


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "-"), (math.inf, "never"), (200.0, "3m20s"), (99 * 86400.0, "99d00h"), (1e9, ">99d")],
)
def test_times_that_are_left(seconds: float | None, text: str) -> None:
    assert text == left(seconds)


def test_sparks() -> None:
    assert "▁▄█" == sparks([0, 50, 100])
    assert "▁▁" == sparks([0, 0])
    assert "" == sparks([])
    assert "▂█" == sparks([1, 10_000])  # what is more than nothing is seen
    assert "_:#" == in_ascii(sparks([0, 50, 100]))
