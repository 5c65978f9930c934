"""`gear worker`: any command becomes a Gearman worker."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from gearcli.cli import recipe_options as recipes
from gearcli.cli import worker_log
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import (
    ConnectTimeout,
    Context,
    Grace,
    Quiet,
    Reach,
    Servers,
    Verbose,
    one_of,
    page_address,
    parsed,
    reach,
)
from gearcli.cli.output import message, on_terminal
from gearcli.errors import UsageError
from gearcli.units import duration

if TYPE_CHECKING:
    from gearcli.worker.config import Workers
    from gearcli.worker.plan import Reread

T = TypeVar("T")

CONTEXT: dict[str, Any] = {"allow_interspersed_args": False}
"""Options of the command are the command's."""

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
        raise UsageError(f"{text!r}: there has to be one slot at least, and no more than at most")
    return found


def _ending_option(name: str, metavar: str, help: str) -> Any:
    return typer.Option(name, metavar=metavar, parser=parsed(duration), help=help, rich_help_panel=_ENDING)


def worker(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND [ARG]...", help="What is run for each job.")
    ] = None,
    function: Annotated[
        list[str] | None,
        typer.Option("-f", "--function", metavar="FUNCTION", help="What to take jobs of; repeatable."),
    ] = None,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="Many functions, each with its own command, from a file such as workers.toml; "
            "HUP reads it again.",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only see whether the file is right.")] = False,
    server: Servers = None,
    context: Context = None,
    jobs: Annotated[
        Any,
        typer.Option(
            "-j",
            "--jobs",
            metavar="N|MIN-MAX",
            parser=parsed(slots),
            help="Jobs at a time; with two numbers as many as there is work for. Default: 1.",
        ),
    ] = None,
    stream: recipes.Stream = False,
    timeout: recipes.Timeout = None,
    kill_after: recipes.KillAfter = None,
    stderr: recipes.Stderr = None,
    on_failure: recipes.OnFailure = None,
    retries: recipes.LocalRetries = None,
    retry_delay: recipes.RetryDelay = None,
    retry_exit: recipes.RetryExit = None,
    persistent: recipes.Persistent = False,
    null: recipes.NullRecords = False,
    replace: recipes.Replace = None,
    max_output: recipes.MaxOutput = None,
    workdir: recipes.WorkDir = None,
    env: recipes.Environment = None,
    clean_env: recipes.CleanEnv = False,
    limit: recipes.Limit = None,
    backoff: recipes.Backoff = None,
    count: Annotated[
        int | None,
        typer.Option(
            "-c", "--count", min=1, metavar="N", help="After so many jobs.", rich_help_panel=_ENDING
        ),
    ] = None,
    burst: Annotated[
        bool, typer.Option("--burst", help="When no jobs are left.", rich_help_panel=_ENDING)
    ] = False,
    max_idle: Annotated[
        float | None, _ending_option("--max-idle", "DURATION", "When there was no job for so long.")
    ] = None,
    max_lifetime: Annotated[
        float | None,
        _ending_option("--max-lifetime", "DURATION", "After so long; running jobs are finished."),
    ] = None,
    splay: Annotated[
        float | None, _ending_option("--splay", "DURATION", "Up to so much later, at random. Default: 0.")
    ] = None,
    grace: Grace = None,  # type: ignore[assignment]  # typer parses it
    name: Annotated[
        str | None, typer.Option("--name", metavar="ID", help="Client id that `workers` shows.")
    ] = None,
    pidfile: Annotated[
        str | None,
        typer.Option(
            "--pidfile",
            metavar="FILE",
            help="A file with the process id, for signals.",
            rich_help_panel=_SERVICE,
        ),
    ] = None,
    log_format: Annotated[
        str,
        typer.Option(
            "--log-format",
            metavar="text|json",
            parser=parsed(one_of(*worker_log.FORMATS)),
            help="Messages in words, or a JSON object a line.",
            rich_help_panel=_SERVICE,
        ),
    ] = "text",
    metrics: Annotated[
        Any,
        typer.Option(
            "--metrics",
            metavar="[HOST:]PORT",
            parser=parsed(page_address),
            help="Serve Prometheus metrics there, at /metrics, and /healthz.",
            rich_help_panel=_SERVICE,
        ),
    ] = None,
    insecure_listen: Annotated[
        bool,
        typer.Option(
            "--insecure-listen",
            help="Allow metrics at an address that other machines can reach.",
            rich_help_panel=_SERVICE,
        ),
    ] = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Run a command for every job of a function.

    The workload is the command's standard input, its standard output is the
    result. Exit status 0 completes the job; another one, a signal, a timeout
    or a missing program fails it, with the reason. There is no shell between.
    TERM finishes the running jobs first, a second one kills them; TSTP takes
    no more jobs until CONT.
    """
    from gearcli.cli import worker_process
    from gearcli.worker.config import Workers, read
    from gearcli.worker.ending import Terms
    from gearcli.worker.plan import Settings

    fields = recipes.treatment(
        stream=stream,
        timeout=timeout,
        kill_after=kill_after,
        stderr=stderr,
        on_failure=on_failure,
        retries=retries,
        retry_delay=retry_delay,
        retry_exit=retry_exit,
        persistent=persistent,
        null=null,
        replace=replace,
        max_output=max_output,
        workdir=workdir,
        env=env,
        clean_env=clean_env,
        limit=limit,
        backoff=backoff,
    )
    if splay is not None and max_lifetime is None:
        raise UsageError("--splay needs --max-lifetime: it spreads the ends of many workers")
    if config is None:
        if check:
            raise UsageError("--check needs --config: it sees whether that file is right")
        work = Workers(plans=(recipes.plan(function, command, jobs, fields),))
    else:
        if function or command or jobs or fields or count:
            raise UsageError("with --config, functions, commands and what becomes of them stand in the file")
        work = read(config)
        if check:
            message(f"{config} is right: {', '.join(plan.name for plan in work.plans)}")
            return ExitStatus.DONE
    if metrics is not None and not insecure_listen:
        from gearcli.server.listener import FOR_PAGES, require_loopback

        require_loopback(metrics, FOR_PAGES)
    servers, seconds = _reach(work, server, context, connect_timeout)
    settings = Settings(
        plans=work.plans,
        servers=servers,
        terms=Terms(count, burst, max_idle, max_lifetime, splay or 0.0),
        grace=_first(grace, work.grace, 25.0),
        client_id=os.fsencode(_first(name, work.name, "")),
        connect_timeout=seconds,
        reread=None if config is None else partial(_reread, config, work),
    )
    level = -1 if quiet else verbose + on_terminal(2)
    cut_short = worker_process.run(settings, level, log_format=log_format, metrics=metrics, pidfile=pidfile)
    return ExitStatus.DONE if cut_short is None else 128 + cut_short


def _reread(path: str, work: Workers) -> Reread:
    """What the file says now, beside what it said at first.  Raises ConfigError."""
    from gearcli.worker.config import read
    from gearcli.worker.plan import Reread

    found = read(path)
    others = [name for name in found._fields if name != "plans"]
    changed = [name for name in others if getattr(found, name) != getattr(work, name)]
    return Reread(found.plans, [name.replace("_", "-") for name in changed])


def _reach(work: Workers, server: list[str] | None, context: str | None, timeout: float | None) -> Reach:
    """The servers that the command line names, else those of the file, else the usual."""
    found = reach(server, context, _first(timeout, work.connect_timeout, None))
    named = server or context is not None
    return found if named or not work.servers else found._replace(servers=list(work.servers))


def _first(*values: T | None) -> T:
    """The first that is said; the last one always is."""
    return next((value for value in values if value is not None), values[-1])  # type: ignore[return-value]
