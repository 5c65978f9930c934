"""`gear cancel`: take jobs back."""

from __future__ import annotations

import os

from gearcli.cli.asking import confirmed, write_object
from gearcli.cli.exits import ExitStatus
from gearcli.cli.job import Jobs, Question
from gearcli.cli.options import ConnectTimeout, Context, Handles, Json, Quiet, Servers, Yes, reach
from gearcli.cli.output import message
from gearcli.client.answers import check_handle
from gearcli.errors import JobUnknown
from gearcli.escape import shown


def cancel(
    handle: Handles,
    yes: Yes = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Cancel jobs: those that wait will not run, and who waits for them hears that they failed.

    A job that a worker has already goes on, but its result goes nowhere. Exit
    status 1 when the server does not know one of them. With --json an object
    for each: handle, cancelled.
    """
    handles = {name: os.fsencode(name) for name in handle}
    for each in handles.values():
        check_handle(each)
    reached = reach(server, context, connect_timeout)
    names = ", ".join(map(shown, handles))
    if not confirmed(f"Cancel {names}?", "cancelling destroys jobs", yes=yes):
        message("nothing was cancelled")
        return ExitStatus.FAILED
    status = ExitStatus.DONE
    with Jobs(reached) as jobs:
        for name, each in handles.items():
            try:
                jobs.home(Question("handle", name)).cancel(each)
                known = True
            except JobUnknown as error:
                message(str(error))
                known, status = False, ExitStatus.FAILED
            if json:
                write_object({"handle": shown(name), "cancelled": known})
            elif known and not quiet:
                message(f"{name}: cancelled")
    return status
