"""`gear job`: what a server knows of jobs."""

from __future__ import annotations

import json
import os
from typing import Annotated, Any

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import CONNECT_TIMEOUT, ConnectTimeout, Json, Servers, addresses
from gearcli.cli.output import message, write_text
from gearcli.client.client import Client, JobStatus
from gearcli.errors import UsageError
from gearcli.escape import shown


def job(
    handle: Annotated[
        list[str] | None,
        typer.Argument(metavar="[HANDLE]...", help="As `gear submit -b` prints it.", show_default=False),
    ] = None,
    unique: Annotated[
        list[str] | None,
        typer.Option("--unique", metavar="KEY", help="Ask by unique; repeatable.", show_default=False),
    ] = None,
    server: Servers = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = CONNECT_TIMEOUT,  # type: ignore[assignment]  # typer parses it
) -> int:
    """Show whether jobs wait or run, and how far they are.

    Exit status 1 when the server does not know one of them: it is done, or
    never was.
    """
    if not handle and not unique:
        raise UsageError("name a job: its HANDLE, or --unique KEY")
    with Client(addresses(server), connect_timeout=connect_timeout) as client:
        asked = [("handle", name, client.status(os.fsencode(name))) for name in handle or []]
        asked += [("unique", name, client.status_unique(os.fsencode(name))) for name in unique or []]
    for kind, name, state in asked:
        if json:
            write_text(_json(kind, name, state))
        elif state.known:
            write_text(f"{shown(name)}\t{_in_words(state)}\n")
        else:
            message(f"{name}: the server knows no such job; it is done, or never was")
    return ExitStatus.DONE if all(state.known for _, _, state in asked) else ExitStatus.FAILED


def _in_words(state: JobStatus) -> str:
    words = "running" if state.running else "queued"
    if state.denominator:
        words += f"\t{state.numerator}/{state.denominator}"
    return words


def _json(kind: str, name: str, state: JobStatus) -> str:
    fields: dict[str, Any] = {kind: shown(name), **state._asdict()}
    if state.listeners is None:
        del fields["listeners"]
    return json.dumps(fields) + "\n"
