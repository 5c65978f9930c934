"""Functions of several servers as one list: chosen, summed, sorted.  No I/O."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

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
    return [total(found[function], function) for function in sorted(found)]


def total(states: Sequence[FunctionState], function: bytes = b"") -> FunctionState:
    """The sum; what not all tell is not told, but for the oldest and whether any is paused."""
    if len(states) == 1:
        return states[0]._replace(function=function)
    limits = {state.maxqueue for state in states}
    oldest = [state.oldest for state in states if state.oldest is not None]
    paused = [state.paused for state in states if state.paused is not None]
    return FunctionState(
        function,
        sum(state.queued for state in states),
        sum(state.running for state in states),
        sum(state.workers for state in states),
        high=_sum([state.high for state in states]),
        normal=_sum([state.normal for state in states]),
        low=_sum([state.low for state in states]),
        delayed=_sum([state.delayed for state in states]),
        paused=any(paused) if paused else None,
        oldest=max(oldest, default=None),
        maxqueue=limits.pop() if len(limits) == 1 else None,
    )


def _sum(numbers: list[int | None]) -> int | None:
    """The sum of numbers that are all known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def chosen(rows: Iterable[Row], globs: Sequence[str] = (), *, hide_empty: bool = False) -> list[Row]:
    """The rows of functions that a glob matches, if one is given; with `hide_empty` those with jobs."""
    patterns = [re.compile(fnmatch.translate(glob)) for glob in globs]
    return [
        row
        for row in rows
        if (not patterns or _matches(row.state.function, patterns)) and (not hide_empty or row.state.total)
    ]


def _matches(function: bytes, patterns: Iterable[re.Pattern[str]]) -> bool:
    name = os.fsdecode(function)
    return any(pattern.match(name) for pattern in patterns)


def sorted_by(rows: Iterable[Row], key: str) -> list[Row]:
    """The rows in an order of `SORTS`; those that are equal stay as they are."""
    return sorted(rows, key=lambda row: SORTS[key](row.state))
