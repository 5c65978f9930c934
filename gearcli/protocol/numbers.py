"""Numbers in the arguments of packets, read as gearmand reads them."""

from __future__ import annotations

import re

_LARGEST_NUMBER = 2**32 - 1
_LEADING_NUMBER = re.compile(rb"\s*([+-]?[0-9]+)")


def leading_number(field: bytes) -> int:
    """The number with which an argument begins, as gearmand's strtoll reads it; 0 where there is none."""
    found = _LEADING_NUMBER.match(field[:40])
    return int(found[1]) if found else 0


def number(field: bytes) -> int:
    """As `leading_number`, but 32 bits without a sign: what is less is 0, what is more the largest."""
    return max(0, min(leading_number(field), _LARGEST_NUMBER))
