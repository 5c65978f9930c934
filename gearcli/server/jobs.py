"""A job, as the server keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from gearcli.server.peers import Peer
    from gearcli.server.queues import FunctionQueue
    from gearcli.timers import Timer, Timers


Kind: TypeAlias = tuple[int, bool]
"""The priority of a job, and whether it is one in the background.

The priority is a plain number: as an index that is several times as fast as a member of Priority.
"""

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
    """One piece of work: waiting while it has no worker, running while it has one, gone without a number.

    `listeners` is a tuple while there are few, which costs less, and a list
    once identical jobs have met.  A peer that submitted it twice is listed
    twice, and is told everything twice, as gearmand does.
    """

    # A million of these may wait, and two slots more cost 16 MB.  So a kind is one object for all jobs of
    # its kind, what few jobs have is in `Extras`, and the handle is made of the number when it is wanted.
    __slots__ = (  # noqa: RUF023 (what was submitted, then what became of it)
        "number", "queue", "unique", "workload", "kind", "submitted", "listeners", "worker",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        queue: FunctionQueue,
        unique: bytes,
        workload: bytes,
        kind: Kind,
        submitted: float = 0.0,
        listeners: Sequence[Peer] = (),
    ) -> None:
        self.number = number
        """The running number in its handle; 0 once it is gone."""
        self.queue = queue
        self.unique = unique
        self.workload = workload
        self.kind = kind
        self.submitted = submitted
        """When it was submitted; many jobs share one number, which so costs little."""

        self.listeners = listeners
        self.worker: Peer | None = None

    @property
    def handle(self) -> bytes:
        """The handle, made anew each time."""
        return self.queue.handles % self.number

    @property
    def priority(self) -> int:
        """The priority, as a plain number."""
        return self.kind[0]

    @property
    def background(self) -> bool:
        """Whether somebody wants it done without listening: then it outlives its listeners."""
        return self.kind[1]

    @background.setter
    def background(self, background: bool) -> None:
        self.kind = self.kind[0], background

    @property
    def known(self) -> Extras:
        """What it has beyond others, to look at."""
        return self.queue.extras.get(self, _NONE)

    def extend(self) -> Extras:
        """What it has beyond others, to write to."""
        extras = self.queue.extras.get(self)
        if extras is None:
            extras = Extras()
            self.queue.extend(self, extras)
        return extras

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
