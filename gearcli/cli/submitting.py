"""What `gear submit` does once its command line is understood."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gearcli.cli.ending import ending_in_order
from gearcli.cli.exits import ExitStatus
from gearcli.cli.inputs import Input, given, record_delimiter
from gearcli.cli.makers import Maker, Template, due_at, key_of, object_maker
from gearcli.cli.output import message
from gearcli.cli.pipeline import RECONNECT, Pipeline, Wishes, without_finished
from gearcli.cli.reach import Reach, reach
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Source
from gearcli.client.tasks import Task, packet_of
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority

if TYPE_CHECKING:
    from gearcli.cli.halt import Halt

_JUST_NOW = 1.0
"""Seconds for which a time that has passed is not long past."""


class Asked(NamedTuple):
    """What a command line asks for: the parameters of `gearcli.cli.submit.submit`, which explains each."""

    function: str | None = None
    workload: list[str] | None = None
    server: list[str] | None = None
    background: bool = False
    unique: str | None = None
    priority: Priority = Priority.NORMAL
    delay: float | None = None
    at: float | None = None
    file: list[str] | None = None
    lines: bool = False
    null: bool = False
    delimiter: str | None = None
    jsonl: bool = False
    jobs: int = 64
    keep_order: bool = False
    raw: bool = False
    tag: bool = False
    timeout: float | None = None
    retries: int = 0
    halt: Halt | None = None
    joblog: str | None = None
    resume: bool = False
    resume_failed: bool = False
    results: str | None = None
    require_worker: bool = False
    dry_run: bool = False
    progress: str = "auto"
    json: bool = False
    context: str | None = None
    connect_timeout: float | None = None
    quiet: bool = False
    verbose: int = 0


def submitted(asked: Asked) -> int:
    """Submit the jobs and print their results; returns the exit status.  Raises GearError."""
    jobs_from = _input(asked)
    template = _template(asked, jobs_from)
    _check(asked.function, template, asked.jsonl)
    make: Maker = object_maker(template, jobs_from.name) if asked.jsonl else template.task
    source = jobs_from.source()
    wishes = _wishes(asked, jobs_from, background=asked.background or template.at is not None)
    if asked.dry_run:
        return _shown(source, without_finished(wishes, make, lambda number: None), asked.json)
    if template.at is not None and template.at < time.time() - _JUST_NOW and not asked.quiet:
        message("the time of --at has passed: the job runs as soon as a worker takes it")
    reached = reach(asked.server, asked.context, asked.connect_timeout)
    if asked.require_worker:
        reached, make = _required(reached, make, template.function, asked.jsonl)
    once = not asked.retries and len(reached.servers) == 1
    pipeline = Pipeline(wishes, source, make, batch=jobs_from.many, once=once)
    with ending_in_order(), _dispatch(reached, asked, many=jobs_from.many) as dispatch:
        if jobs_from.many or asked.unique is None:
            dispatch.connect()  # nobody types records for a server that is not there
        return pipeline.run(dispatch, window=asked.jobs, served=None if asked.quiet else _served(reached))


def _input(asked: Asked) -> Input:
    delimiter = record_delimiter(asked.lines, asked.null, asked.delimiter)
    return given(asked.workload, asked.file, delimiter, jsonl=asked.jsonl)


def _template(asked: Asked, jobs_from: Input) -> Template:
    return Template(
        function=os.fsencode(asked.function or ""),
        unique=key_of(asked.unique, many=jobs_from.many),
        priority=asked.priority,
        background=asked.background,
        at=due_at(asked.delay, asked.at),
    )


def _wishes(asked: Asked, jobs_from: Input, *, background: bool) -> Wishes:
    return Wishes(
        delimiter=b"" if asked.raw else jobs_from.delimiter or b"\n",
        record_end=jobs_from.delimiter or b"\n",
        keep_order=asked.keep_order,
        tag=asked.tag,
        json=asked.json,
        joblog=asked.joblog,
        resume=asked.resume,
        resume_failed=asked.resume_failed,
        folder=asked.results,
        halt=asked.halt,
        progress=asked.progress,
        timeout=asked.timeout,
        retries=asked.retries,
        quiet=asked.quiet,
        verbose=asked.verbose,
        background=background,
    )


def _dispatch(reached: Reach, asked: Asked, *, many: bool) -> Dispatch:
    return Dispatch(
        reached.servers,
        connect_timeout=reached.connect_timeout,
        patience=RECONNECT if many or asked.retries else 0.0,
        spread=many,
    )


def _check(function: str | None, template: Template, jsonl: bool) -> None:
    """Say what is wrong with the names before anything is read.  Raises UsageError."""
    if function is not None:
        packet_of(template.task(b"", 0))
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
