"""`gear retry`: queue dead jobs again."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gearcli.cli.asking import ask, say_failures, write_object
from gearcli.cli.exits import ExitStatus, worst
from gearcli.cli.options import ConnectTimeout, Context, Json, Quiet, Reach, Servers, reach
from gearcli.cli.output import message
from gearcli.client.answers import check_handle
from gearcli.errors import JobUnknown
from gearcli.escape import shown


def retry(
    handle: Annotated[list[str], typer.Argument(metavar="HANDLE...", help="As `gear jobs --dead` shows it.")],
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Queue dead jobs again, as if they had never been tried (gear server).

    They keep their handles. Exit status 1 when no server has such a dead job,
    or an identical job waits or runs already. With --json an object for each:
    handle, retried.
    """
    for each in handle:
        check_handle(os.fsencode(each))
    reached = reach(server, context, connect_timeout)
    statuses = set()
    for each in dict.fromkeys(handle):
        status = _retry(reached, each)
        statuses.add(status)
        if json:
            write_object({"handle": shown(each), "retried": status == ExitStatus.DONE})
        elif status == ExitStatus.DONE and not quiet:
            message(f"{shown(each)}: queued again")
    return worst(statuses)


def _retry(reached: Reach, handle: str) -> ExitStatus:
    """Ask all servers: one of them may have the job; the others are heard of only if none has."""
    answers = ask(reached, lambda admin: admin.retry(os.fsencode(handle)))
    if any(answer.error is None for answer in answers):
        return ExitStatus.DONE
    others = [answer for answer in answers if not isinstance(answer.error, JobUnknown)]
    if others:
        return say_failures(others)
    message(f"{shown(handle)}: no dead job has this handle; 'gear jobs --dead' shows them")
    return ExitStatus.FAILED
