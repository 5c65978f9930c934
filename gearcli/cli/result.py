"""`gear result`: what became of a background job, where the server keeps that."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.job import Jobs
from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, reach
from gearcli.cli.output import message, missing_end, text_or_base64, write, write_text
from gearcli.client.documents import KeptResult
from gearcli.escape import shown, shown_lines

_STATUSES = {"done": ExitStatus.DONE, "failed": ExitStatus.FAILED, "dead": ExitStatus.FAILED}


def result(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="As `gear submit -b` prints it.")],
    server: Servers = None,
    context: Context = None,
    as_json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Print the result of a background job, from a server started with `gear serve --keep-results 1h`.

    Exit status 1: the job failed or is dead (any gear server says so), its result was
    too big to be kept, or the server does not know the job (any longer); 75: it is not done yet; 76: the
    server keeps no results.
    """
    with Jobs(reach(server, context, connect_timeout)) as jobs:
        kept = jobs.result(handle)
    if as_json:
        write_text(json.dumps(_fields(kept)) + "\n")
    else:
        _show(handle, kept)
    status = _STATUSES.get(kept.state, ExitStatus.TRY_LATER)
    return ExitStatus.FAILED if kept.dropped else status


def _show(handle: str, kept: KeptResult) -> None:
    """The result to standard output, everything else to standard error."""
    if kept.result:
        write(kept.result)
        write(missing_end(kept.result))
    if kept.state not in _STATUSES:
        state = "running" if kept.state == "unwanted" else kept.state  # by its clients, not by who asks
        message(f"{handle} is still {state}; wait for it with: gear wait {handle}")
    elif kept.state in ("failed", "dead"):
        say_failure(handle, kept)
    else:
        _say_warnings(handle, kept)
    if kept.state == "done" and kept.dropped:
        message(f"{handle}: its result was not kept: {kept.reason}")


def say_failure(handle: str, kept: KeptResult) -> None:
    """Say that a job failed, in its worker's words if there are some."""
    if kept.state == "dead":
        message(f"{handle} is dead: {kept.reason}; queue it again with: gear retry {handle}")
        return
    _say_warnings(handle, kept)
    if kept.exception:
        first, *more = shown_lines(kept.exception)
        message(f"{handle} failed: {first}")
        for line in more:
            message(f"{handle} {line}")
    else:
        message(f"{handle} failed: {kept.reason}" if kept.reason else f"{handle} failed")


def _say_warnings(handle: str, kept: KeptResult) -> None:
    for line in shown_lines(kept.warnings) if kept.warnings else []:
        message(f"{handle}: {line}")


def _fields(kept: KeptResult) -> dict[str, Any]:
    """All that is known, names so that they can be shown; what is no text in base 64."""
    fields: dict[str, Any] = {}
    for key, value in kept._asdict().items():
        if key in ("handle", "function", "unique"):
            fields[key] = shown(value)
        elif isinstance(value, bytes):
            fields.update(text_or_base64(key, value))
        else:
            fields[key] = value
    return fields
