"""Has a server counted: the calls that begin and end a job pass through here, and packets on their way in.

A server that nobody watches has none of this, and so pays nothing for it: the
methods of an engine and its registry are replaced when counting begins, before
anybody has connected.  Each stand-in notes what happens and hands it on.

A job's time is counted from two tables.  `_began` has the jobs that a worker
has, and since when; a job that is cancelled leaves it, and what its worker
makes of it does not count.  `_since` has the jobs that cannot be had from the
moment of their submission on: those that are due later, and those that have
lost their worker and wait again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gearcli.protocol import runs
from gearcli.protocol.packets import HEADER_SIZE, REQUEST, PacketType
from gearcli.server.counters import Counters, Result
from gearcli.server.engine import Engine
from gearcli.server.jobs import Job, Kind
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue
from gearcli.server.store import StoredJob

# Reading a member off an enum class costs as much as calling a function.
_COMPLETED = Result.COMPLETED


class Counting:
    """Counts what becomes of jobs, in place of some methods of an engine's registry."""

    def __init__(self, engine: Engine, counters: Counters) -> None:
        self._registry = registry = engine.registry
        self._of = counters.of
        self._began: dict[Job, float] = {}
        self._since: dict[Job, float] = {}
        self._add = _replace(registry, "add", self.add)
        self._delay = _replace(registry, "delay", self.delay)
        self._add_many = _replace(registry, "add_many", self.add_many)
        self._revive = _replace(registry.dead, "revive", self.revive)
        self._assign = _replace(registry, "assign", self.assign)
        self._offer_again = _replace(registry, "offer_again", self.offer_again)
        self._take_back = _replace(registry.deadlines, "take_back", self.take_back)
        self._fail = _replace(registry, "fail", self.fail)
        self._cancel = _replace(registry, "cancel", self.cancel)
        self._drop = _replace(registry, "drop", self.drop)
        self._forget = _replace(registry, "forget", self.forget)
        self._exception = engine.handlers[PacketType.WORK_EXCEPTION]
        engine.handlers[PacketType.WORK_EXCEPTION] = self.work_exception

    # -- how a job begins and finds a worker ------------------------------------------------

    def add(
        self,
        queue: FunctionQueue,
        unique: bytes,
        workload: bytes,
        kind: Kind,
        listeners: Sequence[Peer] = (),
        due: float | None = None,
        reducer: bytes = b"",
    ) -> Job:
        """A job begins."""
        self._of(queue.name).submitted += 1
        job: Job = self._add(queue, unique, workload, kind, listeners, due, reducer)
        return job

    def delay(self, job: Job, due: float) -> None:
        """A job is to wait for a time."""
        self._since[job] = self._registry.now + due - self._registry.wall
        self._delay(job, due)

    def add_many(self, queue: FunctionQueue, workloads: list[bytes], *others: Any) -> list[Job]:
        """Many jobs begin."""
        self._of(queue.name).submitted += len(workloads)
        jobs: list[Job] = self._add_many(queue, workloads, *others)
        return jobs

    def revive(self, letter: StoredJob) -> Job:
        """A dead job begins anew."""
        self._of(letter.function).submitted += 1
        job: Job = self._revive(letter)
        return job

    def assign(self, queue: FunctionQueue, peer: Peer) -> tuple[bytes, Job]:
        """A worker gets a job."""
        assigned: tuple[bytes, Job] = self._assign(queue, peer)
        _, job = assigned
        now = self._registry.now
        since = self._since.pop(job, job.submitted) if self._since else job.submitted
        self._of(queue.name).waited.add(now - since if since < now else 0.0)
        self._began[job] = now
        return assigned

    # -- how it loses it, and ends -----------------------------------------------------------

    def offer_again(self, job: Job, worker: Peer) -> None:
        """A job has lost its worker: it waits again, or that was once too often."""
        if job in self._began:
            counters, now = self._of(job.queue.name), self._registry.now
            counters.lost += 1
            counters.ran.add(now - self._began.pop(job))
            if job.wanted:
                self._since[job] = now
            else:
                counters.ended[Result.ABANDONED] += 1
        self._offer_again(job, worker)

    def take_back(self, peer: Peer, handle: bytes) -> None:
        """A worker may have a job again that it had lost."""
        self._take_back(peer, handle)
        job = peer.running.get(handle)
        if job is not None and job not in self._began and self._since.pop(job, None) is not None:
            self._began[job] = self._registry.now

    def fail(self, job: Job, reason: str | None = None) -> None:
        """A job has failed; one that no worker has was cancelled, and is counted there."""
        if job.worker is not None:
            self._ended(job, Result.FAILED)
        self._fail(job, reason)

    def cancel(self, job: Job, *reason: str) -> None:
        """An operator does not want a job any longer."""
        if job.worker is not None:
            self._ended(job, Result.CANCELLED)
        else:
            self._of(job.queue.name).ended[Result.CANCELLED] += 1
        self._cancel(job, *reason)

    def drop(self, job: Job) -> None:
        """A job that no worker has is over: it was cancelled, or those who listened are gone."""
        if not job.wanted:
            self._of(job.queue.name).ended[Result.ABANDONED] += 1
        self._drop(job)

    def work_exception(self, peer: Peer, handle: bytes, exception: bytes) -> None:
        """A worker says an exception, perhaps of a job that it has."""
        self._registry.deadlines.take_back(peer, handle)
        job = self._registry.jobs.get(handle)
        if job is not None and job.worker is peer:
            self._ended(job, Result.EXCEPTION)
        self._exception(peer, handle, exception)

    def forget(self, job: Job, *handle: bytes) -> None:
        """A job is over: whose end has not been counted until now is complete."""
        began = self._began.pop(job, None)
        if began is not None:
            counters = self._of(job.queue.name)
            counters.ran.add(self._registry.now - began)
            counters.ended[_COMPLETED] += 1
        elif self._since:
            self._since.pop(job, None)
        self._forget(job, *handle)

    def _ended(self, job: Job, result: Result) -> None:
        """Count how a job ended that a worker has, or has just lost, unless that was done."""
        counters, began = self._of(job.queue.name), self._began.pop(job, None)
        if began is not None:
            counters.ran.add(self._registry.now - began)
        elif self._since.pop(job, None) is None:
            return
        counters.ended[result] += 1


