"""`gear submit`: submit jobs and print their results."""

from __future__ import annotations

import os
from collections.abc import Callable
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
from gearcli.cli.ending import ending_in_order
from gearcli.cli.exits import ExitStatus
from gearcli.cli.inputs import given, record_delimiter
from gearcli.cli.makers import Maker, Wanted, due, due_at, key_of, object_maker
from gearcli.cli.options import (
    ConnectTimeout,
    Context,
    Delimiter,
    Lines,
    Null,
    Quiet,
    Raw,
    Reach,
    Servers,
    Verbose,
    parsed,
    reach,
)
from gearcli.cli.pipeline import RECONNECT, Pipeline, Wishes, without_finished
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Source
from gearcli.client.tasks import Task, packet_of
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority
from gearcli.units import duration


def priority(text: str) -> Priority:
    """The priority of a name.  Raises UsageError."""
    try:
        return Priority[text.upper()]
    except KeyError:
        raise UsageError(f"{text!r} is no priority: high, normal or low (a server is -s HOST:PORT)") from None


def submit(
    function: Annotated[
        str | None, typer.Argument(metavar="FUNCTION", help="What is to be done.", show_default=False)
    ] = None,
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
    delay: Annotated[
        float | None,
        typer.Option(
            "--in",
            metavar="DURATION",
            parser=parsed(duration),
            help="Not before so long has passed; in the background.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(
            "--at",
            metavar="TIME",
            parser=parsed(due),
            help="Not before '2030-01-31 08:00', '08:00' or @SECONDS; in the background.",
            show_default=False,
        ),
    ] = None,
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
    jobs_from = given(workload, file, record_delimiter(lines, null, delimiter), jsonl=jsonl)
    wanted = Wanted(
        function=os.fsencode(function or ""),
        unique=key_of(unique, many=jobs_from.many),
        priority=priority,
        background=background,
        at=due_at(delay, at),
    )
    _check(function, wanted, jsonl)
    make: Maker = object_maker(wanted, jobs_from.name) if jsonl else wanted.task
    source = jobs_from.source()
    wishes = Wishes(
        delimiter=b"" if raw else jobs_from.delimiter or b"\n",
        record_end=jobs_from.delimiter or b"\n",
        keep_order=keep_order,
        tag=tag,
        json=json,
        joblog=joblog,
        resume=resume,
        resume_failed=resume_failed,
        folder=results,
        halt=halt,
        progress=progress,
        timeout=timeout,
        retries=retries,
        quiet=quiet,
        verbose=verbose,
        background=background or wanted.at is not None,
    )
    if dry_run:
        return _shown(source, without_finished(wishes, make, lambda number: None), json)
    reached = reach(server, context, connect_timeout)
    if require_worker:
        reached, make = _required(reached, make, wanted.function, jsonl)
    once = not retries and len(reached.servers) == 1
    pipeline = Pipeline(wishes, source, make, batch=jobs_from.many, once=once)
    patience = RECONNECT if jobs_from.many or retries else 0.0
    with (
        ending_in_order(),
        Dispatch(
            reached.servers,
            connect_timeout=reached.connect_timeout,
            patience=patience,
            spread=jobs_from.many,
        ) as dispatch,
    ):
        if jobs_from.many or unique is None:
            dispatch.connect()  # nobody types records for a server that is not there
        return pipeline.run(dispatch, window=jobs, served=None if quiet else _served(reached))


def _check(function: str | None, wanted: Wanted, jsonl: bool) -> None:
    """Say what is wrong with the names before anything is read.  Raises UsageError."""
    if function is not None:
        packet_of(wanted.task(b"", 0))
    elif not jsonl:
        raise UsageError("name the FUNCTION that is to be done, for example: gear submit resize < cat.png")


def _shown(source: Source, make: Maker, json: bool) -> ExitStatus:
    from gearcli.cli.dry_run import dry_run

    dry_run(source, make, json=json)
    return ExitStatus.DONE


def _required(reached: Reach, make: Maker, function: bytes, jsonl: bool) -> tuple[Reach, Maker]:
    """Only servers, or only tasks, that have a worker.  Raises NoWorker."""
    from gearcli.cli.served import required, requiring

    if jsonl:
        return reached, requiring(make, reached.servers, reached.connect_timeout)
    return reached._replace(servers=required(reached.servers, function, reached.connect_timeout)), make


def _served(reached: Reach) -> Callable[[Task], bool]:
    """What says whether the function of a task has a worker where the task is."""

    def served(task: Task) -> bool:
        from gearcli.cli.served import serving

        servers = reached.servers if task.server is None else [task.server]
        return bool(serving(servers, task.function, reached.connect_timeout))

    return served
