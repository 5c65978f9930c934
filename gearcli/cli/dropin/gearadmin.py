"""`gearadmin`: a server's text commands by options, as gearmand 1.1.20's tool has them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from gearcli.cli.dropin.addresses import port_of, secured
from gearcli.cli.dropin.help_text import help_of
from gearcli.cli.dropin.long_options import Option, Parsed, parse
from gearcli.cli.dropin.saying import complain, in_own_words, print_rows
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import write_text
from gearcli.client.admin import Admin
from gearcli.errors import GearError, ServerError, UsageError
from gearcli.escape import shown
from gearcli.protocol.address import DEFAULT_PORT, Address

OPTIONS = (
    Option("help", "", "Options related to the program."),
    Option("host", "h", "Connect to the host", str, "localhost"),
    Option("port", "p", "Port number or service to use for connection", str, str(DEFAULT_PORT)),
    Option("server-version", "", "Fetch the version number for the server."),
    Option("server-verbose", "", "Fetch the verbose setting for the server."),
    Option("create-function", "", "Create the function from the server.", str),
    Option("cancel-job", "", "Remove a given job from the server's queue", str),
    Option("drop-function", "", "Drop the function from the server.", str),
    Option("show-unique-jobs", "", "Show unique IDs of jobs on the server."),
    Option("show-jobs", "", "Show all jobs on the server."),
    Option("getpid", "", "Get Process ID for the server."),
    Option("status", "", "Status for the server."),
    Option("priority-status", "", "Queued jobs status by priority."),
    Option("workers", "", "Workers for the server."),
    Option("ssl", "S", "Enable SSL connections."),
    Option("shutdown", "", "Shutdown server.", secret=True),  # of gearmand before 1.1.13
)


class _Operation(NamedTuple):
    """The option that asks for it, what is said to the server, and whether rows answer it."""

    option: str
    command: str
    rows: bool = False


_OPERATIONS = (
    _Operation("getpid", "getpid"),
    _Operation("create-function", "create function "),
    _Operation("drop-function", "drop function "),
    _Operation("show-jobs", "show jobs", rows=True),
    _Operation("show-unique-jobs", "show unique jobs", rows=True),
    _Operation("cancel-job", "cancel job "),
    _Operation("server-verbose", "verbose"),
    _Operation("server-version", "version"),
    _Operation("workers", "workers", rows=True),
    _Operation("priority-status", "prioritystatus", rows=True),
    _Operation("status", "status", rows=True),
    _Operation("shutdown", "shutdown"),
)
"""In the order in which the original does what is asked for at once."""


def run(arguments: Sequence[str]) -> int:
    """Be `gearadmin`; the exit status."""
    try:
        wanted = parse(OPTIONS, arguments, guess=True)
    except UsageError as error:
        write_text(f"gearadmin : {shown(str(error))}\n\n{_help()}\n")
        return ExitStatus.FAILED
    if "help" in wanted.values:
        write_text(f"{_help()}\n")
        return ExitStatus.DONE
    operations = [operation for operation in _OPERATIONS if operation.option in wanted.values]
    if not operations:
        write_text(f"No option execution operation given.\n\n{_help()}\n")
        return ExitStatus.FAILED
    try:
        return _operate(wanted, operations)
    except GearError as error:
        return _complain(str(error))


def _help() -> str:
    return help_of([("Options", OPTIONS)])


def _operate(wanted: Parsed, operations: Sequence[_Operation]) -> int:
    status: int = ExitStatus.DONE
    with Admin(_address(wanted)) as admin:
        for operation in operations:
            status = max(status, _ask(admin, operation, wanted))
    return status


def _address(wanted: Parsed) -> Address:
    """The server.  Raises UsageError."""
    address = Address(wanted.text("host") or "localhost", port_of(wanted.text("port") or str(DEFAULT_PORT)))
    return secured(address, os.environ) if "ssl" in wanted.values else address


def _ask(admin: Admin, operation: _Operation, wanted: Parsed) -> int:
    """Have one operation done and print the answer; the exit status."""
    name = wanted.text(operation.option) if operation.command.endswith(" ") else ""
    command = os.fsencode(f"{operation.command}{name or ''}")
    try:
        answer = admin.raw(command)
    except ServerError as error:
        said = error.code if error.text in ("", error.code) else f"{error.code} {error.text}"
        return _complain(said)
    print_rows([*answer, b"."] if operation.rows else [_said(answer[0])])
    return ExitStatus.DONE


def _said(line: bytes) -> bytes:
    """What a line says after its OK; one that says no more is printed whole."""
    line = line.rstrip(b"\r\n")
    return line.removeprefix(b"OK ") or line


def _complain(words: str) -> int:
    complain(f"Error: {in_own_words(words)}\n")
    return ExitStatus.FAILED
