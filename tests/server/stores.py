"""A store for tests: what is kept is kept in memory, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gearcli.errors import StoreError
from gearcli.server.store import Changes, StoredJob


class Disk:
    """What outlives a `MemoryStore`."""

    def __init__(self) -> None:
        self.jobs: dict[int, tuple[bytes, StoredJob]] = {}


class MemoryStore:
    """A store on a disk that is none."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.failure: StoreError | None = None
        """Raised by every transaction as long as it is set."""
        self._prefix = b""

    def begin(self, handle_prefix: bytes) -> int:
        self._prefix = handle_prefix
        return max(self.disk.jobs, default=0) + 1

    def load(self) -> Iterator[tuple[bytes, StoredJob]]:
        yield from (self.disk.jobs[number] for number in sorted(self.disk.jobs))

    def commit(self, changes: Changes) -> None:
        if self.failure is not None:
            raise self.failure
        jobs = self.disk.jobs
        for job in changes.added:
            jobs.setdefault(job.number, (self._prefix + b"%d" % job.number, job))
        for number, losses in changes.losses.items():
            if number in jobs:
                handle, job = jobs[number]
                jobs[number] = handle, job._replace(losses=losses)
        for number in changes.ended:
            jobs.pop(number, None)

    def over(self, numbers: Sequence[int]) -> None:
        pass

    def close(self) -> None:
        pass


def changes(
    *added: StoredJob, losses: dict[int, int] | None = None, ended: list[int] | None = None
) -> Changes:
    """Changes, in a line."""
    made = Changes()
    made.added += added
    made.losses = losses or {}
    made.ended = ended or []
    return made


def job(number: int, **fields: object) -> StoredJob:
    """A job of the function `f`."""
    plain = StoredJob(number, b"f", b"", b"workload %d" % number, 1, 1000.5)
    return plain._replace(**fields)  # type: ignore[arg-type]
