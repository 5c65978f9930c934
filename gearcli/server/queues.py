"""The queue of one function: its waiting jobs, its workers and who of them sleeps.

Everything here costs O(1), spread over all calls, but `withdraw`, which few jobs need:

- A job that leaves the middle of the queue (abandoned, cancelled) stays in its
  deque as a gone job and is passed over; when more than half of a deque is
  gone jobs, it is made anew.
- A worker that sleeps is listed in `sleepers` of each of its functions.  When
  it wakes it is not taken out everywhere; each queue that comes across it
  awake drops it and notes itself in the worker's `unlisted`.  When the worker
  sleeps again, only those queues list it anew.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import TypeAlias

from gearcli.server.jobs import Extras, Job
from gearcli.server.memory import LANES, Account, weight_of_name
from gearcli.server.peers import Peer

NOTHING = 3
"""Stands where a priority would if no job waits; it is lower than all."""

Limits: TypeAlias = tuple[int, int, int]
"""Numbers of jobs, for high, normal and low priority."""

Identity: TypeAlias = bytes | tuple[bytes, bytes]
"""What identical jobs have in common: the unique, or the unique ``-`` and the workload."""

_WORTH_COMPACTING = 64


# There may be many functions that never have a job, a unique or a sleeper: these stand in for what is
# made for the first of each.
_NO_LANES: tuple[deque[Job], ...] = (deque(), deque(), deque())
_NONE_GONE = [0, 0, 0]
_PRIORITIES = range(NOTHING)
_NO_UNIQUES: dict[Identity, Job] = {}
_NO_EXTRAS: dict[Job, Extras] = {}
_NO_SLEEPERS: OrderedDict[Peer, None] = OrderedDict()


class FunctionQueue:
    """What waits, runs and works under one function name."""

    __slots__ = (
        "_account", "_gone", "_lanes", "best", "delayed", "extras", "handles", "limits", "name", "paused",
        "running", "sleepers", "uniques", "waking", "workers",
    )  # fmt: skip

    def __init__(self, name: bytes, handles: bytes, account: Account | None = None) -> None:
        self.name = name
        self.handles = handles
        """How the handles of its jobs are made of their numbers: a format of one object for all functions."""
        self._account = account or Account()
        self._lanes: tuple[deque[Job], ...] = _NO_LANES
        self._gone = _NONE_GONE  # jobs in each lane that do not wait any longer
        self.best = NOTHING
        """The highest priority of which a job can be had, as a number; NOTHING if there is none."""
        self.paused = False
        """Whether no job is given out."""
        self.limits: Limits | None = None
        """How many jobs it may have for one more to be taken, by the priority of that one; 0 is no limit."""
        self.delayed = 0
        """Jobs that are not due yet."""
        self.running = 0
        self.workers = 0
        """Connections that have said CAN_DO."""
        self.uniques = _NO_UNIQUES
        """Waiting and running jobs that have a key by which identical ones are found; see `meet`."""
        self.extras = _NO_EXTRAS
        """What few of its jobs have; see `extend`."""
        self.sleepers = _NO_SLEEPERS
        """Workers that may be asleep, the longest first; see `list_sleeper`."""
        self.waking = 0
        """Workers woken for this queue that have not asked for a job yet."""

    @property
    def weight(self) -> int:
        """The bytes that were counted for it alone: for a long name, and for having had a job."""
        return weight_of_name(self.name) + (0 if self._lanes is _NO_LANES else LANES)

    @property
    def counts(self) -> list[int]:
        """Waiting jobs by priority."""
        return [len(lane) - gone for lane, gone in zip(self._lanes, self._gone, strict=True)]

    @property
    def waiting(self) -> int:
        """Jobs that wait for a worker."""
        high, normal, low = self._lanes
        return len(high) + len(normal) + len(low) - sum(self._gone)

    def oldest(self) -> Job | None:
        """The job that was submitted first of those that are next of their priority; None if none waits."""
        first = [job for priority in range(3) if (job := self._first(priority)) is not None]
        return min(first, key=lambda job: job.submitted, default=None)

    def _first(self, priority: int) -> Job | None:
        """The next job of a priority; gone ones before it are taken out, once for all."""
        lane = self._lanes[priority]
        while lane and not lane[0].number:
            lane.popleft()
            self._gone[priority] -= 1
        return lane[0] if lane else None

    @property
    def total(self) -> int:
        """All jobs: waiting, running and not due yet."""
        return self.waiting + self.running + self.delayed

    def full(self, priority: int) -> bool:
        """Whether it takes no more jobs of a priority.

        As in gearmand, all of its jobs count against the limit of each priority.
        """
        limit = self.limits[priority] if self.limits else 0
        return 0 < limit <= self.total

    @property
    def runnable(self) -> int:
        """Jobs that a worker could have now."""
        return 0 if self.paused else self.waiting

    def pause(self) -> None:
        """Give out no more jobs until `resume`."""
        self.paused = True
        self.best = NOTHING

    def resume(self) -> None:
        """Give out jobs again."""
        self.paused = False
        self._find_best()

    def put(self, job: Job) -> None:
        """Let a job wait, behind those of its priority."""
        lanes, priority = self._lanes, job.kind[0]
        if lanes is _NO_LANES:
            self.put_many((job,), priority)
            return
        lanes[priority].append(job)
        if priority < self.best and not self.paused:
            self.best = priority

    def put_many(self, jobs: Iterable[Job], priority: int) -> None:
        """Let jobs of one priority wait, behind the others of theirs."""
        if self._lanes is _NO_LANES:
            self._lanes, self._gone = (deque(), deque(), deque()), [0, 0, 0]
            self._account.held += LANES
        self._lanes[priority].extend(jobs)
        if priority < self.best and not self.paused:
            self.best = priority

    def take(self) -> Job:
        """Take out the first job of the highest priority; `best` says that there is one."""
        best = self.best
        lane, gone = self._lanes[best], self._gone
        job = lane.popleft()
        while not job.number:
            gone[best] -= 1
            job = lane.popleft()
        if len(lane) == gone[best]:
            self._find_best()
        return job

    def discard(self, job: Job) -> None:
        """Let a waiting job that is gone no longer count."""
        priority = job.priority
        lane = self._lanes[priority]
        self._gone[priority] += 1
        if len(lane) == self._gone[priority]:
            self._find_best()
        if len(lane) > _WORTH_COMPACTING and len(lane) < 2 * self._gone[priority]:
            waiting = [job for job in lane if job.number]
            lane.clear()
            lane.extend(waiting)
            self._gone[priority] = 0

    def withdraw(self, job: Job) -> None:
        """Take out a waiting job that somebody has after all."""
        priority = job.priority
        lane = self._lanes[priority]
        lane.remove(job)
        if len(lane) == self._gone[priority]:
            self._find_best()

    def meet(self, key: Identity, job: Job) -> None:
        """Let identical jobs find this one by a key."""
        if self.uniques is _NO_UNIQUES:
            self.uniques = {}
        self.uniques[key] = job

    def extend(self, job: Job, extras: Extras) -> None:
        """Let a job have what few have, until it is gone."""
        if self.extras is _NO_EXTRAS:
            self.extras = {}
        self.extras[job] = extras

    def _find_best(self) -> None:
        self.best = NOTHING
        if not self.paused:
            lanes, gone = self._lanes, self._gone
            for priority in _PRIORITIES:
                if len(lanes[priority]) > gone[priority]:
                    self.best = priority
                    return

    def list_sleeper(self, peer: Peer) -> None:
        """Note that a worker sleeps."""
        if self.sleepers is _NO_SLEEPERS:
            self.sleepers = OrderedDict()
        self.sleepers[peer] = None

    def next_sleeper(self) -> Peer | None:
        """Take out the worker that has slept longest; None if all are awake."""
        while self.sleepers:
            peer, _ = self.sleepers.popitem(last=False)
            peer.unlisted[self] = None
            if peer.asleep:
                return peer
        return None


def identity(unique: bytes, workload: bytes) -> Identity:
    """The key under which identical jobs of a function meet; empty for a job that meets none.

    The unique ``-`` stands for the workload itself, unless that is empty.
    """
    if unique != b"-":
        return unique
    return (unique, workload) if workload else b""  # costs no copy of the workload
