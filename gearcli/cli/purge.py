"""`gear purge`: throw away what waits."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gearcli.cli.asking import ask, confirmed, say_failures
from gearcli.cli.exits import ExitStatus
from gearcli.cli.function_actions import do_to_functions
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Servers, Yes, reach
from gearcli.cli.output import message
from gearcli.client.admin import Admin
from gearcli.errors import UsageError
from gearcli.escape import shown
from gearcli.units import counted


def purge(
    function: Annotated[
        list[str] | None, typer.Argument(metavar="[FUNCTION]...", help="As `gear status` shows it.")
    ] = None,
    all_functions: Annotated[bool, typer.Option("--all", help="All functions that have such jobs.")] = False,
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
    if all_functions == bool(function):
        raise UsageError("name each FUNCTION, or say --all")
    names = ", ".join(map(shown, function or ())) or "all functions"
    what = "dead" if dead else "waiting"
    if not confirmed(f"Throw away all {what} jobs of {names}?", "purging destroys jobs", yes=yes):
        message("nothing was purged")
        return ExitStatus.FAILED
    if not function:
        answers = ask(reached, _dead if dead else _waiting)
        function = sorted({os.fsdecode(each) for answer in answers for each in answer.value or ()})
        if not function:
            if not quiet and all(answer.error is None for answer in answers):
                message(f"no function has {what} jobs")
            return say_failures(answers)
    return do_to_functions(
        reached,
        function,
        Admin.purge_dead if dead else Admin.purge,
        words=lambda count: f"{counted(count, 'dead job' if dead else 'job')} purged",
        keys=lambda count: {"purged": count},
        as_json=json,
        quiet=quiet,
    )


def _waiting(admin: Admin) -> list[bytes]:
    """The functions that have jobs which no worker has."""
    return [state.function for state in admin.functions() if state.queued]


def _dead(admin: Admin) -> list[bytes]:
    """The functions that have dead jobs."""
    return [job.function for job in admin.dead().jobs]
