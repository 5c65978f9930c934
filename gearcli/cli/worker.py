"""`gear worker`: any command becomes a Gearman worker."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from gearcli.cli import recipe_options as recipes
from gearcli.cli import worker_options as options
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import ConnectTimeout, Context, Quiet, Reach, Servers, Verbose, reach
from gearcli.cli.output import message, on_terminal
from gearcli.cli.page_sockets import require_loopback
from gearcli.errors import UsageError

if TYPE_CHECKING:
    from gearcli.worker.config import Workers
    from gearcli.worker.plan import Reread

T = TypeVar("T")

CONTEXT: dict[str, Any] = {"allow_interspersed_args": False}
"""Options of the command are the command's."""


def worker(
    command: options.Command = None,
    function: options.Functions = None,
    config: options.ConfigFile = None,
    check: options.CheckOnly = False,
    server: Servers = None,
    context: Context = None,
    jobs: options.Jobs = None,
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
    count: options.Count = None,
    burst: options.Burst = False,
    max_idle: options.MaxIdle = None,
    max_lifetime: options.MaxLifetime = None,
    splay: options.Splay = None,
    grace: options.Grace = None,
    name: options.ClientId = None,
    pidfile: options.PidFile = None,
    log_format: options.LogFormat = "text",
    metrics: options.Metrics = None,
    insecure_listen: options.InsecureListen = False,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Run a command for every job of a function.

    The workload is the command's standard input, its standard output is the
    result. Exit status 0 completes the job; another one, a signal, a timeout
    or a missing program fails it, with the reason. There is no shell between.
    TERM finishes the running jobs first, a second one kills them; TSTP takes
    no more jobs until CONT; HUP reads --config again, without it it is as TERM.
    """
    from gearcli.cli import worker_process
    from gearcli.worker.ending import Terms
    from gearcli.worker.plan import GRACE, Settings

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
    others = function or command or jobs or fields or count
    if splay is not None and max_lifetime is None:
        raise UsageError("--splay needs --max-lifetime: it spreads the ends of many workers")
    if check and config is None:
        raise UsageError("--check needs --config: it sees whether that file is right")
    work = _by_options(function, command, jobs, fields) if config is None else _by_file(config, others)
    if check:
        message(f"{config} is right: {', '.join(plan.name for plan in work.plans)}")
        return ExitStatus.DONE
    require_loopback(metrics, insecure=insecure_listen)
    servers, seconds = _reach(work, server, context, connect_timeout)
    settings = Settings(
        plans=work.plans,
        servers=servers,
        terms=Terms(count, burst, max_idle, max_lifetime, splay or 0.0),
        grace=_first(grace, work.grace, GRACE),
        client_id=os.fsencode(_first(name, work.name, "")),
        connect_timeout=seconds,
        reread=None if config is None else partial(_reread, config, work),
    )
    level = -1 if quiet else verbose + on_terminal(2)
    cut_short = worker_process.run(settings, level, log_format=log_format, metrics=metrics, pidfile=pidfile)
    return ExitStatus.DONE if cut_short is None else 128 + cut_short


def _by_options(
    function: list[str] | None,
    command: list[str] | None,
    slots: tuple[int, int] | None,
    fields: dict[str, Any],
) -> Workers:
    """The work that the command line says.  Raises UsageError."""
    from gearcli.worker.config import Workers

    return Workers(plans=(recipes.plan(function, command, slots, fields),))


def _by_file(path: str, others: object) -> Workers:
    """The work that a file says, and nothing `others`.  Raises UsageError and ConfigError."""
    from gearcli.worker.config import read

    if others:
        raise UsageError("with --config, functions, commands and what becomes of them stand in the file")
    return read(path)


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
