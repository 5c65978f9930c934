"""Lists of what servers tell: a table for people, lines with tabs for programs, a document in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from gearcli.cli.asking import say_failures
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import coloured, message, on_terminal, write_text
from gearcli.cli.table import Column, Line, table, terminal_width
from gearcli.client.documents import DeadJob, JobState
from gearcli.client.survey import Answer
from gearcli.escape import shown

T = TypeVar("T")


class Item(NamedTuple):
    """One thing: its keys in JSON, its cells for people, its fields for programs."""

    keys: dict[str, Any]
    cells: Sequence[str]
    fields: Sequence[str]


def show_list(
    name: str,
    columns: Sequence[Column],
    answers: Sequence[Answer[T]],
    items_of: Callable[[T], Iterable[Item]],
    *,
    as_json: bool,
    several: bool | None = None,
    **more: Any,
) -> ExitStatus:
    """Print the items of all servers, and on standard error who did not answer; the exit status.

    ``server`` is a key of every item in JSON, and a column where there are
    `several`: if that is not said, where there are several answers.  In JSON
    the items stand under `name`, beside ``servers`` and `more`.
    """
    items = [
        (str(answer.address), item)
        for answer in answers
        if answer.value is not None
        for item in items_of(answer.value)
    ]
    several = len(answers) > 1 if several is None else several
    if as_json:
        listed = [{"server": server, **item.keys} for server, item in items]
        write_text(json.dumps({"servers": list(map(_server, answers)), name: listed, **more}) + "\n")
    elif on_terminal():
        lines = [Line([server, *item.cells] if several else item.cells) for server, item in items]
        headings = [Column("SERVER"), *columns] if several else columns
        write_text(table(headings, lines, width=terminal_width(), colour=coloured()))
    else:
        rows = ([server, *item.fields] if several else item.fields for server, item in items)
        write_text("".join("\t".join(row) + "\n" for row in rows))
    return say_failures(answers)


def show_jobs(
    columns: Sequence[Column],
    answers: Sequence[Answer[T]],
    items_of: Callable[[T], Iterable[Item]],
    *,
    as_json: bool,
    several: bool,
) -> ExitStatus:
    """The same of jobs, of which a gear server tells only so many: how many more there are is said."""
    left_out = sum(getattr(answer.value, "left_out", 0) for answer in answers)
    status = show_list(
        "jobs", columns, answers, items_of, as_json=as_json, several=several, left_out=left_out
    )
    if left_out:
        message(f"{left_out} more jobs are not shown")
    return status


def job_keys(job: JobState | DeadJob) -> dict[str, Any]:
    """All that is known of a job, for JSON."""
    return {
        **job._asdict(),
        **{key: shown(getattr(job, key)) for key in ("handle", "function", "unique")},
        "reducer": None if job.reducer is None else shown(job.reducer),
    }


def _server(answer: Answer[T]) -> dict[str, Any]:
    error = answer.error
    return {"server": str(answer.address), "error": None if error is None else shown(str(error))}
