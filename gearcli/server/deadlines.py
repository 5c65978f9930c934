"""What may happen to a job at a time, unless it goes on before: it is due, or its worker takes too long."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gearcli.server.jobs import Job
from gearcli.timers import Timers

if TYPE_CHECKING:
    from gearcli.server.peers import Peer
    from gearcli.server.registry import Registry


class Deadlines:
    """Ends the jobs of a registry whose worker is too slow, and takes away those whose worker is silent."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def begin(self, peer: Peer, job: Job) -> None:
        """Let a job end when its worker has not ended it in the time it asked for, or is silent too long."""
        registry = self._registry
        seconds = peer.timeouts.get(job.queue.name)
        if seconds is not None:
            at(registry.timers, registry.now + seconds, job, self._took_too_long)
        if registry.lease:
            peer.heard = registry.now
            at(registry.timers, registry.now + registry.lease, job, self._lease_over)

    def _took_too_long(self, job: Job) -> None:
        assert job.worker is not None, "the timer goes with the worker"
        job.worker.lose(job.handle)
        self._registry.fail(job, "it took longer than its worker had allowed")

    def _lease_over(self, job: Job) -> None:
        registry, worker = self._registry, job.worker
        assert worker is not None, "the timer goes with the worker"
        until = worker.heard + registry.lease
        if until > registry.now:
            at(registry.timers, until, job, self._lease_over)
        else:
            worker.lose(job.handle)
            registry.offer_again(job, worker)


def at(timers: Timers, due: float, job: Job, call: Callable[[Job], None]) -> None:
    """Have something done with a job at a time, unless the job has gone on before."""
    extras = job.extend()
    timers_left = [entry for entry in extras.timers if not entry[1].over]
    extras.timers = [*timers_left, (timers, timers.add(due, partial(call, job)))]


def untime(job: Job) -> None:
    """Let no timer of a job come any longer."""
    for timers, timer in job.known.timers:
        timers.cancel(timer)
        job.extend().timers = []
