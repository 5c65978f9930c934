"""`gear cancel`: take jobs back."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Annotated

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.job import Jobs, Question
from gearcli.cli.options import ConnectTimeout, Context, Quiet, Servers, reach
from gearcli.cli.output import message, on_terminal
from gearcli.client.admin import check_handle
from gearcli.errors import JobUnknown, UsageError
from gearcli.escape import shown


def cancel(
    handle: Annotated[list[str], typer.Argument(metavar="HANDLE...", help="As `gear submit -b` prints it.")],
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    server: Servers = None,
    context: Context = None,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Cancel jobs: those that wait will not run, and who waits for them hears that they failed.

    A job that a worker has already goes on, but its result goes nowhere. Exit
    status 1 when the server does not know one of them.
    """
    handles = {name: os.fsencode(name) for name in handle}
    for each in handles.values():
        check_handle(each)
    reached = reach(server, context, connect_timeout)
    if not yes and not _confirmed(list(handles)):
        message("nothing was cancelled")
        return ExitStatus.FAILED
    status = ExitStatus.DONE
    with Jobs(reached) as jobs:
        for name, each in handles.items():
            try:
                jobs.home(Question("handle", name)).cancel(each)
            except JobUnknown as error:
                message(str(error))
                status = ExitStatus.FAILED
            else:
                if not quiet:
                    message(f"{name}: cancelled")
    return status


def _confirmed(names: list[str]) -> bool:
    """Ask the person at the terminal.  Raises UsageError if there is none."""
    if not (on_terminal(0) and on_terminal(2)):
        raise UsageError("cancelling destroys jobs, and there is no terminal to ask on; say --yes")
    try:
        # Part of the prompt would go to standard output, where data belongs and nothing else.
        with contextlib.redirect_stdout(sys.stderr):
            return typer.confirm(f"Cancel {', '.join(map(shown, names))}?", err=True)
    except typer.Abort as abort:
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from None
        return False
