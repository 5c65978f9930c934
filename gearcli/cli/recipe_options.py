"""Options that say how a command is treated, for every command that runs one for each job."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gearcli.cli.options import lasting, one_of, parsed
from gearcli.errors import UsageError
from gearcli.units import size

if TYPE_CHECKING:
    from gearcli.worker.plan import Plan, Recipe

_PANEL = "The command"


def _option(*names: str, metavar: str, help: str, parser: Callable[[str], Any] | None = None) -> Any:
    """An option that says nothing where it is not given."""
    return typer.Option(
        *names,
        metavar=metavar,
        parser=None if parser is None else parsed(parser),
        help=help,
        rich_help_panel=_PANEL,
    )


def _flag(*names: str, help: str) -> Any:
    return typer.Option(*names, help=help, rich_help_panel=_PANEL)


def limits(text: str) -> dict[str, int]:
    """The limits that a text names.  Raises UsageError."""
    from gearcli.worker.limits import parse

    return parse(text)


Stream = Annotated[bool, _flag("--stream", help="Send the output on as it comes, as data of the job.")]
Timeout = Annotated[
    float | None,
    lasting(
        "--timeout",
        help="End a command that takes longer: TERM to all it started, then KILL.",
        rich_help_panel=_PANEL,
    ),
]
KillAfter = Annotated[
    float | None, lasting("--kill-after", help="From TERM to KILL. Default: 5s.", rich_help_panel=_PANEL)
]
Stderr = Annotated[
    str | None,
    _option(
        "--stderr",
        metavar="both|local|warning",
        parser=one_of("both", "local", "warning"),
        help="Where the command's standard error goes: here, its end to the submitter, both. Default: both.",
    ),
]
OnFailure = Annotated[
    str | None,
    _option(
        "--on-failure",
        metavar="fail|exception|requeue",
        parser=one_of("fail", "exception", "requeue"),
        help="What a failed job becomes; with requeue it may be offered again for ever. Default: fail.",
    ),
]
LocalRetries = Annotated[
    int | None,
    typer.Option(
        "--retries",
        min=0,
        metavar="N",
        help="Try a failed job again here, so often. Default: 0.",
        rich_help_panel=_PANEL,
    ),
]
RetryDelay = Annotated[
    float | None, lasting("--retry-delay", help="Pause before that. Default: 1s.", rich_help_panel=_PANEL)
]
RetryExit = Annotated[
    list[int] | None,
    typer.Option(
        "--retry-exit",
        min=1,
        max=255,
        metavar="CODE",
        help="Try again only after this exit status (124: timed out, 128+N: signal N); repeatable.",
        rich_help_panel=_PANEL,
    ),
]
Persistent = Annotated[
    bool, _flag("--persistent", help="Keep the command running: for each job a line in and a line out.")
]
NullRecords = Annotated[bool, _flag("-0", "--null", help="With --persistent: NUL-terminated records.")]
Replace = Annotated[
    str | None,
    _option(
        "-I",
        "--replace",
        metavar="REPL",
        help="Put the workload where REPL stands in the arguments, instead of on standard input.",
    ),
]
MaxOutput = Annotated[
    int | None,
    _option("--max-output", metavar="SIZE", parser=size, help="A longer result is a failure. Default: 256M."),
]
WorkDir = Annotated[
    str | None,
    _option(
        "--workdir",
        metavar="tmp|DIR",
        help="Folder of the command; tmp: a fresh one each time it is started.",
    ),
]
Environment = Annotated[
    list[str] | None, _option("--env", metavar="NAME[=VALUE]", help="Set a variable, or keep it; repeatable.")
]
CleanEnv = Annotated[bool, _flag("--clean-env", help="No variables but PATH, --env's and the job's.")]
Limit = Annotated[
    list[Any] | None,
    _option(
        "--limit",
        metavar="NAME=VALUE,...",
        parser=limits,
        help="Limits for each process of a command: cpu=10s, memory=512M, file=1G, files=64, core=0; "
        "processes=100 counts all of the user's; repeatable.",
    ),
]
Backoff = Annotated[
    float | None,
    lasting(
        "--backoff",
        help="Longest pause between jobs while the command fails again and again; 0 for none. Default: 10s.",
        rich_help_panel=_PANEL,
    ),
]


def treatment(
    *,
    persistent: bool = False,
    null: bool = False,
    workdir: str | None = None,
    env: list[str] | None = None,
    limit: list[dict[str, int]] | None = None,
    retry_exit: list[int] | None = None,
    **others: Any,
) -> dict[str, Any]:
    """The fields of a recipe that the options set; what they do not say is left out.  Raises UsageError."""
    from gearcli.worker import environment
    from gearcli.worker.plan import FRESH_FOLDER

    if null and not persistent:
        raise UsageError("-0 needs --persistent: it says how the records of a command that stays end")
    if workdir is not None and workdir != FRESH_FOLDER and not os.path.isdir(workdir):
        raise UsageError(f"--workdir: there is no folder {workdir}; tmp stands for a fresh one per job")
    fields = {
        **others,
        "persistent": (b"\0" if null else b"\n") if persistent else None,
        "workdir": workdir if workdir in (None, FRESH_FOLDER) else os.path.abspath(workdir),
        "environment": environment.parse(env) if env else None,
        "limits": {name: value for each in limit for name, value in each.items()} if limit else None,
        "retry_exit": frozenset(retry_exit) if retry_exit else None,
    }
    return {name: value for name, value in fields.items() if value is not None and value is not False}


def plan(
    function: list[str] | None,
    command: list[str] | None,
    slots: tuple[int, int] | None,
    fields: dict[str, Any],
) -> Plan:
    """The plan of a command line.  Raises UsageError."""
    from gearcli.worker.plan import Plan

    functions = [os.fsencode(each) for each in function or []]
    if not functions or not all(functions):
        raise UsageError("-f has to name a function to take jobs of, or --config a file that does")
    if len(set(functions)) < len(functions):
        raise UsageError("-f names the same function twice")
    return Plan(",".join(function or []), functions, recipe(command, fields), *(slots or (1, 1)))


def recipe(command: list[str] | None, fields: dict[str, Any]) -> Recipe:
    """The recipe of a command line.  Raises UsageError for what makes no sense together."""
    from gearcli.worker.plan import Recipe
    from gearcli.worker.sense import nonsense

    if not command:
        raise UsageError("say after -- what is to be run for each job, for example: -- tr a-z A-Z")
    made = Recipe(command, **fields)
    if wrong := nonsense(made):
        key, words = wrong
        raise UsageError(f"--{key.replace('_', '-')}: {words}")
    return made
