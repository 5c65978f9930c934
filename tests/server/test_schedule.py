"""The next UTC minute that matches five fields."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gearcli.server.schedule import next_match

ANY = b""


def at(text: str) -> float:
    """A UTC time as seconds since 1970."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("fields", "now", "then"),
    [
        # minute, hour, day of month, month, day of week
        ((ANY, ANY, ANY, ANY, ANY), "2026-11-23 12:30:20", "2026-11-23 12:31:00"),
        ((ANY, ANY, ANY, ANY, ANY), "2026-11-23 12:30:00", "2026-11-23 12:30:00"),
        ((b"30", ANY, ANY, ANY, ANY), "2026-11-23 12:30:20", "2026-11-23 13:30:00"),
        ((b"0", b"0", ANY, ANY, ANY), "2026-12-31 12:00:00", "2027-01-01 00:00:00"),
        ((ANY, b"5", ANY, ANY, ANY), "2026-11-23 12:00:00", "2026-11-24 05:00:00"),
        ((ANY, ANY, b"31", ANY, ANY), "2026-11-23 12:00:00", "2026-12-31 00:00:00"),
        ((ANY, ANY, b"29", b"2", ANY), "2026-11-23 12:00:00", "2028-02-29 00:00:00"),
        ((b"59", b"23", b"29", b"02", b"6"), "2026-11-23 12:00:00", "2032-02-29 23:59:00"),
        ((ANY, ANY, b"29", b"2", b"0"), "2072-03-01 00:00:00", "2112-02-29 00:00:00"),
        ((b"7", b"8", ANY, ANY, b"0"), "2026-11-23 08:07:01", "2026-11-30 08:07:00"),
        ((b"7", b"8", ANY, ANY, b"0"), "2026-11-23 08:06:01", "2026-11-23 08:07:00"),
    ],
)
def test_the_next_minute_that_matches(fields: tuple[bytes, ...], now: str, then: str) -> None:
    minute, hour, day, month, weekday = fields
    assert at(then) == next_match(at(now), (minute, hour, day, month, weekday))


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("field", [b"*", b"-1", b"99", b"00007", b"1,2", b"x", b" 1", b"\xb2"])
def test_what_is_no_number_of_its_field_is_an_error(place: int, field: bytes) -> None:
    fields = [ANY] * 5
    fields[place] = field
    minute, hour, day, month, weekday = fields
    with pytest.raises(ValueError, match="is not a number"):
        next_match(0.0, (minute, hour, day, month, weekday))


@pytest.mark.parametrize("month", [b"2", b"4"])
def test_a_day_that_no_month_has_is_an_error(month: bytes) -> None:
    with pytest.raises(ValueError, match="no day matches"):
        next_match(0.0, (ANY, ANY, b"31", month, ANY))
