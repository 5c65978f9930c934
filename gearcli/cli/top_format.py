"""Numbers in few letters, for the columns of `gear top`.  No I/O."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gearcli.cli.table import age

_SPARKS = "▁▂▃▄▅▆▇█"
_MULTIPLES = ((10**9, "G"), (10**6, "M"), (10**3, "k"))
_ASCII = str.maketrans({**dict(zip(_SPARKS, "_.-:=+*#", strict=True)), "…": "~", "·": "-"})


def count(number: int, width: int) -> str:
    """A count as it is, or in thousands or millions where there is no room for all digits."""
    text = str(number)
    if len(text) <= width:
        return text
    for multiple, letter in reversed(_MULTIPLES):
        text = f"{number / multiple:.1f}{letter}"
        if len(text) <= width:
            return text
    return text


def rate(per_second: float | None) -> str:
    """A rate in at most five letters: ``0.25``, ``3.1``, ``12345``, ``0.1M``; a dash if unknown."""
    if per_second is None:
        return "-"
    if not per_second:
        return "0"
    for below, digits in ((1, 2), (100, 1), (10_000, 0)):
        if round(per_second, digits) < below:
            return f"{per_second:.{digits}f}"
    return count(round(per_second), 5)


def left(seconds: float | None) -> str:
    """The time until a queue is empty."""
    if seconds is None:
        return "-"
    return "never" if seconds == math.inf else age(seconds) if seconds < 100 * 86400 else ">99d"


def sparks(numbers: Sequence[int], most: int | None = None) -> str:
    """A line of sparks: a bar for each number, from none to the most of them."""
    top = max(numbers, default=0) if most is None else most
    if not top:
        return _SPARKS[0] * len(numbers)
    last = len(_SPARKS) - 1
    return "".join(_SPARKS[0 if not number else max(1, number * last // top)] for number in numbers)


def in_ascii(text: str) -> str:
    """What our own text looks like on a terminal that knows nothing but ASCII."""
    return text.translate(_ASCII)
