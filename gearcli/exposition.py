"""Figures in the text format that Prometheus reads, version 0.0.4.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import isfinite, isnan
from typing import NamedTuple

from gearcli.escape import shown

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""How a page of figures calls itself."""

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Sample(NamedTuple):
    """One figure of a family; `suffix` is what its name ends in, as `_bucket` of a histogram.

    `labels` may be a text that the function of this name has written: who has
    many figures with the same labels writes those once.
    """

    labels: Mapping[str, str | bytes] | str
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

    @property
    def average(self) -> float | None:
        """The mean of all; None before the first."""
        count = sum(self._counts)
        return self._sum / count if count else None

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
    return heading(name, kind, words) + figures(name, samples)


def heading(name: str, kind: str, words: str) -> str:
    """The first lines of a family, for who makes it piece by piece."""
    return f"# HELP {name} {words}\n# TYPE {name} {kind}\n"


def figures(name: str, samples: Iterable[Sample]) -> str:
    """The lines of some figures of a family."""
    return "".join(
        [f"{name}{each.suffix}{_written(each.labels)} {_number(each.value)}\n" for each in samples]
    )


def labels(values: Mapping[str, str | bytes]) -> str:
    """Labels and their values as they stand in a line; names are no others' but the program's."""
    inner = ",".join([f'{name}="{_escaped(value)}"' for name, value in values.items()])
    return f"{{{inner}}}" if inner else ""


@lru_cache(4096)  # of many figures most have the same few labels
def _escaped(value: str | bytes) -> str:
    return shown(value).translate(_ESCAPES)


def _written(given: Mapping[str, str | bytes] | str) -> str:
    return given if isinstance(given, str) else labels(given)


def _number(value: float) -> str:
    """A figure as text; whole ones need no point, and a peer's may be none."""
    if not isfinite(value):
        return "NaN" if isnan(value) else "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(value)
