"""`gear worker`: any command becomes a Gearman worker."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import (
    ConnectTimeout,
    Context,
    Grace,
    Quiet,
    Servers,
    Verbose,
    parsed,
    reach,
)
from gearcli.cli.output import message
from gearcli.errors import UsageError

CONTEXT: dict[str, Any] = {"allow_interspersed_args": False}
"""Options of the command are the command's."""

STDERR = ("both", "local", "warning")


def destination(text: str) -> str:
    """Where a command's standard error may go.  Raises UsageError."""
    if text not in STDERR:
        raise UsageError(f"{text!r} is not one of {', '.join(STDERR)}")
    return text


def worker(
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND [ARG]...", help="What is run for each job.")
    ],
    function: Annotated[
        list[str],
        typer.Option("-f", "--function", metavar="FUNCTION", help="What to take jobs of; repeatable."),
    ],
    server: Servers = None,
    context: Context = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, metavar="N", help="Jobs at a time.")] = 1,
    stderr: Annotated[
        str,
        typer.Option(
            "--stderr",
            metavar="both|local|warning",
            parser=parsed(destination),
            help="Where the command's standard error goes: here, to the submitter (its end), both.",
        ),
    ] = "both",
    grace: Grace = "25s",  # type: ignore[assignment]  # typer parses it
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="ID", help="Client id that `workers` shows.", show_default=False),
    ] = None,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Run a command for every job of a function.

    The workload is the command's standard input, its standard output is the
    result. Exit status 0 completes the job; another one, a signal or a missing
    program fails it, with the reason. There is no shell between. TERM finishes
    the running jobs first; a second one kills them.
    """
    from gearcli.worker.pool import Pool, Settings

    functions = [os.fsencode(each) for each in function]
    if not all(functions):
        raise UsageError("a function needs a name")
    servers, seconds = reach(server, context, connect_timeout)
    settings = Settings(
        functions=functions,
        argv=command,
        servers=servers,
        slots=jobs,
        stderr=stderr,
        grace=grace,
        client_id=os.fsencode(name or ""),
        connect_timeout=seconds,
    )
    level = -1 if quiet else verbose
    cut_short = Pool(settings, lambda importance, text: message(text) if importance <= level else None).run()
    return ExitStatus.DONE if cut_short is None else 128 + cut_short
