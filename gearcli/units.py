"""Quantities as people write them.

Durations: ``250ms``, ``30s``, ``5m``, ``1h``, ``2d``; a bare number is seconds.
Sizes: ``64K``, ``16M``, ``1G``, in powers of 1024; a bare number is bytes.
Times: ``2026-11-24 08:00``, ``2026-11-24T08:00:30+02:00``, ``08:00``, ``@1767225600``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gearcli.errors import UsageError

if TYPE_CHECKING:
    from datetime import time

_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 1000 * 366 * 86400.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|d|)", re.ASCII)

_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"(\d{1,18})\s*(k|m|g|)", re.ASCII)

_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):\d\d(:\d\d)?", re.ASCII)
_DATED = re.compile(rf"\d{{4}}-\d\d-\d\d[ T]{_CLOCK.pattern}(\.\d{{1,9}})?(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_EPOCH = re.compile(r"@\d{1,12}(\.\d{1,9})?", re.ASCII)


def duration(text: str) -> float:
    """The seconds that a text names.  Raises UsageError."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is not a duration; write 250ms, 30s, 5m, 1h or 2d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > _LONGEST:
        raise UsageError(f"{text!r} is longer than a thousand years")
    return seconds


def size(text: str) -> int:
    """The bytes that a text names.  Raises UsageError."""
    match = _SIZE.fullmatch(text.strip().lower())
    if match is None:
        raise UsageError(f"{text!r} is not a size; write 100, 64K, 16M or 1G")
    return int(match[1]) * _BYTES[match[2]]


def in_units(count: int) -> str:
    """Bytes as `size` reads them, in the largest unit of which they are a whole number."""
    unit = max((letter for letter, each in _BYTES.items() if count % each == 0), key=_BYTES.__getitem__)
    return f"{count // _BYTES[unit]}{unit.upper()}"


def moment(text: str, now: float) -> float:
    """The epoch seconds that a text names; `now` are those of the present, after which a bare time comes.

    Local time unless the text says otherwise; of a time that the clocks go
    through twice the first.  It may lie in the past.  Raises UsageError.
    """
    from datetime import datetime, time  # few need it, and all would wait for it

    written = text.strip().upper()
    try:
        if _EPOCH.fullmatch(written):
            return float(written[1:])
        if _DATED.fullmatch(written):
            return datetime.fromisoformat(written).timestamp()
        if _CLOCK.fullmatch(written):
            return _next(time.fromisoformat(written), now)
    except (ValueError, OverflowError):  # the 30th of February, 08:60, the year 0
        pass
    raise UsageError(
        f"{text!r} is not a time; write 2026-11-24 08:00 (local; with Z or +02:00 it is not), "
        "08:00 (the next time it is so), or @1767225600 (epoch seconds)"
    )


def _next(clock: time, now: float) -> float:
    """When local clocks next show that.

    Where they are set back today they may show it a second time; where they
    are set forward past it, it is as much later.
    """
    from datetime import datetime, timedelta

    today = datetime.combine(datetime.fromtimestamp(now), clock)
    for candidate in (today, today.replace(fold=1)):
        if candidate.timestamp() >= now:
            return candidate.timestamp()
    return (today + timedelta(days=1)).timestamp()


def counted(count: float, noun: str) -> str:
    """So many of something: ``1 job``, ``2 jobs``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
