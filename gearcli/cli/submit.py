"""`gear submit`: submit jobs and print their results."""

from __future__ import annotations

from typing import Annotated

import typer

from gearcli.cli.batch_options import (
    HaltWhen,
    JobLogPath,
    ProgressMode,
    ResultsFolder,
    Resume,
    ResumeFailed,
    Retries,
    Tag,
)
from gearcli.cli.makers import due, priority
from gearcli.cli.options import (
    ConnectTimeout,
    Context,
    Delimiter,
    Lines,
    Null,
    Quiet,
    Raw,
    Servers,
    Verbose,
    lasting,
    parsed,
)
from gearcli.cli.submitting import Asked, submitted
from gearcli.protocol.packets import Priority


def submit(
    function: Annotated[str | None, typer.Argument(metavar="FUNCTION", help="What is to be done.")] = None,
    workload: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORKLOAD]...", help="A job each. Without one, standard input is the job."),
    ] = None,
    server: Servers = None,
    background: Annotated[
        bool, typer.Option("-b", "--background", help="Do not wait; print the job's handle.")
    ] = False,
    unique: Annotated[
        str | None,
        typer.Option(
            "-u", "--unique", metavar="KEY", help="Identical jobs run once; '-': the workload is the key."
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
    delay: Annotated[
        float | None, lasting("--in", help="Not before so long has passed; in the background.")
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(
            "--at",
            metavar="TIME",
            parser=parsed(due),
            help="Not before '2030-01-31 08:00', '08:00' or @SECONDS; in the background.",
        ),
    ] = None,
    file: Annotated[
        list[str] | None,
        typer.Option("-f", "--file", metavar="PATH", help="Workload, or records, from a file; repeatable."),
    ] = None,
    lines: Lines = False,
    null: Null = False,
    delimiter: Delimiter = None,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl",
            help="One job per line, a JSON object: function, workload or workload_base64, unique, "
            "priority, background, at.",
        ),
    ] = False,
    jobs: Annotated[
        int, typer.Option("-j", "--jobs", min=1, metavar="N", help="At most N jobs in flight.")
    ] = 64,
    keep_order: Annotated[
        bool, typer.Option("-k", "--keep-order", help="Results in the order of the input.")
    ] = False,
    raw: Raw = False,
    tag: Tag = False,
    timeout: Annotated[float | None, lasting("--timeout", help="How long a job may take.")] = None,
    retries: Retries = 0,
    halt: HaltWhen = None,
    joblog: JobLogPath = None,
    resume: Resume = False,
    resume_failed: ResumeFailed = False,
    results: ResultsFolder = None,
    require_worker: Annotated[
        bool, typer.Option("--require-worker", help="Exit 75 rather than queue for nobody.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be submitted; connect to nothing.")
    ] = False,
    progress: ProgressMode = "auto",
    json: Annotated[
        bool, typer.Option("--json", help="A JSON object per job instead of its result.")
    ] = False,
    context: Context = None,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Submit a job and print its result.

    Results go to standard output as they come, warnings and failures to
    standard error. Exit status 0: done; 1: a job failed; 69: no server; 75:
    the queue is full; 124: out of time.
    """
    return submitted(Asked(**locals()))  # the parameters are its fields
