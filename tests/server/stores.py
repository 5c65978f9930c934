"""A store for tests: what is kept is kept in memory, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gearcli.errors import StoreError
from gearcli.server.store import RESERVED, Changes, StoredJob


class Disk:
    """What outlives a `MemoryStore`."""

    def __init__(self) -> None:
        self.jobs: dict[int, StoredJob] = {}
        self.next = 1
        self.prefix = b""


class MemoryStore:
    """A store on a disk that is none."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.failure: StoreError | None = None
        """Raised by every transaction as long as it is set."""
        self.there = True

    def prefix(self, proposed: bytes = b"") -> bytes:
        self.disk.prefix = self.disk.prefix or proposed
        return self.disk.prefix

    def begin(self) -> int:
        first = max(self.disk.next, max(self.disk.jobs, default=0) + 1)
        self.disk.next = first + RESERVED
        return first

    def load(self) -> Iterator[StoredJob]:
        yield from (self.disk.jobs[number] for number in sorted(self.disk.jobs))

    def commit(self, changes: Changes) -> None:
        if self.failure is not None:
            raise self.failure
        jobs = self.disk.jobs
        for job in changes.added:
            jobs.setdefault(job.number, job)
        for number, losses in changes.losses.items():
            if number in jobs:
                jobs[number] = jobs[number]._replace(losses=losses)
        for number, (died, reason) in changes.deaths.items():
            if number in jobs:
                jobs[number] = jobs[number]._replace(died=died, reason=reason)
        for number in changes.ended:
            jobs.pop(number, None)
        if changes.next is not None:
            self.disk.next = changes.next

    def is_there(self) -> bool:
        return self.there

    def over(self, numbers: Sequence[int]) -> None:
        pass

    def close(self) -> None:
        pass


def changes(
    *added: StoredJob,
    losses: dict[int, int] | None = None,
    ended: list[int] | None = None,
    next_number: int | None = None,
) -> Changes:
    """Changes, in a line."""
    made = Changes()
    made.added += added
    made.losses = losses or {}
    made.ended = ended or []
    made.next = next_number
    return made


def job(number: int, **fields: object) -> StoredJob:
    """A job of the function `f`."""
    plain = StoredJob(number, b"f", b"", b"workload %d" % number, 1, 1000.5)
    return plain._replace(**fields)  # type: ignore[arg-type]
