"""What survives a restart: the contract of a store, which `tests/server/test_store.py` holds each to.

A store keeps background jobs from before their JOB_CREATED leaves until they
are over.  The engine does not know it: what is to be stored is noted in the
`journal`, handed over as `Changes` by `commits`, and becomes one transaction.

To add another engine: write a class with these methods, and run the contract's tests on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol


class StoredJob(NamedTuple):
    """A background job, as a store keeps it."""

    number: int
    """The number that its handle ends with, by which the store knows it: uniques may be empty or alike."""
    function: bytes
    unique: bytes
    workload: bytes
    priority: int
    submitted: float
    """When it was submitted: seconds since 1970, UTC."""
    due: float | None = None
    """When it may be given out, in the same seconds; None is at once."""
    losses: int = 0
    """How often it has lost its worker."""
    reducer: bytes = b""


class Changes:
    """What one transaction does: all of it or, where it fails, nothing."""

    __slots__ = ("added", "ended", "losses")

    def __init__(self) -> None:
        self.added: list[StoredJob] = []
        """New jobs, which must survive even a power loss once the transaction is done."""
        self.losses: dict[int, int] = {}
        """How often jobs have lost their workers by now."""
        self.ended: list[int] = []
        """Jobs that are over.  They need not survive a power loss, for then they run again."""

    def __bool__(self) -> bool:
        return bool(self.added or self.losses or self.ended)


class Store(Protocol):
    """Keeps background jobs.  One thread at a time uses it, but for `over`."""

    def begin(self, handle_prefix: bytes) -> int:
        """From now on added jobs have handles that begin so; the first number that is free.

        Handles of jobs that were added before stay as they are.
        """

    def load(self) -> Iterator[tuple[bytes, StoredJob]]:
        """All jobs with their handles, in the order of their numbers.

        Raises StoreDamaged if any of them may be missing or changed.
        """

    def commit(self, changes: Changes) -> None:
        """Make changes, all at once: jobs are added, then losses noted, then jobs removed that are over.

        To make them twice is to make them once.  Raises StoreError when
        nothing was changed and another try may succeed, StoreBroken when it is
        not known what was and the store must not be used any longer.
        """

    def over(self, numbers: Sequence[int]) -> None:
        """Jobs are over whose end a later transaction stores; called in any thread, and must not wait.

        A store that can have these survive the death of the process does so.
        """

    def close(self) -> None:
        """Let go of it."""
