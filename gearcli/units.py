"""Quantities as people write them.

Durations: ``250ms``, ``30s``, ``5m``, ``1h``, ``2d``; a bare number is seconds.
Sizes: ``64K``, ``16M``, ``1G``, in powers of 1024; a bare number is bytes.
"""

from __future__ import annotations

import re

from gearcli.errors import UsageError

_SECONDS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LONGEST = 1000 * 366 * 86400.0
_DURATION = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h|d|)", re.ASCII)

_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SIZE = re.compile(r"(\d{1,18})\s*(k|m|g|)", re.ASCII)


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
