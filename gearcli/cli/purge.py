"""`gear purge`: throw away what waits."""

from __future__ import annotations

from gearcli.cli.asking import confirmed
from gearcli.cli.exits import ExitStatus
from gearcli.cli.function_actions import Functions, do_to_functions
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, Yes, reach
from gearcli.cli.output import message
from gearcli.client.admin import Admin
from gearcli.escape import shown


def purge(
    function: Functions,
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
    if not confirmed(f"Throw away all waiting jobs of {names}?", "purging destroys jobs", yes=yes):
        message("nothing was purged")
        return ExitStatus.FAILED
    return do_to_functions(
        reached,
        function,
        Admin.purge,
        words=lambda count: f"{count} {'job' if count == 1 else 'jobs'} purged",
        keys=lambda count: {"purged": count},
        as_json=json,
        quiet=quiet,
    )
