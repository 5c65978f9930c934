"""Quantities as people write them."""

from __future__ import annotations

import pytest

from gearcli.errors import UsageError
from gearcli.units import duration, size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25), ("30s", 30), ("30", 30), ("5m", 300), ("1h", 3600), ("2d", 172_800),
        ("1.5h", 5400), (".5", 0.5), ("0", 0), (" 5 S ", 5), ("10 MS", 0.01),
    ],
)  # fmt: skip
def test_names_seconds(text: str, seconds: float) -> None:
    assert pytest.approx(seconds) == duration(text)


@pytest.mark.parametrize("text", ["", "s", "-1", "1 week", "1h30m", "5.", "1e3", "inf", "nan", "1,5", "٥"])
def test_anything_else_is_a_usage_error_that_says_how_to_write_it(text: str) -> None:
    with pytest.raises(UsageError, match="write 250ms, 30s, 5m, 1h or 2d"):
        duration(text)


def test_a_thousand_years_are_enough() -> None:
    assert 365_000 * 86_400 == duration("365000d")
    with pytest.raises(UsageError, match="longer than a thousand years"):
        duration("9" * 400)


@pytest.mark.parametrize(
    ("text", "count"),
    [("0", 0), ("100", 100), ("64K", 65_536), ("64k", 65_536), (" 16 M ", 16 << 20), ("1G", 1 << 30)],
)
def test_names_bytes(text: str, count: int) -> None:
    assert count == size(text)


@pytest.mark.parametrize(
    "text", ["", "K", "-1", "1.5K", "64KB", "64KiB", "1T", "1e3", "1_000", "٥", "9" * 19]
)
def test_anything_else_is_no_size_and_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match="write 100, 64K, 16M or 1G"):
        size(text)
