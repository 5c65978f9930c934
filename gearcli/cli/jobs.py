"""`gear jobs`: what waits and what runs, one by one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from gearcli.cli.asking import ask, unknown_command, where_known
from gearcli.cli.connections import name_of
from gearcli.cli.dead import show_dead
from gearcli.cli.listing import Item, job_keys, show_jobs
from gearcli.cli.options import ConnectTimeout, Context, Json, Servers, reach
from gearcli.cli.table import Column, age, amount
from gearcli.client.admin import Admin
from gearcli.client.documents import JobList, JobState
from gearcli.errors import ServerError
from gearcli.escape import shown
from gearcli.protocol.text import JobRow

_COLUMNS = (
    Column("HANDLE", whole=True),
    Column("FUNCTION"),
    Column("STATE"),
    Column("PRIORITY"),
    Column("AGE", number=True),
    Column("ATTEMPT", number=True),
    Column("SIZE", number=True),
    Column("PROGRESS", number=True),
    Column("WORKER"),
)

_KEYS = (
    "handle", "function", "unique", "state", "priority", "background", "age", "size", "attempt", "losses",
    "listeners", "worker", "numerator", "denominator", "due", "reducer",
)  # fmt: skip


def jobs(
    function: Annotated[
        str | None, typer.Argument(metavar="[FUNCTION]", help="Only its jobs (gear server).")
    ] = None,
    dead: Annotated[
        bool, typer.Option("--dead", help="Those that have lost their worker too often (gear server).")
    ] = False,
    server: Servers = None,
    context: Context = None,
    json: Json = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Show jobs that wait and run, in the order of their submission.

    A gear server tells of each its function, state, priority, age, attempt,
    size, progress and worker; gearmand its handle, and whether it is a
    background job. Off a terminal a line for each, with tabs, ages in seconds
    and sizes in bytes. A gear server tells 10,000 jobs at most; how many more
    there are is said. With --dead: background jobs whose worker was lost more
    often than `gear serve --job-retries` allows, with the reason; `gear retry`
    queues them again, `gear purge --dead` throws them away.
    """
    reached = reach(server, context, connect_timeout)
    if dead:
        return show_dead(reached, function, as_json=json)
    answers = where_known(ask(reached, _asking(function)))
    return show_jobs(_COLUMNS, answers, _items, as_json=json, several=len(reached.servers) > 1)


def _asking(function: str | None) -> Callable[[Admin], JobList | list[JobRow]]:
    """The question for the jobs of a function, or all; to a server that cannot tell more, for its handles."""

    def question(admin: Admin) -> JobList | list[JobRow]:
        try:
            return admin.jobs(None if function is None else os.fsencode(function))
        except ServerError as error:
            if function is not None or not unknown_command(error):
                raise
        return admin.show_jobs()

    return question


def _items(told: JobList | list[JobRow]) -> Iterator[Item]:
    if isinstance(told, JobList):
        yield from map(_item, told.jobs)
    else:
        yield from map(_short_item, told)


def _item(job: JobState) -> Item:
    worker = job.worker
    who = name_of(worker)
    names = [shown(job.handle), shown(job.function), job.state, job.priority]
    progress = f"{job.numerator}/{job.denominator}" if job.denominator else ""
    keys: dict[str, Any] = {
        **job_keys(job),
        "worker": worker and {**worker._asdict(), "client_id": shown(worker.client_id)},
        "losses": None,
    }
    return Item(
        {key: keys[key] for key in _KEYS},
        [*names, age(job.age), str(job.attempt), amount(job.size), progress, who],
        [*names, f"{job.age:.3f}", str(job.attempt), str(job.size), progress, who],
    )


def _short_item(job: JobRow) -> Item:
    """What gearmand tells of a job."""
    state = "unwanted" if job.ignore else ""
    told = {
        "handle": shown(job.handle),
        "state": state or None,
        "background": job.queued,
        "losses": job.retries,
    }
    cells = [shown(job.handle), "", state, *[""] * 6]
    return Item({**dict.fromkeys(_KEYS), **told}, cells, cells)
