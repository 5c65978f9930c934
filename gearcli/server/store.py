"""What survives a restart: the contract of a store, which `tests/server/test_store.py` holds each to.

A store keeps background jobs from before their JOB_CREATED leaves until they
are over.  The engine does not know it: what is to be stored is noted in the
`journal`, handed over as `Changes` by `commits`, and becomes one transaction.

To add another engine: write a class with these methods, and run the contract's tests on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, TypeAlias

RESERVED = 10_000_000
"""Numbers that are set aside at a time: a server that is killed has wasted the rest, which costs nothing.

Not every job is stored, and none of those others waits until a number is
set aside: so there are enough for a minute in which the disk stands still.
"""


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
    died: float | None = None
    """When it lost its worker once too often and became a dead letter: seconds since 1970; None is not."""
    reason: str = ""
    """Why it is dead."""


Death: TypeAlias = tuple[float | None, str]
"""What `died` and `reason` become."""
ALIVE: Death = (None, "")


class Changes:
    """What one transaction does: all of it or, where it fails, nothing."""

    __slots__ = ("added", "deaths", "ended", "losses", "next")

    def __init__(self) -> None:
        self.added: list[StoredJob] = []
        """New jobs, which must survive even a power loss once the transaction is done."""
        self.losses: dict[int, int] = {}
        """How often jobs have lost their workers by now."""
        self.deaths: dict[int, Death] = {}
        """Jobs that are dead letters now, or no longer."""
        self.ended: list[int] = []
        """Jobs that are over.  They need not survive a power loss, for then they run again."""
        self.next: int | None = None
        """The first number that the next start may give, if that changes; it must survive as new jobs do."""

    def __bool__(self) -> bool:
        return bool(self.added or self.losses or self.deaths or self.ended or self.next is not None)


class Store(Protocol):
    """Keeps background jobs.  One thread at a time uses it, but for `over`."""

    def prefix(self, proposed: bytes = b"") -> bytes:
        """What all handles of its jobs begin with; a new store takes what is proposed.

        Raises StoreError and StoreDamaged.
        """

    def load(self) -> Iterator[StoredJob]:
        """All jobs in the order of their numbers, dead ones too.

        Raises StoreDamaged if any of them may be missing or changed.
        """

    def begin(self) -> int:
        """A server starts, which has loaded all jobs; the first number that it may give.

        It may give as many as `RESERVED`, stored or not; before it gives others
        it has `Changes.next` stored.  So no handle ever has two meanings.
        """

    def commit(self, changes: Changes) -> None:
        """Make changes, all at once: add jobs, note losses and deaths, then remove jobs that are over.

        To make them twice is to make them once.  Raises StoreError when no job
        was added and another try may succeed (on a full disk it may have done
        the rest all the same), StoreBroken when it is not known what was
        changed and the store must not be used any longer.
        """

    def is_there(self) -> bool:
        """Whether the next start will find it: what keeps it may have been removed meanwhile."""

    def over(self, numbers: Sequence[int]) -> None:
        """Jobs are over whose end a later transaction stores; called in any thread, and must not wait.

        A store that can have these survive the death of the process does so.
        """

    def close(self) -> None:
        """Let go of it."""
