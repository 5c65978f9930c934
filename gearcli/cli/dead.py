"""The dead jobs of servers, in a list: `gear jobs --dead`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

from gearcli.cli.asking import ask, where_known
from gearcli.cli.exits import ExitStatus
from gearcli.cli.listing import Item, job_keys, show_jobs
from gearcli.cli.options import Reach
from gearcli.cli.table import Column, age, amount
from gearcli.client.documents import DeadJob, DeadList
from gearcli.escape import shown

_COLUMNS = (
    Column("HANDLE", whole=True),
    Column("FUNCTION"),
    Column("PRIORITY"),
    Column("DEAD FOR", number=True),
    Column("ATTEMPT", number=True),
    Column("SIZE", number=True),
    Column("REASON"),
)


def show_dead(reached: Reach, function: str | None, *, as_json: bool) -> ExitStatus:
    """Print the dead jobs of a function, or of all."""
    name = None if function is None else os.fsencode(function)
    answers = where_known(ask(reached, lambda admin: admin.dead(name)))
    return show_jobs(_COLUMNS, answers, _items, as_json=as_json, several=len(reached.servers) > 1)


def _items(told: DeadList) -> Iterator[Item]:
    now = time.time()
    for job in told.jobs:
        yield _item(job, max(0.0, now - job.died))


def _item(job: DeadJob, ago: float) -> Item:
    names = [shown(job.handle), shown(job.function), job.priority]
    return Item(
        {**job_keys(job), "state": "dead"},
        [*names, age(ago), str(job.attempt), amount(job.size), job.reason],
        [*names, f"{ago:.3f}", str(job.attempt), str(job.size), job.reason],
    )
