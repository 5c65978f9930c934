"""Figures in the text format that Prometheus reads, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from gearcli.escape import shown

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""How a page of figures calls itself."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Sample(NamedTuple):
    """One figure of a family; `suffix` is what its name ends in, as `_bucket` of a histogram."""

    labels: Mapping[str, str | bytes]
    value: float
    suffix: str = ""


class Histogram:
    """How often something took how long; `bounds` are the upper ends of the buckets, growing."""

    __slots__ = ("_bounds", "_counts", "_sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        """It took so long once."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def samples(self, labels: Mapping[str, str | bytes]) -> Iterable[Sample]:
        """Its figures: in each bucket all that took no longer, the sum and the count."""
        ends = [*map(_number, self._bounds), "+Inf"]
        totals = list(accumulate(self._counts))
        for end, total in zip(ends, totals, strict=True):
            yield Sample({**labels, "le": end}, total, "_bucket")
        yield Sample(labels, self._sum, "_sum")
        yield Sample(labels, totals[-1], "_count")


def family(name: str, kind: str, words: str, samples: Iterable[Sample]) -> str:
    """The lines of all figures of a name; `kind` is counter, gauge or histogram, `words` say what it is.

    What peers and users named is escaped twice: first as for a terminal, on
    which somebody may look at it, then as the format wants it.
    """
    lines = [f"# HELP {name} {words}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{each.suffix}{_labels(each.labels)} {_number(each.value)}" for each in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str | bytes]) -> str:
    inner = ",".join(f'{name}="{shown(value).translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def _number(value: float) -> str:
    """A figure as text; whole ones need no point."""
    return str(int(value)) if value == int(value) else repr(value)
