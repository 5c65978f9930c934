"""Quantities as people write them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime

import pytest

from gearcli.errors import UsageError
from gearcli.units import counted, duration, in_units, moment, size


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


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is that of Berlin: in 2026 summer time began on 29 March and ended on 25 October."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        time.tzset()
        yield
    time.tzset()


def utc(text: str) -> float:
    """The epoch seconds of a time in UTC."""
    return datetime.fromisoformat(f"2026-{text}+00:00").timestamp()


@pytest.mark.parametrize("text", ["1", "1023", "1K", "1025K", "64K", "16M", "1G", "1025M"])
def test_sizes_are_said_as_they_are_read(text: str) -> None:
    assert text == in_units(size(text))


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-24 08:00", "11-24 07:00"),
        ("2026-11-24T08:00:30", "11-24 07:00:30"),
        (" 2026-11-24t08:00 ", "11-24 07:00"),
        ("2026-07-24 08:00", "07-24 06:00"),
        ("2026-11-24T08:00Z", "11-24 08:00"),
        ("2026-11-24T08:00:30.250Z", "11-24 08:00:30.250"),
        ("2026-11-24 08:00+02:00", "11-24 06:00"),
        ("2026-11-24 08:00:30-0530", "11-24 13:30:30"),
        ("2026-01-01 08:00", "01-01 07:00"),
        ("2026-03-29 02:30", "03-29 01:30"),
        ("2026-10-25 02:30", "10-25 00:30"),
    ],
)
def test_names_a_moment_by_its_date(text: str, expected: str) -> None:
    assert utc(expected) == moment(text, utc("06-01 12:00"))


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("now", "text", "expected"),
    [
        ("06-01 05:00", "08:00", "06-01 06:00"),
        ("06-01 05:00", "08:00:30", "06-01 06:00:30"),
        ("06-01 06:00", "08:00", "06-01 06:00"),
        ("06-01 06:00:00.001", "08:00", "06-02 06:00"),
        ("06-30 22:30", "00:15", "07-01 22:15"),  # in Berlin it is July already
        ("11-30 20:00", "08:00", "12-01 07:00"),
        ("03-28 12:00", "08:00", "03-29 06:00"),  # 23 hours to a day
        ("03-28 12:00", "02:30", "03-29 01:30"),  # there is no 02:30 on that day, but a 03:30
        ("03-29 00:30", "02:30", "03-29 01:30"),
        ("10-24 12:00", "08:00", "10-25 07:00"),  # 25 hours
        ("10-24 12:00", "02:30", "10-25 00:30"),
        ("10-25 00:45", "02:30", "10-25 01:30"),  # it comes twice
        ("10-25 01:45", "02:30", "10-26 01:30"),
    ],
)
def test_names_the_next_moment_at_which_clocks_show_it(now: str, text: str, expected: str) -> None:
    assert utc(expected) == moment(text, utc(now))


@pytest.mark.parametrize(
    ("text", "seconds"), [("@0", 0), ("@1767225600", 1767225600), ("@1767225600.5", 1767225600.5)]
)
def test_names_epoch_seconds(text: str, seconds: float) -> None:
    assert seconds == moment(text, 1e9)


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "tomorrow", "8:00", "08", "0800", "24:00", "08:60", "08:00:60", "08:00Z", "2026-11-24",
        "20261124T0800", "2026-W48-2 08:00", "24.11.2026 08:00", "2026-02-30 08:00", "2026-11-24 24:00",
        "2026-11-24  08:00", "2026-11-24 08:00 CET", "2026-11-24 08:00+25:00", "0000-01-01 08:00",
        "0001-01-01 00:00", "1767225600", "@", "@-1", "@1e9", "@nan", "@1767225600000", "@٥", "08:0٥",
    ],
)  # fmt: skip
@pytest.mark.usefixtures("berlin")
def test_anything_else_is_no_moment_and_says_how_to_write_one(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a time; write 2026-11-24 08:00 .*, 08:00 .* @1767225600"):
        moment(text, 1e9)


def test_who_needs_no_moment_does_not_wait_for_the_calendar() -> None:
    code = "import sys, gearcli.units; print('datetime' in sys.modules)"
    assert b"False\n" == subprocess.check_output([sys.executable, "-c", code])


@pytest.mark.parametrize(("count", "words"), [(0, "0 dead jobs"), (1, "1 dead job"), (2, "2 dead jobs")])
def test_so_many(count: int, words: str) -> None:
    assert words == counted(count, "dead job")
