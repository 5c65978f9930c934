"""`gear run`: server, workers and client at once, for one batch through one command."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from gearcli.cli.inputs import record_delimiter, record_source, whole_source
from gearcli.cli.options import Delimiter, Null, Quiet, Raw, Verbose, addresses
from gearcli.cli.outcomes import Outcomes
from gearcli.cli.output import message
from gearcli.cli.results import OneResult, Results
from gearcli.cli.submit import AHEAD
from gearcli.client.client import Client
from gearcli.client.records import Source
from gearcli.client.tasks import Task, random_unique
from gearcli.errors import UsageError
from gearcli.protocol.address import Address

CONTEXT: dict[str, Any] = {"allow_interspersed_args": False}
"""Options of the command are the command's."""


def run(
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND [ARG]...", help="What each record goes through.")
    ],
    jobs: Annotated[
        int | None,
        typer.Option(
            "-j", "--jobs", min=0, metavar="N", help="Commands at a time.", show_default="number of CPUs"
        ),
    ] = None,
    null: Null = False,
    delimiter: Delimiter = None,
    whole: Annotated[bool, typer.Option("--whole", help="The whole input is one record.")] = False,
    file: Annotated[
        list[str] | None,
        typer.Option(
            "--file",
            metavar="PATH",
            help="Read this instead of standard input; repeatable.",
            show_default=False,
        ),
    ] = None,
    chop: Annotated[
        bool, typer.Option("--chop", help="Records go to the command without their delimiter.")
    ] = False,
    keep_order: Annotated[
        bool, typer.Option("--keep-order/--no-keep-order", help="Results in the order of the input.")
    ] = True,
    raw: Raw = False,
    server: Annotated[
        list[str] | None,
        typer.Option(
            "-s",
            "--server",
            metavar="ADDR",
            help="Use this server instead of a private one.",
            show_default=False,
        ),
    ] = None,
    function: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--function",
            metavar="FUNCTION",
            help="With -s: under which name other machines can join.",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Run every record of the input through a command, several at a time.

    Records are lines unless told otherwise; results come in the order of the
    input. It brings its own job server and workers and leaves nothing behind.
    Exit status 1 when a command failed.
    """
    from gearcli.worker.command import check

    check(command)
    ends = _delimiter(null, delimiter, whole)
    slots = (os.cpu_count() or 1) if jobs is None else jobs
    if slots == 0 and not server:
        raise UsageError("-j 0 needs -s: a private server has no other workers")
    source = whole_source([], file or []) if ends is None else record_source(ends, file or [], keep=not chop)
    batch = ends is not None or len(source.records) > 1
    results = Results(b"" if raw else ends or b"\n", in_order=keep_order) if batch else OneResult()
    outcomes = Outcomes(results, batch=batch, verbose=verbose > 0, warnings=not quiet)
    name = function or (f"run-{os.urandom(4).hex()}" if server else os.path.basename(command[0]))
    if server and not function and not quiet:
        message(f"other machines can join with: gear worker -s {server[0]} -f {name} -- {' '.join(command)}")
    with (
        _terminated(),
        _somewhere(server) as servers,
        Client(servers) as client,
        _workers(name, command, slots, servers),
    ):
        _through(client, name, source, outcomes, max(64, 4 * slots), AHEAD if keep_order else None)
    return outcomes.status


def _delimiter(null: bool, delimiter: str | None, whole: bool) -> bytes | None:
    """What ends a record; None for the whole input."""
    chosen = record_delimiter(False, null, delimiter)
    if whole and chosen is not None:
        raise UsageError("--whole, -0 and --delimiter exclude each other; choose one")
    return None if whole else chosen or b"\n"


@contextlib.contextmanager
def _somewhere(server: list[str] | None) -> Iterator[list[Address]]:
    """The servers that were named, or a private one."""
    from gearcli.cli.private import private_server

    if server:
        yield addresses(server)
        return
    with private_server() as address:
        yield [address]


@contextlib.contextmanager
def _workers(function: str, command: list[str], slots: int, servers: list[Address]) -> Iterator[None]:
    """Workers of our own, unless others do the work."""
    from gearcli.cli.private import private_workers
    from gearcli.worker.pool import Settings

    if not slots:
        yield
        return
    settings = Settings([os.fsencode(function)], command, servers, slots=slots, stderr="local")
    with private_workers(settings, lambda importance, text: None):
        yield


def _through(
    client: Client, function: str, source: Source, outcomes: Outcomes, window: int, ahead: int | None
) -> None:
    """Submit every record and print what comes back."""
    name = os.fsencode(function)

    def make(workload: bytes, number: int) -> Task:
        return Task(name, workload, random_unique(), number=number)

    for event in client.run(source, make, window=window, ahead=ahead):
        outcomes.take(event)


@contextlib.contextmanager
def _terminated() -> Iterator[None]:
    """Let TERM and HUP end the program in order, so that nothing is left behind."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
