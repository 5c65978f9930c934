"""A job, as the server keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gearcli.server.peers import Peer
    from gearcli.server.queues import FunctionQueue
    from gearcli.timers import Timer, Timers


NO_PROGRESS = (0, 0)


class Extras:
    """What few jobs have, so that the others need no room for it."""

    __slots__ = ("due", "losses", "progress", "reducer", "timers")

    def __init__(self) -> None:
        self.due: float | None = None
        """When a job is due that is not yet: seconds since 1970, UTC."""
        self.losses = 0
        """How often it has lost its worker."""
        self.progress = NO_PROGRESS
        """Numerator and denominator, as the worker last said."""
        self.reducer = b""
        """The function that puts the result together, as SUBMIT_REDUCE_JOB named it."""
        self.timers: list[tuple[Timers, Timer]] = []
        """What may happen to it at a time."""


_NONE = Extras()  # what a job has that has none


class Job:
    """One piece of work: waiting while it has no worker, running while it has one, gone without a handle.

    `listeners` is a tuple while there are few, which costs less, and a list
    once identical jobs have met.  `background` says that somebody wants it done without listening: then it
    outlives its listeners.  A peer that submitted it twice is listed twice,
    and is told everything twice, as gearmand does.
    """

    # A million of these may wait, and every slot costs 8 MB: hence `Extras`.
    __slots__ = (  # noqa: RUF023 (what was submitted, then what became of it)
        "handle", "queue", "unique", "workload", "priority", "background", "submitted",
        "listeners", "worker", "extras",
    )  # fmt: skip

    def __init__(
        self,
        handle: bytes,
        queue: FunctionQueue,
        unique: bytes,
        workload: bytes,
        priority: int,
        background: bool,
        submitted: float = 0.0,
        listeners: Sequence[Peer] = (),
    ) -> None:
        self.handle = handle
        self.queue = queue
        self.unique = unique
        self.workload = workload
        self.priority = priority
        """A plain number: as an index it is several times as fast as a member of Priority."""
        self.background = background
        self.submitted = submitted
        """When it was submitted; many jobs share one number, which so costs little."""

        self.listeners = listeners
        self.worker: Peer | None = None
        self.extras: Extras | None = None

    @property
    def known(self) -> Extras:
        """What it has beyond others, to look at."""
        return self.extras or _NONE

    def extend(self) -> Extras:
        """What it has beyond others, to write to."""
        if self.extras is None:
            self.extras = Extras()
        return self.extras

    @property
    def attempt(self) -> int:
        """How often it was handed to a worker."""
        return self.known.losses + (self.worker is not None)

    def join(self, listener: Peer) -> None:
        """Somebody else awaits the result."""
        if isinstance(self.listeners, list):
            self.listeners.append(listener)
        else:
            self.listeners = [*self.listeners, listener]

    @property
    def wanted(self) -> bool:
        """Whether anybody still wants it."""
        return bool(self.listeners) or self.background
