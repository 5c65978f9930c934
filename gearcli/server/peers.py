"""A connection as the engine sees it: no socket, only what was said and what is to be said."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from gearcli.protocol.refusals import Refusal
from gearcli.server import answers

if TYPE_CHECKING:
    from gearcli.server.jobs import Job
    from gearcli.server.journal import Gate
    from gearcli.server.queues import FunctionQueue

LOST_LIMIT = 1000
"""Handles of lost jobs that are remembered of a worker."""
UNCOPIED = 16384
"""From this size on a body is put into the outbox as it is, not copied into a packet."""

# There may be many connections that never have either: these stand in for what is made for the first.
_NO_TIMEOUTS: dict[bytes, float] = {}
_NONE_LOST: dict[bytes, Job | None] = {}


class Peer:
    """One connection: a client, a worker, an operator, or all of them at once.

    What is to be sent is appended to `outbox`; the loop sends it.  `talking`
    is the list in which the loop finds the peers that have something to say
    since it last looked.
    """

    __slots__ = (
        "abilities",
        "address",
        "all_yours",
        "asleep",
        "bulky",
        "client_id",
        "gated",
        "heard",
        "host",
        "listening",
        "lost",
        "number",
        "only",
        "outbox",
        "refused",
        "running",
        "talking",
        "timeouts",
        "unlisted",
        "wants_exceptions",
        "woken",
    )

    def __init__(self, talking: list[Peer], number: int = 0, host: bytes = b"-", address: str = "") -> None:
        self.talking = talking
        self.number = number
        """The descriptor of the connection, by which ``workers`` lists it."""
        self.host = host
        """The address of the peer without its port, as ``workers`` shows it."""
        self.address = address
        """The address of the peer with its port."""
        self.client_id = b"-"
        self.wants_exceptions = False

        self.outbox: list[bytes | memoryview] = []
        self.bulky = False
        """Whether the outbox is not to be copied: there is a big body in it, or it did not leave at once."""
        self.gated = False
        """Whether there is a `Gate` in the outbox, which then is bulky too."""

        self.refused: Callable[[bytes], None] | None = None
        """Who is told the code of each ERROR that is answered, where such are counted."""

        # As a client.
        self.listening: dict[Job, None] = {}
        """The jobs whose results it awaits."""

        # As a worker.
        self.abilities: dict[bytes, FunctionQueue] = {}
        """The functions it does, in the order in which they are to be served: of several an OrderedDict."""
        self.only: FunctionQueue | None = None
        """The queue of its one function, if it has just one; most workers do."""
        self.timeouts = _NO_TIMEOUTS
        """Seconds a job of a function may take, where CAN_DO_TIMEOUT said so."""
        self.running: dict[bytes, Job] = {}
        """The jobs it has taken and not finished, by handle."""
        self.lost = _NONE_LOST
        """Handles of jobs that it lost before its last word of them; see `lose`."""
        self.heard = 0.0
        """When it last said anything; kept only where workers have a lease."""
        self.all_yours = False
        """Whether it said ALL_YOURS: it has no other server, so it is handed jobs in its sleep."""
        self.asleep = False
        """Whether it said PRE_SLEEP and was not woken since."""
        self.woken: FunctionQueue | None = None
        """The queue for whose sake it was woken, until it asks for a job."""
        self.unlisted: dict[FunctionQueue, None] = {}
        """Those of its queues that do not have it among their sleepers; see FunctionQueue."""

    def send(self, packet: bytes) -> None:
        """Say bytes to the peer."""
        if not self.outbox:
            self.talking.append(self)
        self.outbox.append(packet)

    def tell(self, answer: answers.Answer, *fields: bytes) -> None:
        """Say a packet to the peer; a big last argument is not copied."""
        outbox, opaque = self.outbox, fields[-1]
        if not outbox:
            self.talking.append(self)
        if len(opaque) < UNCOPIED:
            body = b"\0".join(fields)
            outbox.append(answer[len(body)] + body)
        else:
            start = b"\0".join((*fields[:-1], b""))
            outbox += answer[len(start) + len(opaque)], start, opaque
            self.bulky = True

    def hold(self, gate: Gate) -> None:
        """Let what is said from now on wait behind a gate."""
        if not self.outbox:
            self.talking.append(self)
        self.outbox.append(gate)  # type: ignore[arg-type]  # `gated` says so to those whom it concerns
        self.bulky = self.gated = True

    def refuse(self, refusal: Refusal) -> None:
        """Answer ERROR."""
        self.error(refusal.code, refusal.text)

    def error(self, code: bytes, text: bytes) -> None:
        """Answer ERROR with a code and a text of one's own."""
        if self.refused is not None:
            self.refused(code)
        self.tell(answers.ERROR, code, text)

    def allow(self, function: bytes, seconds: float) -> None:
        """Note how long a job of a function may take; 0 is as long as it likes."""
        if not seconds:
            self.timeouts.pop(function, None)
            return
        if self.timeouts is _NO_TIMEOUTS:
            self.timeouts = {}
        self.timeouts[function] = seconds

    def lose(self, handle: bytes, job: Job | None = None) -> None:
        """Note that the peer has a job no longer although it may still report of it.

        Such a report is no fault: an ERROR would end the workers of PHP, Perl and libgearman.
        With the `job` the report counts as long as nobody else has the job.
        """
        if self.lost is _NONE_LOST:
            self.lost = {}
        self.lost[handle] = job
        if len(self.lost) > LOST_LIMIT:
            del self.lost[next(iter(self.lost))]
