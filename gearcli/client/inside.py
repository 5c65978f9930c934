"""What a server tells of one function: its jobs and the connections that work on it.

A gear server tells each job; gearmand tells only the handles of all jobs it
has, whatever their functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from gearcli.client.admin import Admin
from gearcli.client.documents import ClientState, JobList
from gearcli.client.snapshot import Snapshot
from gearcli.protocol.text import ConnectionRow, JobRow

MOST_JOBS = 500
"""Jobs that a gear server is asked for."""
MOST_HANDLES = 10_000
"""Jobs of a server that can only tell the handles of all of them, up to which it is asked for them."""

Connection: TypeAlias = ClientState | ConnectionRow


class Inside(NamedTuple):
    """A function at one server."""

    function: bytes
    jobs: JobList | list[JobRow] | None
    """Handles are those of all functions; None stands for more of those than are asked for."""
    workers: list[Connection]


def inside(admin: Admin, seen: Snapshot, function: bytes) -> Inside:
    """Ask a server for it; `seen` is what it told of its functions.  Raises as `Admin` does."""
    state = next((state for state in seen.functions if state.function == function), None)
    if state is None:
        return Inside(function, JobList([], 0), [])
    if state.delayed is not None:  # only a gear server tells that
        return Inside(function, admin.jobs(function, MOST_JOBS), _workers(admin.clients(), function))
    few = sum(state.total for state in seen.functions) <= MOST_HANDLES
    return Inside(function, admin.show_jobs() if few else None, _workers(admin.workers(), function))


def _workers(connections: Iterable[Connection], function: bytes) -> list[Connection]:
    return [each for each in connections if function in each.functions]
