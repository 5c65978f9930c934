"""`gear purge`: throw away what waits."""

from __future__ import annotations

from typing import Annotated

import typer

from gearcli.cli.asking import confirmed
from gearcli.cli.exits import ExitStatus
from gearcli.cli.function_actions import Functions, do_to_functions
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, Yes, reach
from gearcli.cli.output import message
from gearcli.client.admin import Admin
from gearcli.escape import shown


def purge(
    function: Functions,
    dead: Annotated[
        bool, typer.Option("--dead", help="Their dead jobs instead; see `gear jobs --dead`.")
    ] = False,
    yes: Yes = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Throw away the waiting jobs of functions (gear server).

    Who waits for them hears that they failed. Jobs that a worker has go on.
    """
    reached = reach(server, context, connect_timeout)
    names = ", ".join(map(shown, function))
    what = "dead" if dead else "waiting"
    if not confirmed(f"Throw away all {what} jobs of {names}?", "purging destroys jobs", yes=yes):
        message("nothing was purged")
        return ExitStatus.FAILED
    return do_to_functions(
        reached,
        function,
        Admin.purge_dead if dead else Admin.purge,
        words=lambda count: f"{count} {'dead ' if dead else ''}{'job' if count == 1 else 'jobs'} purged",
        keys=lambda count: {"purged": count},
        as_json=json,
        quiet=quiet,
    )
