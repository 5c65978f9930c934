"""A connection as the engine sees it: no socket, only what was said and what is to be said."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from gearcli.protocol.packets import RESPONSE, RESPONSE_NUMBER, PacketType, head, packed_header
from gearcli.protocol.refusals import Refusal

if TYPE_CHECKING:
    from gearcli.server.jobs import Job
    from gearcli.server.queues import FunctionQueue

LOST_LIMIT = 1000
"""Handles of lost jobs that are remembered of a worker."""
UNCOPIED = 16384
"""From this size on a body is put into the outbox as it is, not copied into a packet."""


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
        "client_id",
        "heard",
        "host",
        "listening",
        "lost",
        "number",
        "outbox",
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

        # As a client.
        self.listening: dict[Job, None] = {}
        """The jobs whose results it awaits."""

        # As a worker.
        self.abilities: OrderedDict[bytes, FunctionQueue] = OrderedDict()
        """The functions it does, in the order in which they are to be served."""
        self.timeouts: dict[bytes, float] = {}
        """Seconds a job of a function may take, where CAN_DO_TIMEOUT said so."""
        self.running: dict[Job, None] = {}
        """The jobs it has taken and not finished."""
        self.lost: dict[bytes, None] = {}
        """Handles of jobs that ended before its last word of them; see `lose`."""
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

    def tell(self, type_: PacketType, *fields: bytes) -> None:
        """Say a packet to the peer; a big last argument is not copied."""
        opaque = fields[-1]
        if len(opaque) < UNCOPIED:
            # As `response` and `send` do; every job comes through here thrice.
            body = b"\0".join(fields)
            if not self.outbox:
                self.talking.append(self)
            self.outbox.append(packed_header(RESPONSE_NUMBER, type_, len(body)) + body)
        else:
            self.send(head(RESPONSE, type_, fields[:-1], len(opaque)))
            self.send(opaque)

    def refuse(self, refusal: Refusal) -> None:
        """Answer ERROR."""
        self.tell(PacketType.ERROR, refusal.code, refusal.text)

    def lose(self, handle: bytes) -> None:
        """Note that a job the peer has is over although the peer may still report of it.

        Such a report is no fault: an ERROR would end the workers of PHP, Perl and libgearman.
        """
        self.lost[handle] = None
        if len(self.lost) > LOST_LIMIT:
            del self.lost[next(iter(self.lost))]
