"""Which servers have a worker for a function."""

from __future__ import annotations

from collections.abc import Sequence

from gearcli.cli.makers import Maker
from gearcli.client.admin import Admin
from gearcli.client.tasks import Task
from gearcli.errors import NoAnswer, NoWorker, ServerGone
from gearcli.escape import shown
from gearcli.protocol.address import Address


def serving(servers: Sequence[Address], function: bytes, connect_timeout: float) -> list[Address]:
    """The servers that have a worker for a function; one that is down has none.

    Raises ServerGone when none of them can be reached.
    """
    found, failures = [], []
    for address in servers:
        try:
            if _workers(address, function, connect_timeout):
                found.append(address)
        except (ServerGone, NoAnswer) as error:
            failures.append(error if isinstance(error, ServerGone) else ServerGone(str(error)))
    if len(failures) == len(servers):
        raise failures[0]
    return found


def _workers(address: Address, function: bytes, connect_timeout: float) -> int:
    with Admin(address, connect_timeout=connect_timeout) as admin:
        return sum(row.workers for row in admin.status() if row.function == function)


def required(servers: Sequence[Address], function: bytes, connect_timeout: float) -> list[Address]:
    """The same, and there must be one.  Raises NoWorker."""
    found = serving(servers, function, connect_timeout)
    if not found:
        raise NoWorker(
            f"no worker serves {shown(function)}; start one, or leave --require-worker out to queue the job"
        )
    return found


def requiring(make: Maker, servers: Sequence[Address], connect_timeout: float) -> Maker:
    """What makes only tasks whose function has a worker somewhere; each function is asked about once."""
    known: set[bytes] = set()

    def make_if_served(workload: bytes, number: int) -> Task | None:
        task = make(workload, number)
        if task is not None and task.function not in known:
            required(servers, task.function, connect_timeout)
            known.add(task.function)
        return task

    return make_if_served
