"""The options of `gear check`: the letters are check_gearman's."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from gearcli.cli.options import lasting, parsed
from gearcli.cli.plugin import Levels
from gearcli.errors import UsageError

_THRESHOLDS = "Thresholds"
_JOB = "A test job"
_LEVELS = re.compile(r"([0-9]{1,9})(?::([0-9]{1,9}))?")


def _threshold(name: str, help: str) -> Any:
    return typer.Option(name, metavar="N", min=0, help=help, rich_help_panel=_THRESHOLDS)


def levels(text: str) -> Levels:
    """What ``WARNING`` or ``WARNING:CRITICAL`` says.  Raises UsageError."""
    found = _LEVELS.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no threshold; write 1 for a warning, 1:10 for what is critical too")
    return Levels(int(found[1]), int(found[2] or 0))


Hosts = Annotated[
    list[str] | None,
    typer.Option(
        "-H", metavar="HOST[:PORT]", help="A server, as check_gearman has it; beside it -s is --send."
    ),
]
Queues = Annotated[
    list[str] | None,
    typer.Option("-q", "--queue", metavar="FUNCTION", help="Only this one; repeatable. Default: all."),
]
Timeout = Annotated[float, lasting("-t", "--timeout", help="For all; then critical.")]
JobsWarning = Annotated[int, _threshold("-w", "Waiting jobs: warning. 0: never.")]
JobsCritical = Annotated[int, _threshold("-c", "Waiting jobs: critical. 0: never.")]
WorkersWarning = Annotated[int, _threshold("-W", "Workers: warning. 0: never.")]
WorkersCritical = Annotated[int, _threshold("-C", "Workers: critical. 0: never.")]
NoWorker = Annotated[bool, typer.Option("-x", help="No worker is critical.", rich_help_panel=_THRESHOLDS)]
MinWorkers = Annotated[int, _threshold("--min-workers", "Fewer are critical.")]
MaxAge = Annotated[
    float | None,
    lasting(
        "--max-age", help="A job that waits longer is critical (gear servers).", rich_help_panel=_THRESHOLDS
    ),
]
Dead = Annotated[
    Levels | None,
    typer.Option(
        "--dead",
        metavar="N[:N]",
        parser=parsed(levels),
        help="Dead jobs: warning, and critical. 0: never (gear servers).",
        rich_help_panel=_THRESHOLDS,
    ),
]
Send = Annotated[
    str | None,
    typer.Option(
        "--send", metavar="TEXT", help="Send a job to the function of -q instead.", rich_help_panel=_JOB
    ),
]
Expect = Annotated[
    str | None,
    typer.Option(
        "-e", "--expect", metavar="TEXT", help="Critical unless its result holds this.", rich_help_panel=_JOB
    ),
]
Unique = Annotated[
    str, typer.Option("-u", "--unique", metavar="KEY", help="Its unique.", rich_help_panel=_JOB)
]
Background = Annotated[
    bool, typer.Option("-a", "--async", help="Do not wait for its result.", rich_help_panel=_JOB)
]
Verbose = Annotated[bool, typer.Option("-v", hidden=True)]
