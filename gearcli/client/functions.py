"""Functions of several servers as one list: chosen, summed, sorted.  No I/O."""

from __future__ import annotations

import fnmatch
import functools
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from gearcli.client.documents import FunctionState
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer

SORTS: dict[str, Callable[[FunctionState], Any]] = {
    "function": lambda each: each.function,
    "queued": lambda each: -each.queued,
    "running": lambda each: -each.running,
    "workers": lambda each: -each.workers,
    "total": lambda each: -each.total,
    "oldest": lambda each: -(each.oldest or 0.0),
}
"""What functions can be sorted by: names go up, numbers go down."""

Number = TypeVar("Number", bool, float)


class Row(NamedTuple):
    """A function, and of which server it is; `server` is None for the sum over all."""

    server: str | None
    state: FunctionState


def rows_of(answers: Iterable[Answer[Snapshot]], *, per_server: bool) -> list[Row]:
    """The functions that servers told of, by name and server."""
    told = [(str(answer.address), answer.value.functions) for answer in answers if answer.value]
    if per_server:
        rows = (Row(server, state) for server, states in told for state in states)
        return sorted(rows, key=lambda row: (row.state.function, row.server))
    if len(told) == 1:
        return [Row(None, state) for state in told[0][1]]
    return [Row(None, state) for state in summed(state for _, states in told for state in states)]


def summed(states: Iterable[FunctionState]) -> list[FunctionState]:
    """One for each function, by name, its numbers summed."""
    found: dict[bytes, list[FunctionState]] = {}
    for state in states:
        found.setdefault(state.function, []).append(state)
    return [functools.reduce(_both, found[function]) for function in sorted(found)]


def total(states: Sequence[FunctionState], function: bytes = b"") -> FunctionState:
    """The sum; what not all tell is not told, but for the oldest and whether any is paused."""
    if not states:
        return FunctionState(function, 0, 0, 0, 0, 0, 0, delayed=0)
    return functools.reduce(_both, states)._replace(function=function)


def _both(one: FunctionState, other: FunctionState) -> FunctionState:
    """The sum of two; with tens of thousands of functions much depends on its speed."""
    return FunctionState(
        one.function,
        one.queued + other.queued,
        one.running + other.running,
        one.workers + other.workers,
        _plus(one.high, other.high),
        _plus(one.normal, other.normal),
        _plus(one.low, other.low),
        _plus(one.delayed, other.delayed),
        _most(one.paused, other.paused),
        _most(one.oldest, other.oldest),
        one.maxqueue if one.maxqueue == other.maxqueue else None,
        _plus(one.submitted, other.submitted),
        _plus(one.finished, other.finished),
        _plus(one.dead, other.dead),
    )


def _plus(one: int | None, other: int | None) -> int | None:
    """The sum of numbers that are both known."""
    return None if one is None or other is None else one + other


def _most(one: Number | None, other: Number | None) -> Number | None:
    """The greater one of those that are known."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def chosen(rows: Iterable[Row], globs: Sequence[str] = (), *, hide_empty: bool = False) -> list[Row]:
    """The rows of functions that a glob matches, if one is given; with `hide_empty` those with jobs."""
    patterns = [re.compile(fnmatch.translate(glob)) for glob in globs]
    return [
        row
        for row in rows
        if (not patterns or _matches(row.state.function, patterns)) and not (hide_empty and row.state.empty)
    ]


def _matches(function: bytes, patterns: Iterable[re.Pattern[str]]) -> bool:
    name = os.fsdecode(function)
    return any(pattern.match(name) for pattern in patterns)


def sorted_by(rows: Iterable[Row], key: str) -> list[Row]:
    """The rows in an order of `SORTS`; those that are equal stay as they are."""
    return sorted(rows, key=lambda row: SORTS[key](row.state))
