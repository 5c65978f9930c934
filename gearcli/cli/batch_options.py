"""The options of `submit` and `run`: those of a batch, which both have, and those of each."""

from __future__ import annotations

from typing import Annotated

import typer

from gearcli.cli.halt import Halt
from gearcli.cli.halt import halt as parse_halt
from gearcli.cli.makers import due, priority
from gearcli.cli.options import lasting, parsed
from gearcli.cli.progress import mode as progress_mode
from gearcli.protocol.packets import Priority

Tag = Annotated[bool, typer.Option("--tag", help="Put the record and a TAB before each line of its result.")]
JobLogPath = Annotated[
    str | None,
    typer.Option("--joblog", metavar="FILE", help="Write a line per job, in GNU parallel's columns."),
]
Resume = Annotated[bool, typer.Option("--resume", help="Leave out the records that --joblog has.")]
ResumeFailed = Annotated[
    bool, typer.Option("--resume-failed", help="The same, but try those again that failed.")
]
ResultsFolder = Annotated[
    str | None,
    typer.Option(
        "--results", metavar="DIR", help="Also write each result into a file named after its record's number."
    ),
]
HaltWhen = Annotated[
    Halt | None,
    typer.Option(
        "--halt",
        metavar="now|soon,fail=N",
        parser=parsed(parse_halt),
        help="Stop early: at once, or when the running jobs are done. Also success=N, done=N, fail=N%.",
    ),
]
Retries = Annotated[
    int, typer.Option("--retries", min=0, metavar="N", help="Submit again what failed, so often.")
]
ProgressMode = Annotated[
    str,
    typer.Option(
        "--progress",
        metavar="auto|bar|plain|json|none",
        parser=parsed(progress_mode),
        help="How progress is shown, on standard error.",
    ),
]

# -- of submit alone -----------------------------------------------------------------

Function = Annotated[str | None, typer.Argument(metavar="FUNCTION", help="What is to be done.")]
Workloads = Annotated[
    list[str] | None,
    typer.Argument(metavar="[WORKLOAD]...", help="A job each. Without one, standard input is the job."),
]
Background = Annotated[bool, typer.Option("-b", "--background", help="Do not wait; print the job's handle.")]
Unique = Annotated[
    str | None,
    typer.Option(
        "-u", "--unique", metavar="KEY", help="Identical jobs run once; '-': the workload is the key."
    ),
]
JobPriority = Annotated[
    Priority,
    typer.Option(
        "-p", "--priority", metavar="high|normal|low", parser=parsed(priority), help="Before or after others."
    ),
]
Delay = Annotated[float | None, lasting("--in", help="Not before so long has passed; in the background.")]
At = Annotated[
    float | None,
    typer.Option(
        "--at",
        metavar="TIME",
        parser=parsed(due),
        help="Not before '2030-01-31 08:00', '08:00' or @SECONDS; in the background.",
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option("-f", "--file", metavar="PATH", help="Workload, or records, from a file; repeatable."),
]
Jsonl = Annotated[
    bool,
    typer.Option(
        "--jsonl",
        help="One job per line, a JSON object: function, workload or workload_base64, unique, "
        "priority, background, at.",
    ),
]
InFlight = Annotated[int, typer.Option("-j", "--jobs", min=1, metavar="N", help="At most N jobs in flight.")]
KeepOrder = Annotated[bool, typer.Option("-k", "--keep-order", help="Results in the order of the input.")]
JobTimeout = Annotated[float | None, lasting("--timeout", help="How long a job may take.")]
RequireWorker = Annotated[
    bool, typer.Option("--require-worker", help="Exit 75 rather than queue for nobody.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be submitted; connect to nothing.")]
JobsAsJson = Annotated[bool, typer.Option("--json", help="A JSON object per job instead of its result.")]

# -- of run alone --------------------------------------------------------------------

Command = Annotated[
    list[str], typer.Argument(metavar="-- COMMAND [ARG]...", help="What each record goes through.")
]
Slots = Annotated[
    int | None,
    typer.Option(
        "-j", "--jobs", min=0, metavar="N", help="Commands at a time.", show_default="number of CPUs"
    ),
]
Whole = Annotated[bool, typer.Option("--whole", help="The whole input is one record.")]
RunFiles = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="PATH", help="Read this instead of standard input; repeatable."),
]
Chop = Annotated[bool, typer.Option("--chop", help="Records go to the command without their delimiter.")]
InOrder = Annotated[
    bool, typer.Option("--keep-order/--no-keep-order", help="Results in the order of the input.")
]
RunServer = Annotated[
    list[str] | None,
    typer.Option("-s", "--server", metavar="ADDR", help="Use this server instead of a private one."),
]
RunContext = Annotated[
    str | None,
    typer.Option(
        "--context",
        metavar="NAME",
        help="Use the servers of [context.NAME] of the config file instead of a private one.",
    ),
]
RunFunction = Annotated[
    str | None,
    typer.Option(
        "-f",
        "--function",
        metavar="FUNCTION",
        help="With -s or --context: under which name other machines can join.",
    ),
]
RecordsAsJson = Annotated[
    bool, typer.Option("--json", help="A JSON object per record instead of its result.")
]
