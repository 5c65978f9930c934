"""`gear submit`: submit jobs and print their results."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated

import typer

from gearcli.cli.inputs import record_delimiter, record_source, whole_source
from gearcli.cli.options import (
    CONNECT_TIMEOUT,
    ConnectTimeout,
    Delimiter,
    Lines,
    Null,
    Quiet,
    Raw,
    Servers,
    Verbose,
    addresses,
    parsed,
)
from gearcli.cli.outcomes import Outcomes
from gearcli.cli.output import message
from gearcli.cli.results import OneResult, Results
from gearcli.client.client import Client
from gearcli.client.records import Source
from gearcli.client.tasks import Task, packet_of, random_unique
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority
from gearcli.units import duration

AHEAD = 1024
"""With results in order, how many jobs may be submitted ahead of the oldest one that is not done."""


def priority(text: str) -> Priority:
    """The priority of a name.  Raises UsageError."""
    try:
        return Priority[text.upper()]
    except KeyError:
        raise UsageError(f"{text!r} is no priority: high, normal or low (a server is -s HOST:PORT)") from None


def submit(
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help="What is to be done.")],
    workload: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WORKLOAD]...",
            help="A job each. Without one, standard input is the job.",
            show_default=False,
        ),
    ] = None,
    server: Servers = None,
    background: Annotated[
        bool, typer.Option("-b", "--background", help="Do not wait; print the job's handle.")
    ] = False,
    unique: Annotated[
        str | None,
        typer.Option(
            "-u",
            "--unique",
            metavar="KEY",
            help="Identical jobs run once; '-': the workload is the key.",
            show_default=False,
        ),
    ] = None,
    priority: Annotated[
        Priority,
        typer.Option(
            "-p",
            "--priority",
            metavar="high|normal|low",
            parser=parsed(priority),
            help="Before or after others.",
        ),
    ] = "normal",  # type: ignore[assignment]  # typer parses it
    file: Annotated[
        list[str] | None,
        typer.Option(
            "-f",
            "--file",
            metavar="PATH",
            help="Workload, or records, from a file; repeatable.",
            show_default=False,
        ),
    ] = None,
    lines: Lines = False,
    null: Null = False,
    delimiter: Delimiter = None,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, metavar="N", help="At most N jobs in flight.")
    ] = 64,
    keep_order: Annotated[
        bool, typer.Option("-k", "--keep-order", help="Results in the order of the input.")
    ] = False,
    raw: Raw = False,
    timeout: Annotated[
        float | None,
        typer.Option(
            "--timeout",
            metavar="DURATION",
            parser=parsed(duration),
            help="How long a job may take.",
            show_default=False,
        ),
    ] = None,
    connect_timeout: ConnectTimeout = CONNECT_TIMEOUT,  # type: ignore[assignment]  # typer parses it
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Submit a job and print its result.

    Results go to standard output as they come, warnings and failures to
    standard error. Exit status 0: done; 1: a job failed; 69: no server; 75:
    the queue is full; 124: out of time.
    """
    ends = record_delimiter(lines, null, delimiter)
    workloads, files = workload or [], file or []
    _check(ends, workloads, files, unique)
    make = _maker(os.fsencode(function), unique, priority, background)
    packet_of(make(b"", 0))  # what is wrong with the names is said before anything is read
    source = whole_source(workloads, files) if ends is None else record_source(ends, files)
    batch = ends is not None or len(source.records) > 1
    results = Results(b"" if raw else ends or b"\n", in_order=keep_order) if batch else OneResult()
    outcomes = Outcomes(results, batch=batch, timeout=timeout, verbose=verbose > 0, warnings=not quiet)
    with Client(addresses(server), connect_timeout=connect_timeout) as client:
        ahead = AHEAD if keep_order else None
        _run(client, source, make, outcomes, window=jobs, ahead=ahead, timeout=timeout)
    return outcomes.status


def _check(delimiter: bytes | None, workloads: list[str], files: list[str], unique: str | None) -> None:
    if delimiter is not None and workloads:
        raise UsageError("WORKLOAD arguments and records from a stream exclude each other")
    if (delimiter is not None or len(workloads) + len(files) > 1) and unique not in (None, "-"):
        raise UsageError(f"--unique {unique} would make all jobs one; use --unique -")
    if unique == "":
        raise UsageError("--unique needs a key, or - for the workload itself")


def _maker(
    function: bytes, unique: str | None, priority: Priority, background: bool
) -> Callable[[bytes, int], Task]:
    """What makes a task from a workload and its number."""

    def make(workload: bytes, number: int) -> Task:
        key = random_unique() if unique is None else os.fsencode(unique)
        return Task(function, workload, key, priority=priority, background=background, number=number)

    return make


def _run(
    client: Client,
    source: Source,
    make: Callable[[bytes, int], Task],
    outcomes: Outcomes,
    *,
    window: int,
    ahead: int | None,
    timeout: float | None,
) -> None:
    try:
        for event in client.run(source, make, window=window, ahead=ahead, timeout=timeout):
            outcomes.take(event)
    except KeyboardInterrupt:
        message("jobs that wait for a worker are dropped, running ones and background ones go on")
        raise
