"""Options of a batch that `submit` and `run` share, each defined once."""

from __future__ import annotations

from typing import Annotated

import typer

from gearcli.cli.halt import Halt
from gearcli.cli.halt import halt as parse_halt
from gearcli.cli.options import parsed
from gearcli.cli.progress import mode as progress_mode

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
