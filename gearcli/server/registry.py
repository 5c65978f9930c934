"""All functions and jobs: how a job begins, finds a worker, loses it, and ends.

What a packet means is decided in `engine`; here is what then becomes of the
job.  Whoever waits for it hears of its end from here, so there is one place
from which a listener hears it, and it hears it once.
"""

from __future__ import annotations

from hashlib import blake2b
from itertools import count

from gearcli.protocol.packets import PacketType
from gearcli.server.jobs import NO_PROGRESS, Job
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue
from gearcli.server.timers import Timer, Timers
from gearcli.server.wakeups import Wakeups

_WORK_FAIL = PacketType.WORK_FAIL


class Registry:
    """The functions of a server and their jobs."""

    def __init__(self, handle_prefix: bytes) -> None:
        self.now = 0.0
        """Seconds, monotonic, as `tick` was last told."""
        self.jobs: dict[bytes, Job] = {}
        """Waiting and running jobs by handle."""
        self.queues: dict[bytes, FunctionQueue] = {}
        """Functions by name."""
        self.wakeups = Wakeups()
        self.paused = False
        """Whether no function gives out jobs."""
        self._handle = handle_prefix.replace(b"%", b"%%") + b"%d"
        self._numbers = count(1)
        self._timers = Timers()
        self._limits: dict[Job, Timer] = {}
        """When running jobs fail whose workers set themselves a time."""

    @property
    def running(self) -> int:
        """Jobs that a worker has."""
        return sum(queue.running for queue in self.queues.values())

    def new_queue(self, function: bytes) -> FunctionQueue:
        """Begin to know a function."""
        queue = self.queues[function] = FunctionQueue(function)
        if self.paused:
            queue.pause()
        return queue

    def pause(self) -> None:
        """Give out no more jobs; those that run may end."""
        self.paused = True
        for queue in self.queues.values():
            queue.pause()

    # -- time ---------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Do what is due at `now`."""
        self.now = now
        if self._timers.due <= now:
            for call in self._timers.pop_due(now):
                call()
        if self.wakeups.pending:
            self.wakeups.tick(now)

    def due(self) -> float:
        """When `tick` is wanted next; infinity if never."""
        return min(self._timers.due, self.wakeups.due())

    # -- the life of a job ----------------------------------------------------------

    def add(
        self, queue: FunctionQueue, unique: bytes, workload: bytes, priority: int, background: bool
    ) -> Job:
        """Queue a new job; identical ones will meet it."""
        handle = self._handle % next(self._numbers)
        job = self.jobs[handle] = Job(handle, queue, unique, workload, priority, background)
        if unique and (key := identity(unique, workload)):
            queue.uniques[key] = job
        queue.put(job)
        if queue.sleepers:
            self.wakeups.wake(queue, self.now)
        return job

    def assign(self, queue: FunctionQueue, peer: Peer) -> Job:
        """Give the next job of a queue, in which one waits, to a worker."""
        job = queue.take()
        job.worker = peer
        job.attempt += 1
        peer.running[job] = None
        queue.running += 1
        if peer.timeouts:
            self._limit(peer, job)
        return job

    def _limit(self, peer: Peer, job: Job) -> None:
        """Let a job fail when its worker has not ended it in the time it asked for."""
        seconds = peer.timeouts.get(job.queue.name)
        if seconds is not None:
            due = self.now + seconds
            self._limits[job] = self._timers.add(due, lambda: self.end(job, _WORK_FAIL, job.handle))

    def end(self, job: Job, type_: PacketType, *fields: bytes) -> None:
        """Tell the listeners how a job ended, and forget it."""
        for listener in job.listeners:
            listener.tell(type_, *fields)
        self.forget(job)

    def forget(self, job: Job) -> None:
        """Take a job from its worker, if it has one, and out of every index."""
        queue, worker = job.queue, job.worker
        if worker is not None:
            del worker.running[job]
            job.worker = None
            queue.running -= 1
            if self._limits:
                self._lift_limit(job)
        del self.jobs[job.handle]
        if job.unique:
            queue.uniques.pop(identity(job.unique, job.workload), None)
        for listener in job.listeners:
            listener.listening.pop(job, None)
        job.listeners = ()
        job.handle = job.workload = b""

    def _lift_limit(self, job: Job) -> None:
        """Let a job no longer fail for taking long."""
        timer = self._limits.pop(job, None)
        if timer is not None:
            self._timers.cancel(timer)

    def drop(self, job: Job) -> None:
        """A waiting job is not wanted any longer."""
        self.forget(job)
        job.queue.discard(job)

    def offer_again(self, job: Job, worker: Peer) -> None:
        """A running job has lost its worker: it waits again, at the tail, if anybody still wants it."""
        if job.abandoned:
            self.forget(job)
            return
        del worker.running[job]
        job.worker = None
        job.progress = NO_PROGRESS
        self._lift_limit(job)
        queue = job.queue
        queue.running -= 1
        queue.put(job)
        self.wakeups.wake(queue, self.now)


def identity(unique: bytes, workload: bytes) -> bytes:
    """The key under which identical jobs of a function meet; empty for a job that meets none.

    The unique ``-`` stands for the workload itself, unless that is empty.
    """
    if unique != b"-":
        return unique
    # A NUL cannot occur in a unique, so no unique can be mistaken for such a key.
    return b"-\0" + blake2b(workload, digest_size=20).digest() if workload else b""
