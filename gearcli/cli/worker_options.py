"""The options of `gear worker` that are not about its command; those are in `recipe_options`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gearcli.cli.options import lasting, one_of, page_address, parsed
from gearcli.cli.worker_log import FORMATS
from gearcli.errors import UsageError
from gearcli.worker.plan import GRACE

_ENDING = "When to end"
_SERVICE = "The service"


def slots(text: str) -> tuple[int, int]:
    """The least and the most slots of ``4`` or ``1-8``.  Raises UsageError."""
    least, dash, most = text.partition("-")
    numbers = [least, most] if dash else [least, least]
    if not all(number.isascii() and number.isdigit() and len(number) < 6 for number in numbers):
        raise UsageError(f"{text!r} is no number of jobs; write 4, or 1-8 for as many as there is work for")
    found = int(numbers[0]), int(numbers[1])
    if not 1 <= found[0] <= found[1]:
        raise UsageError(f"{text!r}: write 1 or more, or MIN-MAX with a MAX that is not less than MIN")
    return found


Command = Annotated[
    list[str] | None, typer.Argument(metavar="-- COMMAND [ARG]...", help="What is run for each job.")
]
Functions = Annotated[
    list[str] | None,
    typer.Option("-f", "--function", metavar="FUNCTION", help="What to take jobs of; repeatable."),
]
ConfigFile = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Many functions, each with its own command, from a file such as workers.toml; "
        "HUP reads it again.",
    ),
]
CheckOnly = Annotated[bool, typer.Option("--check", help="Only see whether the file is right.")]
Jobs = Annotated[
    Any,
    typer.Option(
        "-j",
        "--jobs",
        metavar="N|MIN-MAX",
        parser=parsed(slots),
        help="Jobs at a time; with two numbers as many as there is work for. Default: 1.",
    ),
]
ClientId = Annotated[str | None, typer.Option("--name", metavar="ID", help="Client id that `workers` shows.")]

# -- when to end ------------------------------------------------------------

Count = Annotated[
    int | None,
    typer.Option("-c", "--count", min=1, metavar="N", help="After so many jobs.", rich_help_panel=_ENDING),
]
Burst = Annotated[bool, typer.Option("--burst", help="When no jobs are left.", rich_help_panel=_ENDING)]
MaxIdle = Annotated[
    float | None, lasting("--max-idle", help="When there was no job for so long.", rich_help_panel=_ENDING)
]
MaxLifetime = Annotated[
    float | None,
    lasting("--max-lifetime", help="After so long; running jobs are finished.", rich_help_panel=_ENDING),
]
Grace = Annotated[
    float | None,
    lasting("--grace", help=f"How long TERM, INT and HUP wait for running jobs. Default: {GRACE:g}s."),
]
Splay = Annotated[
    float | None,
    lasting("--splay", help="Up to so much later, at random. Default: 0.", rich_help_panel=_ENDING),
]

# -- the service ------------------------------------------------------------

PidFile = Annotated[
    str | None,
    typer.Option(
        "--pidfile", metavar="FILE", help="A file with the process id, for signals.", rich_help_panel=_SERVICE
    ),
]
LogFormat = Annotated[
    str,
    typer.Option(
        "--log-format",
        metavar="text|json",
        parser=parsed(one_of(*FORMATS)),
        help="Messages in words, or a JSON object a line.",
        rich_help_panel=_SERVICE,
    ),
]
Metrics = Annotated[
    Any,
    typer.Option(
        "--metrics",
        metavar="[HOST:]PORT",
        parser=parsed(page_address),
        help="Serve Prometheus metrics there, at /metrics, and /healthz.",
        rich_help_panel=_SERVICE,
    ),
]
InsecureListen = Annotated[
    bool,
    typer.Option(
        "--insecure-listen",
        help="Allow metrics at an address that other machines can reach.",
        rich_help_panel=_SERVICE,
    ),
]
