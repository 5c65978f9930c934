"""What a job server is, in the fewest words: lists that are searched, and no cleverness.

The model says which packets each connection must be told.  It leaves open
what the engine may decide: which sleeper is woken, and the order of jobs that
came into a queue, or died, at the same moment.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from gearcli.escape import percent_encoded
from gearcli.protocol.packets import UNIQUE_LIMIT, Packet, PacketType, Priority
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.refusals import Refusal

PATIENCE = 0.25
"""Seconds a woken worker has to come before another is woken."""


@dataclass(eq=False)
class End:
    """A connection: what it said it can do, and what it is told."""

    number: int
    abilities: list[bytes] = field(default_factory=list)
    limits: dict[bytes, float] = field(default_factory=dict)
    asleep: bool = False
    all_yours: bool = False
    exceptions: bool = False
    woken_until: float | None = None
    heard: float = 0.0


@dataclass(eq=False)
class Job:
    """A job that is not gone."""

    handle: bytes
    function: bytes
    unique: bytes
    workload: bytes
    priority: int
    background: bool
    due: float | None
    reducer: bytes
    moment: int
    """When it was queued, as a number of things that had happened."""
    listeners: list[End] = field(default_factory=list)
    worker: End | None = None
    attempts: int = 0
    since: float = 0.0
    limit: float | None = None
    progress: tuple[bytes, bytes] = (b"0", b"0")
    cancelled: bool = False
    died: int = 0
    """When it died, as a number of things that had happened."""
    lapsed: list[End] = field(default_factory=list)
    """Who was silent for too long with it, and may have it back while nobody else has it."""
    unaware: list[End] = field(default_factory=list)
    """Who had it before it died and does not know that."""

    @property
    def wanted(self) -> bool:
        return self.background or bool(self.listeners)

    @property
    def waiting(self) -> bool:
        return self.worker is None and self.due is None


class Model:
    """A job server with a number of retries and a lease."""

    def __init__(self, retries: int, lease: float) -> None:
        self.retries = retries
        self.lease = lease
        self.now = self.wall = 0.0
        self.jobs: dict[bytes, Job] = {}
        self.dead: dict[bytes, Job] = {}
        self.ends: list[End] = []
        self.paused: set[bytes] = set()
        self.maxqueue: dict[bytes, int] = {}
        self.created = 0
        self.moment = 0
        self.expected: defaultdict[End, list[Packet]] = defaultdict(list)
        """What each connection must be told of what has just happened."""

    def tell(self, end: End, type_: PacketType, *fields: bytes) -> None:
        """Somebody must be told something."""
        self.expected[end].append((type_, list(fields)))

    def refuse(self, end: End, refusal: Refusal) -> None:
        """Somebody must be told ERROR."""
        self.tell(end, P.ERROR, refusal.code, refusal.text)

    # -- submitting ------------------------------------------------------------------------

    def submit(
        self,
        end: End,
        function: bytes,
        unique: bytes,
        workload: bytes,
        priority: int,
        background: bool,
        due: float | None = None,
        reducer: bytes = b"",
    ) -> None:
        """A job, or one more who wants the one that is there."""
        if len(unique) > UNIQUE_LIMIT:
            self.refuse(end, Refusal.UNIQUE)
            return
        job = self.identical(function, unique, workload)
        if job is None:
            if 0 < self.maxqueue.get(function, 0) <= len(self.of(function)):
                self.refuse(end, Refusal.FULL)
                return
            job = self.add(function, unique, workload, priority, due, reducer)
        job.background |= background
        if not background:
            job.listeners.append(end)
        self.tell(end, P.JOB_CREATED, job.handle)

    def add(
        self,
        function: bytes,
        unique: bytes,
        workload: bytes,
        priority: int,
        due: float | None,
        reducer: bytes,
    ) -> Job:
        """A new job."""
        self.created += 1
        due = due if due is not None and due > self.wall else None
        handle = b"H:%d" % self.created
        job = Job(handle, function, unique, workload, priority, False, due, reducer, self.moment)
        self.jobs[handle] = job
        return job

    def identical(self, function: bytes, unique: bytes, workload: bytes) -> Job | None:
        """The job that a submission joins."""
        if not unique or (unique == b"-" and not workload):
            return None
        for job in self.of(function):
            same = job.unique == unique and (unique != b"-" or job.workload == workload)
            if same and not job.cancelled:
                return job
        return None

    def of(self, function: bytes) -> list[Job]:
        """The jobs of a function."""
        return [job for job in self.jobs.values() if job.function == function]

    # -- giving out ------------------------------------------------------------------------

    def runnable(self, function: bytes) -> list[Job]:
        """The jobs of a function that a worker could have."""
        return [job for job in self.of(function) if job.waiting and function not in self.paused]

    def next_jobs(self, end: End) -> list[Job]:
        """The job that a worker gets; several if they came at the same moment."""
        choices = [job for function in end.abilities for job in self.runnable(function)]
        best = min((job.priority for job in choices), default=0)
        choices = [job for job in choices if job.priority == best]
        choices = [job for job in choices if job.function == choices[0].function]
        first = min((job.moment for job in choices), default=0)
        return [job for job in choices if job.moment == first]

    def assign(self, end: End, job: Job) -> None:
        """A worker has a job; the function's turn comes after the others' again."""
        end.abilities.remove(job.function)
        end.abilities.append(job.function)
        self.own(end, job)
        job.attempts += 1
        self.awake(end)

    def own(self, end: End, job: Job) -> None:
        """A worker has a job, be it again."""
        job.worker, job.since, job.limit = end, self.now, end.limits.get(job.function)
        job.lapsed = [other for other in job.lapsed if other is not end]
        job.unaware = [other for other in job.unaware if other is not end]
        end.heard = self.now

    def awake(self, end: End) -> None:
        """Somebody neither sleeps nor is expected."""
        end.asleep, end.woken_until = False, None

    def woken(self, end: End) -> None:
        """Somebody was told NOOP."""
        assert end.asleep, "woken, who was not asleep"
        end.asleep, end.woken_until = False, self.now + PATIENCE

    def handed(self, end: End, handle: bytes, function: bytes, workload: bytes) -> None:
        """Somebody was handed a job in its sleep."""
        job = self.jobs[handle]
        assert job in self.runnable(function)
        assert workload == job.workload
        assert end.asleep
        self.assign(end, job)

    # -- workers ---------------------------------------------------------------------------

    def can_do(self, end: End, function: bytes, limit: float | None) -> None:
        """Somebody takes jobs of a function."""
        if function not in end.abilities:
            end.abilities.insert(0, function)
        end.limits.pop(function, None)
        if limit:
            end.limits[function] = limit

    def cant_do(self, end: End, function: bytes) -> None:
        """Somebody takes no jobs of a function any longer."""
        if function in end.abilities:
            end.abilities.remove(function)
        end.limits.pop(function, None)
        for job in self.of(function):
            if job.worker is end:
                self.lose(job)

    def leave(self, end: End) -> None:
        """A connection is gone."""
        self.ends.remove(end)
        for job in list(self.jobs.values()):
            job.listeners = [listener for listener in job.listeners if listener is not end]
            if not job.wanted and job.worker is None:
                del self.jobs[job.handle]
        for function in list(end.abilities):
            self.cant_do(end, function)

    def lose(self, job: Job) -> None:
        """A job has lost its worker."""
        if not job.wanted:
            del self.jobs[job.handle]
        elif 0 <= self.retries < job.attempts:
            if job.background:
                self.dead[job.handle] = job
                job.died = self.moment
            self.fail(job, f"its worker was lost in attempt {job.attempts}, the last")
        else:
            self.queue(job)

    def queue(self, job: Job) -> None:
        """A job waits, behind the others."""
        job.worker, job.due, job.progress = None, None, (b"0", b"0")
        job.moment = self.moment

    def report(self, end: End, type_: PacketType, handle: bytes, words: list[bytes]) -> None:
        """Somebody says something of a job."""
        job = self.jobs.get(handle)
        if job is not None and job.waiting and end in job.lapsed and job.function in end.abilities:
            self.own(end, job)
        if job is not None and job.worker is not end and end in (*job.lapsed, *job.unaware):
            return
        if job is None or job.worker is not end:
            refusals = {P.WORK_EXCEPTION: Refusal.EXCEPTION}
            refusals |= dict.fromkeys((P.WORK_DATA, P.WORK_WARNING), Refusal.UPDATE)
            self.refuse(end, refusals.get(type_, Refusal.RESULT))
        elif type_ in (P.WORK_COMPLETE, P.WORK_FAIL, P.WORK_EXCEPTION):
            self.end(job, type_, *words)
        else:
            if type_ is P.WORK_STATUS:
                job.progress = words[0], words[1]
            for listener in job.listeners:
                self.tell(listener, type_, handle, *words)

    def end(self, job: Job, type_: PacketType, *words: bytes) -> None:
        """A job is over, and its listeners are told."""
        for listener in job.listeners:
            if type_ is P.WORK_EXCEPTION and not listener.exceptions:
                self.tell(listener, P.WORK_FAIL, job.handle)
            else:
                self.tell(listener, type_, job.handle, *words)
        del self.jobs[job.handle]

    def fail(self, job: Job, reason: str) -> None:
        """A job has failed, though no worker said so; who hears exceptions hears why."""
        for listener in job.listeners:
            if listener.exceptions:
                self.tell(listener, P.WORK_EXCEPTION, job.handle, reason.encode())
            else:
                self.tell(listener, P.WORK_FAIL, job.handle)
        del self.jobs[job.handle]

    # -- operators and time ----------------------------------------------------------------

    def cancel(self, job: Job, reason: str = "it was cancelled") -> None:
        """Nobody wants a job; who works on it may go on."""
        self.fail(job, reason)
        if job.worker is not None:
            self.jobs[job.handle] = job
            job.listeners, job.background, job.cancelled = [], False, True

    def retry(self, job: Job) -> bool:
        """A dead job waits again, unless an identical one is there; whether it does."""
        if self.identical(job.function, job.unique, job.workload) is not None:
            return False
        self.jobs[job.handle] = self.dead.pop(job.handle)
        job.listeners, job.attempts = [], 0
        job.lapsed, job.unaware = [], job.lapsed + job.unaware
        self.queue(job)
        return True

    def tick(self, now: float, wall: float, alive: Container[bytes]) -> None:
        """It is so late.  Of the jobs whose two times are over, those that are `alive` have not failed."""
        self.now, self.wall = now, wall
        for job in list(self.jobs.values()):
            if job.due is not None and job.due <= wall:
                self.queue(job)
            elif job.worker is not None:
                late = job.limit is not None and job.since + job.limit <= now
                silent = 0 < self.lease <= now - job.worker.heard
                if late and not (silent and job.handle in alive):
                    self.fail(job, "it took longer than its worker had allowed")
                elif silent:
                    job.lapsed.append(job.worker)
                    self.lose(job)
        for end in self.ends:
            if end.woken_until is not None and end.woken_until <= now:
                end.woken_until = None

    # -- what operators are told -----------------------------------------------------------

    def account(self, job: Job) -> dict[str, Any]:
        """What an operator must be told of a job."""
        running, paused = job.worker is not None, job.function in self.paused
        idle = "delayed" if job.due is not None else "paused" if paused else "waiting"
        return {
            "function": percent_encoded(job.function),
            "unique": percent_encoded(job.unique),
            "state": idle if not running else "running" if job.wanted else "unwanted",
            "priority": Priority(job.priority).name.lower(),
            "background": job.background,
            "attempt": job.attempts,
            "listeners": len(job.listeners),
            "due": job.due,
        }

    def function_account(self, function: bytes) -> dict[str, Any]:
        """What an operator must be told of a function."""
        jobs = self.of(function)
        waiting = Counter(Priority(job.priority).name.lower() for job in jobs if job.waiting)
        return {
            "waiting": {priority.name.lower(): waiting[priority.name.lower()] for priority in Priority},
            "delayed": sum(job.due is not None for job in jobs),
            "running": sum(job.worker is not None for job in jobs),
            "workers": sum(function in end.abilities for end in self.ends),
            "paused": function in self.paused,
        }
