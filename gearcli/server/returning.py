"""Jobs that come back as they were: from a store after a restart, from the dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gearcli.protocol.packets import Priority
from gearcli.server.jobs import Job, Kind
from gearcli.server.queues import identity
from gearcli.server.store import StoredJob

if TYPE_CHECKING:
    from gearcli.server.registry import Registry

_KINDS: tuple[Kind, ...] = tuple((int(priority), True) for priority in Priority)


def queue_again(registry: Registry, stored: StoredJob) -> Job:
    """Queue a job under the number that it had; the index of jobs is told by who knows where it belongs."""
    function = stored.function
    queue = registry.queues.get(function) or registry.make_queue(function)
    submitted = registry.now - registry.wall + stored.submitted
    unique, workload, due = stored.unique, stored.workload, stored.due
    job = Job(stored.number, queue, unique, workload, _KINDS[stored.priority], submitted)
    registry.account.held += len(workload)
    if unique and (key := identity(unique, workload)):
        queue.meet(key, job)
    if stored.losses or stored.reducer:
        extras = job.extend()
        extras.losses, extras.reducer = stored.losses, stored.reducer
    if due is not None and due > registry.wall:
        registry.delay(job, due)
    else:
        queue.put(job)
    return job
