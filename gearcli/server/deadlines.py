"""What may happen to a job at a time, unless it goes on before: it is due, or its worker takes too long."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from gearcli.escape import shown
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
            peer.lost.pop(job.handle, None)  # if it had the job before, that is forgotten
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
            name = f"{shown(job.queue.name)} {shown(job.handle)}"
            silence = f"which was silent for {registry.lease:g} s (--lease)"
            registry.say(f"{name} is taken from its worker {worker.address}, {silence}")
            # A result of which a part is thrown away would not be whole.
            whole = registry.results is None or not registry.results.began(job)
            worker.lose(job.handle, job if whole else None)
            registry.offer_again(job, worker)

    def take_back(self, peer: Peer, handle: bytes) -> None:
        """Let a worker have a job again that its silence cost it, if nobody else has it."""
        job = peer.lost.get(handle)
        if job is None or not job.number or job.worker is not None or job.queue.name not in peer.abilities:
            return
        job.queue.withdraw(job)
        job.queue.running += 1
        job.worker = peer
        peer.running[handle] = job
        job.extend().losses -= 1
        if self._registry.journal is not None:
            self._registry.journal.lost(job)
        self.begin(peer, job)


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
