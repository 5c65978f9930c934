"""`gear status`: the functions of a server, their jobs and workers."""

from __future__ import annotations

import fnmatch
import json
import os
from collections.abc import Iterable
from typing import Annotated

import typer

from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, reach
from gearcli.cli.output import on_terminal, write, write_text
from gearcli.client.admin import Admin
from gearcli.escape import row_field, shown
from gearcli.protocol.address import Address
from gearcli.protocol.text import FunctionRow


def status(
    glob: Annotated[
        list[str] | None,
        typer.Argument(metavar="[GLOB]...", help="Only functions that match.", show_default=False),
    ] = None,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> None:
    """Show functions with their waiting and running jobs and their workers.

    On a terminal a table, elsewhere gearmand's own lines: function, jobs
    (waiting and running), running jobs, workers. Several servers are summed.
    """
    servers, seconds = reach(server, context, connect_timeout)
    rows = [row for address in servers for row in _asked(address, seconds)]
    rows = _summed(row for row in rows if _matches(row.function, glob or []))
    if json:
        write_text(_json(rows))
    elif on_terminal():
        _table(rows)
    else:
        write(b"".join(b"%b\t%d\t%d\t%d\n" % (row_field(row.function), *row[1:]) for row in rows))


def _asked(address: Address, connect_timeout: float) -> list[FunctionRow]:
    with Admin(address, connect_timeout=connect_timeout) as admin:
        return admin.status()


def _matches(function: bytes, globs: list[str]) -> bool:
    name = os.fsdecode(function)
    return not globs or any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def _summed(rows: Iterable[FunctionRow]) -> list[FunctionRow]:
    """One row for each function, its numbers summed over the servers."""
    sums: dict[bytes, FunctionRow] = {}
    for row in rows:
        before = sums.get(row.function, FunctionRow(row.function, 0, 0, 0))
        numbers = (a + b for a, b in zip(before[1:], row[1:], strict=True))
        sums[row.function] = FunctionRow(row.function, *numbers)
    return sorted(sums.values())


def _json(rows: list[FunctionRow]) -> str:
    functions = [
        {
            "function": shown(row.function),
            "queued": row.queued,
            "running": row.running,
            "workers": row.workers,
        }
        for row in rows
    ]
    return json.dumps({"functions": functions}) + "\n"


def _table(rows: list[FunctionRow]) -> None:
    """A table for people; a queue that nobody works on is marked."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("FUNCTION")
    for heading in ("QUEUED", "RUNNING", "WORKERS"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for row in rows:
        stuck = row.total > 0 and row.workers == 0
        note = Text("no worker", style="bold red") if stuck else Text("")
        table.add_row(Text(shown(row.function)), str(row.queued), str(row.running), str(row.workers), note)
    Console(highlight=False).print(table)