class Gate:
    """Counts who comes and what is said, in place of an engine's `connect` and before its handlers."""

    def __init__(self, engine: Engine, counters: Counters) -> None:
        self._counters = counters
        self._connect = _replace(engine, "connect", self.connect)
        for type_, handler in engine.handlers.items():
            if type_ is PacketType.TEXT or REQUEST in type_.magics:
                engine.handlers[type_] = self._counted(type_, handler)
        for type_, together in engine.runs.items():
            engine.runs[type_] = self._counted_run(type_, together)
        engine.admission.counted = self._counted  # what is refused has come nevertheless

    def connect(self, *about: Any) -> Peer:
        """A connection begins."""
        self._counters.connections += 1
        peer: Peer = self._connect(*about)
        peer.refused = self._refused
        return peer

    def _refused(self, code: bytes) -> None:
        self._counters.errors[code.decode("ascii")] += 1

    def _count(self, type_: PacketType) -> list[int]:
        """Where packets of a type are counted."""
        return self._counters.packets.setdefault(type_.name, [0])

    def _counted(self, type_: PacketType, handler: Callable[..., None]) -> Callable[..., None]:
        """The handler of a packet; it is counted first."""
        count = self._count(type_)

        def counted(peer: Peer, *fields: bytes) -> None:
            count[0] += 1
            handler(peer, *fields)

        return counted

    def _counted_run(
        self, type_: PacketType, together: Callable[[Peer, bytes], bool]
    ) -> Callable[[Peer, bytes], bool]:
        """Who takes many packets of a type; those it has taken are counted, the others come one by one."""
        count = self._count(type_)

        def counted(peer: Peer, packets: bytes) -> bool:
            taken = together(peer, packets)
            if taken:
                count[0] += len(packets) // (HEADER_SIZE + runs.size_of(packets))
            return taken

        return counted


def _replace(owner: object, name: str, stand_in: Callable[..., Any]) -> Callable[..., Any]:
    """Have another method called in place of one of an object's; the one that it had."""
    method: Callable[..., Any] = getattr(owner, name)
    setattr(owner, name, stand_in)
    return method


def count(engine: Engine, counters: Counters) -> None:
    """From now on count what an engine does; nobody is connected yet."""
    Counting(engine, counters)
    Gate(engine, counters)
