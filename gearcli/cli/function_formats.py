"""The functions of servers as text: a table, gearmand's lines, CSV, JSON.  No I/O."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from gearcli.cli.output import with_tabs
from gearcli.cli.table import RED, Column, Line, age, table
from gearcli.client.documents import FunctionState
from gearcli.client.functions import Row
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.escape import shown

KEYS = (
    "function", "queued", "running", "workers", "high", "normal", "low", "delayed", "paused", "oldest",
)  # fmt: skip
"""Attributes of a function that have a column in CSV and a key in JSON."""


def plain(rows: Iterable[Row], total: FunctionState | None = None) -> str:
    r"""gearmand's lines: ``FUNC\tTOTAL\tRUNNING\tWORKERS``, the server before them if it is told.

    A name may hold tabs, as in gearmand's own: Perl's namespaces end in one.
    The numbers are counted from the right.  The sum of all has no name.
    """
    return "".join(_plain_line(row) for row in _and_total(rows, total))


def _plain_line(row: Row) -> str:
    server, state = row
    line = f"{with_tabs(state.function)}\t{state.total}\t{state.running}\t{state.workers}\n"
    return line if server is None else f"{server}\t{line}"


def _and_total(rows: Iterable[Row], total: FunctionState | None) -> list[Row]:
    return [*rows] if total is None else [*rows, Row(None, total)]


def comma_separated(
    rows: Iterable[Row], total: FunctionState | None = None, *, per_server: bool = False
) -> str:
    """CSV with a heading; what a server does not tell is empty, and so is the name of the sum of all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["server", *KEYS] if per_server else KEYS)
    for server, state in _and_total(rows, total):
        values = [_in_csv(value) for value in _fields(state).values()]
        writer.writerow([server, *values] if per_server else values)
    return text.getvalue()


def _in_csv(value: object) -> object:
    return str(value).lower() if isinstance(value, bool) else value


def document(
    answers: Iterable[Answer[Snapshot]], rows: Iterable[Row], total: FunctionState | None = None
) -> dict[str, Any]:
    """What `gear status --json` prints.

    ``servers``: each with ``server``, ``version``, ``product``, ``error``
    (null if it answered).  ``functions``: each with ``server`` (null for the
    sum over all), ``function``, ``queued``, ``running``, ``workers``, and,
    null where the server does not tell, ``high``, ``normal``, ``low``,
    ``delayed``, ``paused``, ``oldest`` (seconds), ``maxqueue``.  ``total``:
    the same of all, without a name; null unless asked for.
    """
    return {
        "servers": list(map(_server, answers)),
        "functions": [{"server": row.server, **function_keys(row.state)} for row in rows],
        "total": None if total is None else {**function_keys(total), "function": None},
    }


def _server(answer: Answer[Snapshot]) -> dict[str, Any]:
    value = answer.value
    return {
        "server": str(answer.address),
        "version": value and value.version,
        "product": value and value.product,
        "error": None if answer.error is None else shown(str(answer.error)),
    }


def function_keys(state: FunctionState) -> dict[str, Any]:
    """A function as an object of JSON."""
    limits = state.maxqueue
    by_priority = None if limits is None else dict(zip(("high", "normal", "low"), limits, strict=True))
    return {**_fields(state), "maxqueue": by_priority}


def _fields(state: FunctionState) -> dict[str, Any]:
    return {key: shown(state.function) if key == "function" else getattr(state, key) for key in KEYS}


# -- for people ------------------------------------------------------------------------------


class _Shown(NamedTuple):
    """A column: what it shows of a function, and for which functions it is worth its room."""

    heading: str
    cell: Callable[[FunctionState], str]
    wanted: Callable[[FunctionState], object] | None = None


def _urgent(state: FunctionState) -> object:
    """Whether a job has another priority than the normal one."""
    return state.high or state.low


_NUMBERS = (
    _Shown("QUEUED", lambda state: str(state.queued)),
    _Shown("HIGH", lambda state: _or_dash(state.high), _urgent),
    _Shown("NORMAL", lambda state: _or_dash(state.normal), _urgent),
    _Shown("LOW", lambda state: _or_dash(state.low), _urgent),
    _Shown("DELAYED", lambda state: _or_dash(state.delayed), lambda state: state.delayed),
    _Shown("RUNNING", lambda state: str(state.running)),
    _Shown("WORKERS", lambda state: str(state.workers)),
    _Shown("OLDEST", lambda state: age(state.oldest), lambda state: state.oldest is not None),
)


def as_table(
    rows: Sequence[Row],
    total: FunctionState | None = None,
    *,
    per_server: bool = False,
    width: int | None = None,
    colour: bool = False,
) -> str:
    """A table for people that says where something is amiss; `total` stands below it, apart.

    Jobs by priority, delayed ones and ages have a column where there are any.
    """
    numbers = [
        each for each in _NUMBERS if each.wanted is None or any(each.wanted(row.state) for row in rows)
    ]
    headings = [*(["SERVER"] if per_server else []), "FUNCTION"]
    columns = [
        *map(Column, headings),
        *(Column(each.heading, number=True) for each in numbers),
        Column("", whole=True),
    ]

    def line(server: str | None, name: str, state: FunctionState, note: str) -> Line:
        first = [server or "", name] if per_server else [name]
        return Line([*first, *(each.cell(state) for each in numbers), note], RED)

    lines = [line(server, shown(state.function), state, _note(state)) for server, state in rows]
    if total is not None:
        lines += [Line([""] * len(columns)), line(None, "TOTAL", total, "")]
    return table(columns, lines, width=width, colour=colour)


def _or_dash(count: int | None) -> str:
    return "-" if count is None else str(count)


def _note(state: FunctionState) -> str:
    """What keeps jobs waiting."""
    notes = ["paused"] if state.paused else []
    return ", ".join([*notes, "no worker"] if state.stuck else notes)
