"""Dead letters: background jobs that have lost their worker too often, kept to be looked at and tried again.

A job that kills whoever does it would run for ever, or vanish without a word;
`--job-retries` ends that, and here it stays until somebody queues it again or
throws it away.  All together is bounded: where room is needed the oldest goes,
which is said.  Where there is a store it keeps them too.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gearcli.escape import shown
from gearcli.server.jobs import Job
from gearcli.server.rationing import Rationed, Seldom
from gearcli.server.returning import queue_again
from gearcli.server.store import StoredJob

if TYPE_CHECKING:
    from gearcli.server.registry import Registry

COUNT_LIMIT = 10_000
"""Dead jobs that are kept."""
BYTES_LIMIT = 128 << 20
"""Bytes that all of them may take unless told otherwise: two of the biggest workloads."""
OVERHEAD = 1024
"""Bytes that one takes besides its names and its workload, reckoned high."""


class DeadLetters:
    """The dead jobs of a registry, by number, those that died first at the front."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._letters: OrderedDict[int, StoredJob] = OrderedDict()
        self._counts = Counter[bytes]()
        self._used = 0
        self.limit = BYTES_LIMIT
        """Bytes that all together may take."""
        self._dropped = 0
        self._dropped_said = Seldom()
        self._rationed = Rationed(lambda words: registry.say(words), lambda: registry.now)

    def __iter__(self) -> Iterator[StoredJob]:
        """Those that died first come first."""
        return iter(self._letters.values())

    def __len__(self) -> int:
        return len(self._letters)

    def count(self, function: bytes) -> int:
        """How many are of a function."""
        return self._counts[function]

    def handle(self, letter: StoredJob) -> bytes:
        """The handle that the job had, and has again if it is queued again."""
        return self._registry.jobs.prefix + b"%d" % letter.number

    def get(self, handle: bytes) -> StoredJob | None:
        """The dead job that had this handle."""
        prefix = self._registry.jobs.prefix
        digits = handle[len(prefix) :][:20]
        letter = self._letters.get(int(digits)) if digits.isdigit() else None
        return letter if letter is not None and self.handle(letter) == handle else None

    # -- how they come --------------------------------------------------------------------

    def bury(self, job: Job, reason: str) -> None:
        """Keep a background job that its registry is about to let fail."""
        registry = self._registry
        letter = StoredJob(
            job.number,
            job.queue.name,
            job.unique,
            job.workload,
            job.priority,
            registry.wall - (registry.now - job.submitted),
            None,
            job.attempt,
            job.known.reducer,
            registry.wall,
            reason,
        )
        if registry.journal is not None:
            registry.journal.died(job, letter)
        self._rationed.say(
            f"{shown(letter.function)} {shown(job.handle)} is a dead job now: {reason}; "
            "gear jobs --dead shows it, gear retry queues it again"
        )
        self.add(letter)

    def add(self, letter: StoredJob) -> None:
        """Keep a dead job, at the cost of the oldest where there is no room; its function is known."""
        if letter.function not in self._registry.queues:  # it comes from a store
            self._registry.make_queue(letter.function)
        self._letters[letter.number] = letter
        self._counted(letter, 1)
        while len(self._letters) > COUNT_LIMIT or self._used > self.limit:
            _, oldest = self._letters.popitem(last=False)
            self._forget(oldest)
            self._tell_dropped(oldest)

    def _tell_dropped(self, letter: StoredJob) -> None:
        self._dropped += 1
        if not self._dropped_said.due(self._registry.now):
            return
        name = shown(self.handle(letter))
        more = f", and {self._dropped - 1} more since this was last said" if self._dropped > 1 else ""
        self._registry.say(f"no room for more dead jobs: the oldest is dropped, {name}{more}")
        self._dropped = 0

    # -- how they go ----------------------------------------------------------------------

    def revive(self, letter: StoredJob) -> Job:
        """Queue a dead job again as a new one that has its old handle."""
        registry = self._registry
        self._counted(self._letters.pop(letter.number), -1)
        job = queue_again(registry, letter._replace(submitted=registry.wall, losses=0, died=None))
        registry.jobs.insert(job)
        if registry.journal is not None:
            registry.journal.revived(job)
        if registry.results is not None:
            registry.results.forget(job.handle)
        registry.wakeups.wake(job.queue, registry.now)
        return job

    def purge(self, function: bytes) -> int:
        """Throw away the dead jobs of a function; how many there were."""
        letters = [letter for letter in self if letter.function == function]
        for letter in letters:
            del self._letters[letter.number]
            self._forget(letter)
        return len(letters)

    def _forget(self, letter: StoredJob) -> None:
        self._counted(letter, -1)
        if self._registry.journal is not None:
            self._registry.journal.forgotten(letter.number)

    def _counted(self, letter: StoredJob, number: int) -> None:
        """There is one more, 1, or one less, -1."""
        size = number * _room(letter)
        self._used += size
        self._registry.account.held += size
        self._counts[letter.function] += number
        if not self._counts[letter.function]:
            del self._counts[letter.function]


def _room(letter: StoredJob) -> int:
    """The bytes that a dead job takes."""
    return OVERHEAD + len(letter.function) + len(letter.unique) + len(letter.workload) + len(letter.reducer)
