"""`gear run`: server, workers and client at once, for one batch through one command."""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gearcli.cli import batch_options as batch
from gearcli.cli import recipe_options as recipes
from gearcli.cli.ending import ending_in_order
from gearcli.cli.inputs import record_delimiter, record_source, whole_source
from gearcli.cli.makers import Template
from gearcli.cli.options import ConnectTimeout, Delimiter, Null, Quiet, Raw, Reach, Verbose, reach
from gearcli.cli.output import message
from gearcli.cli.pipeline import RECONNECT, Pipeline, Wishes
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.client.dispatch import Dispatch
from gearcli.errors import UsageError
from gearcli.protocol.address import Address

if TYPE_CHECKING:
    from gearcli.worker.plan import Plan

CONTEXT: dict[str, Any] = {"allow_interspersed_args": False}
"""Options of the command are the command's."""


def run(
    command: batch.Command,
    jobs: batch.Slots = None,
    null: Null = False,
    delimiter: Delimiter = None,
    whole: batch.Whole = False,
    file: batch.RunFiles = None,
    chop: batch.Chop = False,
    keep_order: batch.InOrder = True,
    raw: Raw = False,
    server: batch.RunServer = None,
    function: batch.RunFunction = None,
    tag: batch.Tag = False,
    retries: batch.Retries = 0,
    halt: batch.HaltWhen = None,
    joblog: batch.JobLogPath = None,
    resume: batch.Resume = False,
    resume_failed: batch.ResumeFailed = False,
    results: batch.ResultsFolder = None,
    progress: batch.ProgressMode = "auto",
    json: batch.RecordsAsJson = False,
    timeout: recipes.Timeout = None,
    kill_after: recipes.KillAfter = None,
    persistent: recipes.Persistent = False,
    replace: recipes.Replace = None,
    max_output: recipes.MaxOutput = None,
    workdir: recipes.WorkDir = None,
    env: recipes.Environment = None,
    clean_env: recipes.CleanEnv = False,
    limit: recipes.Limit = None,
    context: batch.RunContext = None,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
    verbose: Verbose = 0,
) -> int:
    """Run every record of the input through a command, several at a time.

    Records are lines unless told otherwise; results come in the order of the
    input. It brings its own job server and workers and leaves nothing behind;
    with -s or --context it uses servers that are there, and other machines can
    join. Exit status 1 when a command failed.
    """
    from gearcli.worker.command import program_of
    from gearcli.worker.plan import Plan

    program_of(command)
    ends = _delimiter(null, delimiter, whole)
    slots = (os.cpu_count() or 1) if jobs is None else jobs
    named = bool(server) or context is not None
    _check(slots, ends, named=named, persistent=persistent)
    fields = recipes.treatment(
        timeout=timeout,
        kill_after=kill_after,
        replace=replace,
        max_output=max_output,
        workdir=workdir,
        env=env,
        clean_env=clean_env,
        limit=limit,
    )
    # What goes wrong is said as it comes, and nobody else could take the next job.
    fields |= {"stderr": "local", "backoff": 0.0, "persistent": ends if persistent else None}
    recipe = recipes.recipe(command, fields)
    source = whole_source([], file or []) if ends is None else record_source(ends, file or [], keep=not chop)
    wishes = Wishes(
        delimiter=b"" if raw else ends or b"\n",
        record_end=ends or b"\n",
        keep_order=keep_order,
        tag=tag,
        json=json,
        joblog=joblog,
        resume=resume,
        resume_failed=resume_failed,
        folder=results,
        halt=halt,
        progress=progress,
        retries=retries,
        quiet=quiet,
        verbose=verbose,
    )
    reached = reach(server, context, connect_timeout) if named else None
    name = function or (f"run-{os.urandom(4).hex()}" if named else os.path.basename(command[0]))
    many = ends is not None or len(source.records) > 1
    once = not retries and not named
    pipeline = Pipeline(wishes, source, Template(os.fsencode(name)).task, batch=many, once=once)
    # What has been submitted is run: who wants to stop early must not submit ahead.
    window = slots if halt is not None and slots else max(64, 4 * slots)
    fate = "running ones are ended here and go on elsewhere" if named else "running ones are ended"
    with (
        ending_in_order(),
        _somewhere(reached) as (servers, seconds),
        _dispatch(servers, seconds) as dispatch,
        _workers(Plan(name, [os.fsencode(name)], recipe, slots, slots), servers),
    ):
        if named and not function and not quiet:
            _invite(servers, name, command)
        return pipeline.run(dispatch, window=window, running=fate)


def _delimiter(null: bool, delimiter: str | None, whole: bool) -> bytes | None:
    """What ends a record; None for the whole input."""
    chosen = record_delimiter(False, null, delimiter)
    if whole and chosen is not None:
        raise UsageError("--whole, -0 and --delimiter exclude each other; choose one")
    return None if whole else chosen or b"\n"


def _check(slots: int, ends: bytes | None, *, named: bool, persistent: bool) -> None:
    """Raise UsageError for options that do not go together."""
    if slots == 0 and not named:
        raise UsageError("-j 0 needs -s: a private server has no other workers")
    if persistent and (ends is None or len(ends) > 1):
        raise UsageError("--persistent needs records that end with one byte: lines, -0 or --delimiter")


def _invite(servers: list[Address], name: str, command: list[str]) -> None:
    """Say how other machines can join."""
    where = ",".join(map(str, servers))
    message(f"other machines can join with: gear worker -s {where} -f {name} -- {shlex.join(command)}")


@contextlib.contextmanager
def _somewhere(reached: Reach | None) -> Iterator[Reach]:
    """The servers that were named, or a private one."""
    from gearcli.cli.private import private_server

    if reached is not None:
        yield reached
        return
    with private_server() as address:
        yield Reach([address], CONNECT_TIMEOUT)


@contextlib.contextmanager
def _dispatch(servers: list[Address], connect_timeout: float) -> Iterator[Dispatch]:
    """Tasks over the servers, one of which is there."""
    patience = RECONNECT if len(servers) > 1 or not servers[0].path else 0.0
    with Dispatch(servers, connect_timeout=connect_timeout, patience=patience, spread=True) as dispatch:
        dispatch.connect()
        yield dispatch


@contextlib.contextmanager
def _workers(plan: Plan, servers: list[Address]) -> Iterator[None]:
    """Workers of our own, unless others do the work."""
    from gearcli.cli.private import private_workers
    from gearcli.worker.plan import Settings

    if not plan.most:
        yield
        return
    with private_workers(Settings([plan], servers)):
        yield
