"""All functions and jobs: how a job begins, finds a worker, loses it, and ends.

What a packet means is decided in `engine`; here is what then becomes of the
job.  Whoever waits for it hears of its end from here, so there is one place
from which a listener hears it, and it hears it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import length_hint
from typing import TYPE_CHECKING

from gearcli.protocol.packets import FUNCTION_LIMIT
from gearcli.server import answers
from gearcli.server.dead import DeadLetters
from gearcli.server.deadlines import Deadlines, at, untime
from gearcli.server.index import Index
from gearcli.server.jobs import NO_PROGRESS, Job, Kind
from gearcli.server.memory import FUNCTION, JOB, SHORT, TIMER, Account
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue, Limits, identity
from gearcli.server.wakeups import Wakeups
from gearcli.timers import Timers

if TYPE_CHECKING:
    from gearcli.server.journal import Journal
    from gearcli.server.results import Results

UNLIMITED = -1
"""As a number of retries: a job that loses its worker is always offered again."""
_NUMBERS_END = 2**62


class Registry:
    """The functions of a server and their jobs.

    `retries` is how often a job is offered again that has lost its worker.
    `lease`, in seconds, is how long a worker may be silent while it has a job;
    0 is for ever.  `worker_wakeup` is how many sleepers a job wakes.
    """

    def __init__(
        self, handle_prefix: bytes, *, retries: int = UNLIMITED, lease: float = 0.0, worker_wakeup: int = 1
    ) -> None:
        self.now = 0.0
        """Seconds, monotonic, as `tick` was last told."""
        self.wall = 0.0
        """Seconds since 1970, UTC, as `tick` was last told."""
        self.queues: dict[bytes, FunctionQueue] = {}
        """Functions by name."""
        self.account = Account()
        """What all of that takes, counted as it changes; see `weight`."""
        self.wakeups = Wakeups(worker_wakeup)
        self.paused = False
        """Whether no function gives out jobs."""
        self.retries = retries
        self.lease = lease
        self.say: Callable[[str], None] = lambda words: None
        """Told, in words, what an operator would want to know."""
        self.results: Results | None = None
        """Who is told of jobs that fail and of those that lose their worker, where results are kept."""

        self.journal: Journal | None = None
        """Where background jobs are noted and wait to be stored, if there is a store."""

        self._schedule = Timers()  # by time of day
        self.timers = Timers()
        """What is due at a monotonic time."""
        self.deadlines = Deadlines(self)
        """Ends jobs whose worker takes too long; takes them away from one that is silent, and back."""
        self.dead = DeadLetters(self)
        """Background jobs that have lost their worker too often."""

        self.name_handles(handle_prefix)
        self.number_from(1)
        self.limits: dict[bytes, Limits] = {}
        """The limits that are set, by function, which need not be known yet."""
        self.default_limits: Limits | None = None
        """The limits of all other functions."""

    @property
    def weight(self) -> int:
        """The bytes that jobs and functions take."""
        timers = len(self.timers) + len(self._schedule)
        return self.account.held + JOB * len(self.jobs) + TIMER * timers + FUNCTION * len(self.queues)

    @property
    def running(self) -> int:
        """Jobs that a worker has."""
        return sum(queue.running for queue in self.queues.values())

    def name_handles(self, prefix: bytes) -> None:
        """Let handles begin so; there is no job and no function yet."""
        self.jobs = Index(prefix)
        """All jobs."""
        self._handles = prefix.replace(b"%", b"%%") + b"%d"

    # -- time ---------------------------------------------------------------------

    def tick(self, now: float, wall: float) -> None:
        """Do what is due at a time: `now` is monotonic, `wall` UTC, both in seconds."""
        if now >= self.now:  # else both clocks have been told what is later, and belong together
            self.now, self.wall = now, wall
        if self.timers.due <= now:
            for call in self.timers.pop_due(now):
                call()
        if self._schedule.due <= wall:
            for call in self._schedule.pop_due(wall):
                call()
        if self.wakeups.next_look <= now:
            self.wakeups.tick(now)

    def due(self) -> float:
        """When `tick` is wanted next, monotonic; infinity if never."""
        scheduled = self.now + self._schedule.due - self.wall
        return min(self.timers.due, scheduled, self.wakeups.due())

    def call_at(self, due: float, call: Callable[[], None]) -> None:
        """Have something called at a time, monotonic."""
        self.timers.add(due, call)

    # -- functions ------------------------------------------------------------------

    def new_queue(self, function: bytes) -> FunctionQueue | None:
        """Begin to know a function; None if its name is too long."""
        return self.make_queue(function) if len(function) <= FUNCTION_LIMIT else None

    def make_queue(self, function: bytes) -> FunctionQueue:
        """Begin to know a function, whatever its name."""
        if len(function) > SHORT:
            self.account.held += len(function)
        queue = self.queues[function] = FunctionQueue(function, self._handles, self.account)
        queue.limits = self.default_limits
        if self.limits:
            queue.limits = self.limits.get(function, queue.limits)
        if self.paused:
            queue.pause()
        return queue

    def limit(self, function: bytes, limits: Limits) -> None:
        """From now on take no more than so many jobs of a function, which need not be known yet."""
        self._forget_limits(function)
        if any(limits) or self.default_limits is not None:
            self.limits[function] = limits
            self.account.held += FUNCTION + len(function)
        if function in self.queues:
            self.queues[function].limits = self.limits.get(function)

    def _forget_limits(self, function: bytes) -> None:
        if self.limits.pop(function, None) is not None:
            self.account.held -= FUNCTION + len(function)

    def drop_queue(self, queue: FunctionQueue) -> bool:
        """Forget a function without workers and jobs, dead ones too, and its limits; whether it had none."""
        if queue.workers or queue.total or self.dead.count(queue.name):
            return False
        self._forget_limits(queue.name)
        del self.queues[queue.name]
        self.account.held -= queue.weight
        return True

    def drop_idle(self) -> None:
        """Forget all functions that have no worker, no job, dead or not, and no limits of their own."""
        for queue in [queue for name, queue in self.queues.items() if name not in self.limits]:
            if not queue.paused or self.paused:
                self.drop_queue(queue)

    def pause(self) -> None:
        """Give out no more jobs; those that run may end."""
        self.paused = True
        for queue in self.queues.values():
            queue.pause()

    def resume(self, queue: FunctionQueue) -> None:
        """Let a function give out jobs again."""
        queue.resume()
        self.wakeups.wake(queue, self.now)

    def purge(self, queue: FunctionQueue) -> int:
        """Let all jobs of a function fail that no worker has; how many there were."""
        jobs = [job for job in self.jobs if job.queue is queue and job.worker is None]
        for job in jobs:
            self.cancel(job, "it was purged")
        return len(jobs)

    # -- how a job begins ------------------------------------------------------------

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
        """Queue a new job, which identical ones will meet.

        It is given out from the time `due` on, in seconds since 1970, UTC; without one at once.
        Where there is a store, a background job is not before it is stored.
        """
        job = Job(next(self._numbers), queue, unique, workload, kind, self.now, listeners)
        self.jobs.add(job)
        self.account.held += len(workload)
        if unique and (key := identity(unique, workload)):
            queue.meet(key, job)
        if reducer:
            job.extend().reducer = reducer
        if self.journal is not None and kind[1]:
            self.journal.add(job, due)
            return job
        if due is not None and due > self.wall:
            self.delay(job, due)
            return job
        queue.put(job)
        if queue.sleepers:
            self.wakeups.wake(queue, self.now)
        return job

    def add_many(
        self,
        queue: FunctionQueue,
        workloads: list[bytes],
        kind: Kind,
        listeners: Sequence[Peer],
    ) -> list[Job]:
        """Queue new jobs that meet no other and can be given out at once."""
        now = self.now
        jobs = [
            Job(number, queue, b"", workload, kind, now, listeners)
            for workload, number in zip(workloads, self._numbers, strict=False)
        ]
        self.jobs.add_many(jobs)
        self.account.held += sum(map(len, workloads))
        if self.journal is not None and kind[1]:
            self.journal.add_many(jobs)
            return jobs
        queue.put_many(jobs, kind[0])
        if queue.sleepers:
            self.wakeups.wake(queue, now)
        return jobs

    def promote(self, job: Job) -> None:
        """Somebody wants a job done without listening."""
        if not job.background:
            job.background = True
            if self.journal is not None:
                self.journal.promote(job)

    def number_from(self, first: int) -> None:
        """Give the next job this number."""
        self._numbers = iter(range(first, _NUMBERS_END))

    @property
    def next_number(self) -> int:
        """The number of the next job."""
        return _NUMBERS_END - length_hint(self._numbers)

    def delay(self, job: Job, due: float) -> None:
        """Let a job wait for the time at which it may be given out."""
        job.queue.delayed += 1
        job.extend().due = due
        at(self._schedule, due, job, self._is_due)

    def _is_due(self, job: Job) -> None:
        self._end_delay(job)
        job.queue.put(job)
        self.wakeups.wake(job.queue, self.now)

    def _end_delay(self, job: Job) -> None:
        job.extend().due = None
        job.queue.delayed -= 1
        untime(job)

    # -- how it finds a worker and loses it -------------------------------------------

    def assign(self, queue: FunctionQueue, peer: Peer) -> tuple[bytes, Job]:
        """Give the next job of a queue, in which one waits, to a worker; its handle and the job."""
        job = queue.take()
        job.worker = peer
        handle = queue.handles % job.number
        peer.running[handle] = job
        queue.running += 1
        if self.lease or peer.timeouts:
            self.deadlines.begin(peer, job)
        return handle, job

    def offer_again(self, job: Job, worker: Peer) -> None:
        """A running job has lost its worker: it waits again, at the tail, if anybody still wants it."""
        if self.results is not None:
            self.results.lost(job)
        if not job.wanted:
            self.forget(job)
            return
        if UNLIMITED < self.retries < job.attempt:
            reason = f"its worker was lost in attempt {job.attempt}, the last"
            if job.background:
                self.dead.bury(job, reason)
            self.fail(job, reason)
            return
        del worker.running[job.handle]
        job.worker = None
        extras = job.extend()
        extras.losses += 1
        extras.progress = NO_PROGRESS
        untime(job)
        if self.journal is not None:
            self.journal.lost(job)
        queue = job.queue
        queue.running -= 1
        queue.put(job)
        self.wakeups.wake(queue, self.now)

    # -- how it ends ------------------------------------------------------------------

    def fail(self, job: Job, reason: str | None = None) -> None:
        """A job has failed: tell its listeners, and forget it.  Without a `reason` its worker said so.

        Who wants the words of exceptions hears the reason.
        """
        self._tell_failed(job, reason)
        if job.worker is None:
            self.drop(job)
        else:
            self.forget(job)

    def _tell_failed(self, job: Job, reason: str | None) -> None:
        if self.results is not None:
            self.results.failed(job, reason)
        for listener in job.listeners:
            if reason is not None and listener.wants_exceptions:
                listener.tell(answers.WORK_EXCEPTION, job.handle, reason.encode())
            else:
                listener.tell(answers.WORK_FAIL, job.handle)

    def cancel(self, job: Job, reason: str = "it was cancelled") -> None:
        """Nobody wants a job any longer: it has failed for its listeners.

        If a worker has it, the worker goes on and its result goes nowhere;
        identical jobs that are submitted meanwhile do not meet it.
        """
        if job.worker is None:
            self.fail(job, reason)
            return
        self._tell_failed(job, reason)
        for listener in job.listeners:
            listener.listening.pop(job, None)
        job.listeners = ()
        self._end_in_store(job)
        job.background = False
        self._forget_unique(job)

    def drop(self, job: Job) -> None:
        """A job that no worker has is not wanted any longer."""
        if job.known.due is not None:
            self._end_delay(job)
            self.forget(job)
        elif self.journal is not None and self.journal.holds(job):
            self.forget(job)
        else:
            self.forget(job)
            job.queue.discard(job)

    def forget(self, job: Job, handle: bytes = b"") -> None:
        """Take a job from its worker, if it has one, and out of every index.

        Who has its handle at hand spares making it.
        """
        queue, worker = job.queue, job.worker
        if worker is not None:
            del worker.running[handle or job.handle]
            job.worker = None
            queue.running -= 1
        if self.journal is not None:
            self._end_in_store(job)
        if job in queue.extras:
            untime(job)
            del queue.extras[job]
        self.jobs.remove(job)
        self.account.held -= len(job.workload)
        if job.unique:
            self._forget_unique(job)
        for listener in job.listeners:
            listener.listening.pop(job, None)
        job.listeners = ()
        job.number, job.workload = 0, b""

    def _end_in_store(self, job: Job) -> None:
        if job.background and self.journal is not None:
            self.journal.ended(job)

    def _forget_unique(self, job: Job) -> None:
        """Let identical jobs meet this one no longer."""
        uniques, key = job.queue.uniques, identity(job.unique, job.workload)
        if uniques.get(key) is job:
            del uniques[key]
