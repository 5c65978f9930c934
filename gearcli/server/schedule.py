"""When a job of SUBMIT_JOB_SCHED is due: the next UTC minute that matches five fields.

Each field is a number, or empty for any: minute 0-59, hour 0-23, day of month
1-31, month 1-12, day of week 0-6 with 0 for Monday.  Source: the PROTOCOL
file of gearmand.  All that are given must match.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from math import ceil

_RANGES = (range(60), range(24), range(1, 32), range(1, 13), range(7))
_YEARS = 41
"""A 29th of February falls on a given day of the week within 28 years, across 2100 within 40."""


def next_match(wall: float, fields: tuple[bytes, bytes, bytes, bytes, bytes]) -> float:
    """The first matching minute that does not begin before `wall`, both in seconds since 1970, UTC.

    Raises ValueError where a field is none of its numbers, or no day matches.
    """
    minutes, hours, days, months, weekdays = (
        _values(field, allowed) for field, allowed in zip(fields, _RANGES, strict=True)
    )
    start = datetime.fromtimestamp(ceil(wall / 60) * 60, UTC)
    times = [time(hour, minute) for hour in hours for minute in minutes]
    for day in _days(start.date(), days, months, weekdays):
        for moment in times:
            found = datetime.combine(day, moment, UTC)
            if found >= start:
                return found.timestamp()
    raise ValueError("no day matches")


def _values(field: bytes, allowed: range) -> range:
    """The numbers that a field stands for."""
    if not field:
        return allowed
    if not field.isdigit() or len(field) > 4 or int(field) not in allowed:
        raise ValueError(f"{field!r} is not a number from {allowed[0]} to {allowed[-1]}")
    return range(int(field), int(field) + 1)


def _days(first: date, days: range, months: range, weekdays: range) -> Iterator[date]:
    """The matching days from `first` on, in order."""
    for year in range(first.year, first.year + _YEARS):
        for month in months:
            last = calendar.monthrange(year, month)[1]
            for number in days:
                if number <= last:
                    day = date(year, month, number)
                    if day >= first and day.weekday() in weekdays:
                        yield day
