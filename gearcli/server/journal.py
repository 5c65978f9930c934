"""Stored before JOB_CREATED leaves: the one place in which this rule stands.

The engine notes here what a store has to know.  A background job is not given
out before it is stored, and who submitted it is not answered: in place of the
answer a `Gate` stands in the outbox, and whatever is said to that peer later
waits behind it, in its order.  Nobody else waits.

::

    add, promote ──► batch ──take──► a transaction ──settle──► the queue, JOB_CREATED
    lost, ended  ──►                        └─ which failed ──► ERROR; what ended is noted again

A job that waits for its transaction can be met, cancelled and purged like others.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING

from gearcli.protocol.refusals import Refusal
from gearcli.server import answers
from gearcli.server.jobs import Job
from gearcli.server.registry import Registry
from gearcli.server.returning import queue_again
from gearcli.server.store import ALIVE, Changes, StoredJob

if TYPE_CHECKING:
    from gearcli.server.peers import Peer

ENDED_MOST = 5000
"""Jobs that are over which one transaction removes at most, so that others need not wait for long."""

_CREATED = answers.JOB_CREATED
_BODY = b"\0".join((Refusal.STORE.code, Refusal.STORE.text))
_NOT_STORED = answers.ERROR[len(_BODY)] + _BODY


class Gate:
    """Answers to submissions which must not leave yet, in their place in an outbox."""

    __slots__ = ("_size", "_waiting", "batch", "leaving", "peer")

    def __init__(self, peer: Peer, batch: Batch) -> None:
        self.peer = peer
        self.batch = batch
        self.leaving: bytes | None = None
        """What leaves in its place; None as long as it is closed."""
        self._waiting: list[bytes] = []
        self._size = 0

    def __len__(self) -> int:
        """The bytes that wait with it: a peer that makes many wait is not read meanwhile."""
        return self._size

    def hold(self, packet: bytes, size: int) -> None:
        """Let an answer wait; `size` are the bytes of the job that it is about."""
        self._waiting.append(packet)
        self._size += len(packet) + size

    def open(self, stored: bool) -> None:
        """Let the answers leave, or as many errors."""
        self.leaving = b"".join(self._waiting if stored else repeat(_NOT_STORED, len(self._waiting)))
        self._size = len(self.leaving)


class Batch:
    """What becomes one transaction, and who waits for it."""

    __slots__ = ("changes", "fresh", "gates", "promoted")

    def __init__(self) -> None:
        self.changes = Changes()
        self.fresh: dict[Job, float | None] = {}
        """Jobs that nobody is given before they are stored, and when they are due."""
        self.promoted: dict[Job, None] = {}
        """Foreground jobs that somebody wants done without listening: they wait or run as they did."""
        self.gates: list[Gate] = []


class Journal:
    """Notes what a store has to know of the jobs of a registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        registry.journal = self
        self.batch = Batch()
        """What was noted since the last transaction began."""
        self.lasting = True
        """Whether what is stored will be found by the next start, as far as is known."""
        self._pending: dict[Job, Batch] = {}

    # -- what the engine notes --------------------------------------------------------

    def add(self, job: Job, due: float | None = None) -> None:
        """A new background job, and when it is due."""
        self.batch.fresh[job] = due
        job.queue.delayed += 1
        self._note(job, due)

    def promote(self, job: Job) -> None:
        """A foreground job has become a background job too."""
        self.batch.promoted[job] = None
        self._note(job, None)

    def _note(self, job: Job, due: float | None) -> None:
        self._pending[job] = self.batch
        extras = job.known
        names = job.queue.name, job.unique, job.workload
        stored = StoredJob(
            job.number, *names, job.priority, self._registry.wall, due, extras.losses, extras.reducer
        )
        self.batch.changes.added.append(stored)

    def add_many(self, jobs: list[Job]) -> None:
        """New background jobs of one function and priority, without uniques, numbered in their order."""
        batch, first = self.batch, jobs[0]
        batch.fresh.update(dict.fromkeys(jobs))
        self._pending.update(dict.fromkeys(jobs, batch))
        first.queue.delayed += len(jobs)
        function, priority, wall = first.queue.name, first.priority, self._registry.wall
        batch.changes.added += [
            StoredJob(job.number, function, b"", job.workload, priority, wall) for job in jobs
        ]

    def lost(self, job: Job) -> None:
        """A job has lost its worker once more."""
        if job.background:
            self.batch.changes.losses[job.number] = job.known.losses

    def died(self, job: Job, letter: StoredJob) -> None:
        """A background job is over that is kept as a dead one; that it has ended is said too."""
        self.batch.changes.losses[job.number] = letter.losses
        self.batch.changes.deaths[job.number] = letter.died, letter.reason

    def revived(self, job: Job) -> None:
        """A dead job is queued again."""
        self.batch.changes.losses[job.number] = 0
        self.batch.changes.deaths[job.number] = None, ""

    def forgotten(self, number: int) -> None:
        """A dead job is kept no longer."""
        self.batch.changes.ended.append(number)

    def ended(self, job: Job) -> None:
        """A background job is over."""
        died, _ = self.batch.changes.deaths.get(job.number, ALIVE)
        if died is None:
            self.batch.changes.ended.append(job.number)
        batch = self._pending.pop(job, None)
        if batch is None:
            return
        batch.promoted.pop(job, None)
        if job in batch.fresh:
            del batch.fresh[job]
            job.queue.delayed -= 1

    def holds(self, job: Job) -> bool:
        """Whether a job is given to nobody because it is not stored yet."""
        batch = self._pending.get(job)
        return batch is not None and job in batch.fresh

    def acknowledge(self, peer: Peer, job: Job) -> None:
        """Answer a submission: at once, or when its job is stored."""
        handle = job.handle
        packet = _CREATED[len(handle)] + handle
        batch = self._pending.get(job)
        if batch is None:
            peer.send(packet)
        else:
            _gate(peer, batch).hold(packet, len(job.workload))

    def acknowledge_many(self, peer: Peer, jobs: list[Job]) -> None:
        """Answer submissions of jobs that were just added."""
        gate, handles = _gate(peer, self.batch), jobs[0].queue.handles
        for job in jobs:
            handle = handles % job.number
            gate.hold(_CREATED[len(handle)] + handle, len(job.workload))

    # -- transactions -------------------------------------------------------------------

    def take(self) -> Batch:
        """What is to be the next transaction."""
        batch, self.batch = self.batch, Batch()
        ended = batch.changes.ended
        if len(ended) > ENDED_MOST:
            self.batch.changes.ended = ended[ENDED_MOST:]
            del ended[ENDED_MOST:]
        return batch

    def settle(self, batch: Batch, stored: bool) -> list[Peer]:
        """A transaction has come to its end, good or bad; returns the peers that may be told more now."""
        for job in (*batch.fresh, *batch.promoted):
            del self._pending[job]
        if stored:
            self._admit(batch.fresh)
        else:
            self._refuse(batch)
        for gate in batch.gates:
            gate.open(stored)
        return [gate.peer for gate in batch.gates]

    def _admit(self, jobs: dict[Job, float | None]) -> None:
        """New jobs are stored: they can be given out when they are due."""
        registry = self._registry
        for job, due in jobs.items():
            queue = job.queue
            queue.delayed -= 1
            if due is not None and due > registry.wall:
                registry.delay(job, due)
            else:
                queue.put(job)
                if queue.sleepers:
                    registry.wakeups.wake(queue, registry.now)

    def _refuse(self, batch: Batch) -> None:
        """Nothing of a transaction is stored: new jobs are none; what is over stays over."""
        for job in batch.fresh:
            job.queue.delayed -= 1
            job.background = False
            self._registry.forget(job)
        for job in batch.promoted:
            job.background = False
            if not job.wanted and job.worker is None:
                self._registry.drop(job)
        changes, lost = self.batch.changes, batch.changes
        changes.ended += lost.ended
        changes.losses = {**lost.losses, **changes.losses}
        changes.deaths = {**lost.deaths, **changes.deaths}


def _gate(peer: Peer, batch: Batch) -> Gate:
    """The gate for a peer's next answer: the last thing in its outbox if that waits for the same."""
    last: object = peer.outbox[-1] if peer.outbox else None
    if isinstance(last, Gate) and last.batch is batch:
        return last
    gate = Gate(peer, batch)
    batch.gates.append(gate)
    peer.hold(gate)
    return gate


def restore(registry: Registry, stored: Iterable[StoredJob]) -> int:
    """Queue the jobs of a store, which are in the order of their numbers; how many those were.

    Dead ones are kept; where there is no longer room for all, the journal is there to note it.
    """
    total, dead = 0, list[StoredJob]()
    for each in stored:
        if each.died is None:
            registry.jobs.add(queue_again(registry, each))
            total += 1
        else:
            dead.append(each)
    for each in sorted(dead, key=attrgetter("died")):
        registry.dead.add(each)
    return total
