"""`gear report`: what a command of `gear worker` calls while it works."""

from __future__ import annotations

from typing import Annotated

import typer

from gearcli.cli.reporting import reported


def report(
    progress: Annotated[
        list[str] | None, typer.Argument(metavar="[N D | PERCENT]", help="How far the job is.")
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Standard input is a part of the result that is there already.")
    ] = False,
    warn: Annotated[
        str | None, typer.Option("--warn", metavar="TEXT", help="Warn whoever submitted the job.")
    ] = None,
) -> None:
    """Say how far a job is, from within the command that works on it.

    `gear worker` gives every command a descriptor for this and names it in
    GEARMAN_STATUS_FD. At most ten reports of progress a second are passed on,
    the last in any case.
    """
    words = [*(progress or []), *(["--data"] if data else []), *([] if warn is None else ["--warn", warn])]
    reported(words)
