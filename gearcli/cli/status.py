"""`gear status`: the functions of servers, their jobs and workers."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple

import typer

from gearcli.cli.asking import say_failures
from gearcli.cli.exits import ExitStatus
from gearcli.cli.function_formats import as_table, comma_separated, document, plain
from gearcli.cli.options import ConnectTimeout, Context, HideEmpty, Json, Servers, every, reach
from gearcli.cli.output import coloured, on_terminal, write_text
from gearcli.cli.table import cut, terminal_width
from gearcli.client.exposition import metrics
from gearcli.client.functions import chosen, rows_of, sorted_by, total
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.client.survey import Answer, Survey
from gearcli.errors import UsageError
from gearcli.escape import shown


class Format(StrEnum):
    """How functions are printed."""

    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    CSV = "csv"
    PROMETHEUS = "prometheus"


class Sort(StrEnum):
    """What functions are sorted by; `gearcli.client.functions.SORTS` says how."""

    FUNCTION = "function"
    QUEUED = "queued"
    RUNNING = "running"
    WORKERS = "workers"
    TOTAL = "total"
    OLDEST = "oldest"


_INTERVAL = 2.0
_PATIENCE = 1.0  # seconds that --watch waits for servers at least


class View(NamedTuple):
    """Which functions are shown, in what order, and how."""

    format: Format
    globs: Sequence[str]
    sort: str
    hide_empty: bool
    total: bool
    per_server: bool


def status(
    glob: Annotated[
        list[str] | None, typer.Argument(metavar="[GLOB]...", help="Only functions that match.")
    ] = None,
    server: Servers = None,
    context: Context = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Default: table on a terminal, plain elsewhere.")
    ] = None,
    json: Json = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again and again.")] = False,
    interval: Annotated[float | None, every(f"How often --watch asks. Default: {_INTERVAL:g}s.")] = None,
    sort: Annotated[Sort, typer.Option("--sort", help="Numbers go down, names go up.")] = Sort.FUNCTION,
    hide_empty: HideEmpty = False,
    with_total: Annotated[
        bool, typer.Option("--total", help="Add the sum of all; in plain and csv it has no name.")
    ] = False,
    per_server: Annotated[
        bool, typer.Option("--per-server", help="A row for each server instead of sums.")
    ] = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show functions with their waiting and running jobs and their workers.

    On a terminal a table, elsewhere gearmand's own lines: function, jobs
    (waiting and running), running jobs, workers. Several servers are summed;
    one that does not answer is named, and the exit status tells of it.
    """
    format_ = _format(format_, as_json=json)
    if interval is not None and not watch:
        raise UsageError("-i is how often --watch asks; say --watch too")
    view = View(format_, glob or [], sort, hide_empty, with_total, per_server)
    reached = reach(server, context, connect_timeout)
    with Survey(reached.servers, snapshot, connect_timeout=reached.connect_timeout) as servers:
        if watch:
            _watch(servers, view, _INTERVAL if interval is None else interval)
        return _show(servers.ask(), view)


def _format(asked: Format | None, *, as_json: bool) -> Format:
    """The format that is meant.  Raises UsageError for two."""
    if as_json and asked not in (None, Format.JSON):
        raise UsageError(f"--json and --format {asked} exclude each other")
    if as_json:
        return Format.JSON
    return asked or (Format.TABLE if on_terminal() else Format.PLAIN)


def _show(answers: list[Answer[Snapshot]], view: View) -> ExitStatus:
    """Print it, and on standard error who did not answer."""
    if view.format in (Format.JSON, Format.PROMETHEUS) or any(answer.value for answer in answers):
        write_text(text_of(answers, view))
    return say_failures(answers)


def text_of(answers: list[Answer[Snapshot]], view: View) -> str:
    """What is printed."""
    if view.format is Format.PROMETHEUS:
        return metrics([_only(answer, view) for answer in answers])
    rows = sorted_by(
        chosen(rows_of(answers, per_server=view.per_server), view.globs, hide_empty=view.hide_empty),
        view.sort,
    )
    sums = total([row.state for row in rows]) if view.total else None
    if view.format is Format.JSON:
        return json.dumps(document(answers, rows, sums)) + "\n"
    if view.format is Format.CSV:
        return comma_separated(rows, sums, per_server=view.per_server)
    if view.format is Format.TABLE:
        width, colour = terminal_width(), coloured()
        return as_table(rows, sums, per_server=view.per_server, width=width, colour=colour)
    return plain(rows, sums)


def _only(answer: Answer[Snapshot], view: View) -> Answer[Snapshot]:
    """An answer without the functions that are not shown."""
    if answer.value is None:
        return answer
    rows = chosen(rows_of([answer], per_server=False), view.globs, hide_empty=view.hide_empty)
    return answer._replace(value=answer.value._replace(functions=[row.state for row in rows]))


# -- again and again -------------------------------------------------------------------------


def _watch(servers: Survey[Snapshot], view: View, interval: float) -> None:
    """Show it until somebody interrupts.  A server that is slow is shown when it has answered."""
    screen = view.format is Format.TABLE and on_terminal()
    if screen:
        write_text("\x1b[2J")
    while True:
        began = time.monotonic()
        answers = servers.ask(max(interval, _PATIENCE))
        if screen:
            write_text(_screen(answers, view))
        else:
            _show(answers, view)
            if view.format is not Format.JSON:
                write_text("\n")
        time.sleep(max(0.0, began + interval - time.monotonic()))


def _screen(answers: list[Answer[Snapshot]], view: View) -> str:
    """A whole screen: the time, who does not answer, and as much of the table as there is room for."""
    width, height = shutil.get_terminal_size()
    errors = [shown(str(answer.error)) for answer in answers if answer.error is not None]
    failures = [cut(error, width) if len(error) > width else error for error in errors]
    lines = [time.strftime("%H:%M:%S"), *failures, *text_of(answers, view).splitlines()]
    room = height - 1
    if len(lines) > room:
        lines[room - 1 :] = [f"… {len(lines) - room + 1} more"]
    return "\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J"
