"""One server of a worker, as its fleet knows it: whether it is there, and the connections to it."""

from __future__ import annotations

from gearcli.client.pauses import Pauses
from gearcli.errors import GearError
from gearcli.protocol.address import Address
from gearcli.timers import Timer
from gearcli.worker.search import Approach, Search
from gearcli.worker.worker import FIRST_PAUSE, LONGEST_PAUSE, Session, Slot

AT_ONCE = 32
"""Connections to one server that are being made at a time: more may not fit into its backlog."""


class Server:
    """One of the servers, and the connections to it."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.present = True
        """Whether it is there, as far as anybody has been told."""
        self.reached = False
        """Whether the last attempt to connect succeeded."""
        self.ever_reached = False
        self.full = False
        """Whether it lets new connections wait, while it answers those that it has."""
        self.refusal: GearError | None = None
        """What went wrong at the last attempt."""
        self.untrusted = False
        """Whether it has been told that it is not there because of certificates."""
        self.faults = 0
        """How many connections ended because it broke the protocol since it last assigned a job."""
        self.search = Search(address)
        """Where it is."""
        self.pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        self.retry: Timer | None = None
        self.missing: dict[Slot, None] = {}
        """Slots without a connection to it."""
        self.opening: dict[Slot, Attempt] = {}
        self.sessions: dict[Slot, Session] = {}

    @property
    def may_be_tried(self) -> bool:
        """Whether another connection may be made now.

        One sees whether the server is there, or has room again; then come the
        others.  At a full one those under way are also who waits for a first word.
        """
        under_way = len(self.opening)
        if self.full:
            under_way += sum(not session.connection.heard for session in self.sessions.values())
        sure = self.reached and self.search.known and not self.full
        return self.retry is None and under_way < (AT_ONCE if sure else 1)


class Attempt:
    """A connection that is being made, and what is waited for."""

    def __init__(self, opening: Approach) -> None:
        self.opening = opening
        self.descriptor = -1
        self.timer: Timer | None = None
