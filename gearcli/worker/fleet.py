"""The servers of a worker: every slot has a connection to each, and lost ones are made again.

Nothing here waits: connections are made while the others go on.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from gearcli.errors import ConnectFailed, ConnectionLost, GearError, NoRoom, ProtocolError, Untrusted
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet
from gearcli.timers import Timers
from gearcli.worker.fleet_server import Attempt, Server
from gearcli.worker.notes import ALWAYS, OFTEN, Say
from gearcli.worker.search import Approach
from gearcli.worker.unanswered import Unanswered
from gearcli.worker.worker import FAULTS, Session, Slot

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_FAREWELL = 2.0
"""Seconds for which a server may take to close a connection that is done with."""


class Owner(Protocol):
    """Whose slot it is; told what becomes of its connections."""

    @property
    def functions(self) -> Sequence[bytes]:
        """What new connections are registered for."""

    def take(self, slot: Slot, session: Session, packet: Packet) -> None:
        """A server has said something.  Raises ProtocolError and ConnectionLost, which end the connection."""

    def lost(self, slot: Slot, session: Session) -> None:
        """A connection is about to be forgotten, and the job that came over it is the server's again."""


class Fleet:
    """Connects slots to servers, and moves bytes between them.

    `blocked` is called with a slot when its connections could not take all
    that was to be sent, and again when they have.  `connect_timeout` is in
    seconds, and so is the `patience` of `Unanswered`.  `stays` is whether
    somebody waits for servers that are lost; who does not ends for the
    `absence` of the last, and says why.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        selector: selectors.BaseSelector,
        timers: Timers,
        *,
        say: Say,
        blocked: Callable[[Slot, bool], None],
        client_id: bytes = b"",
        connect_timeout: float,
        patience: float | None = None,
        stays: bool = True,
    ) -> None:
        self._servers = {address: Server(address) for address in addresses}
        self._selector = selector
        self._timers = timers
        self._say = say
        self._tell_blocked = blocked
        self._blocked: set[Slot] = set()
        self._client_id = client_id
        self._connect_timeout = connect_timeout
        self._unanswered = Unanswered(timers, patience, self._silent)
        self._stays = stays
        self._owners: dict[Slot, Owner] = {}
        self._slot_of: dict[Session, Slot] = {}
        self._leaving: set[Session] = set()
        self._started = False

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return bool(self._slot_of)

    @property
    def states(self) -> list[tuple[str, bool]]:
        """The servers, and whether there is a connection to each."""
        return [(str(address), bool(server.sessions)) for address, server in self._servers.items()]

    @property
    def settled(self) -> bool:
        """Whether every server is connected to, or known not to be there."""
        return all(
            not server.opening and (server.reached or server.refusal is not None)
            for server in self._servers.values()
        )

    @property
    def absence(self) -> GearError | None:
        """Why none of the servers is there; None if one is, or may be."""
        refusals = [server.refusal for server in self._servers.values() if server.refusal is not None]
        if self.connected or len(refusals) < len(self._servers):
            return None
        if len(refusals) == 1:
            return refusals[0]
        busy = any(isinstance(refusal, NoRoom) for refusal in refusals)
        return (NoRoom if busy else ConnectFailed)("; ".join(map(str, refusals)))

    def check_start(self) -> None:
        """Say which servers are not there at the start.  Raises ConnectFailed if none of them is."""
        if self._started or not self.settled:
            return
        absence = self.absence
        if absence is not None and not any(server.ever_reached for server in self._servers.values()):
            raise absence
        self._started = True
        for server in self._servers.values():
            if server.refusal is not None:
                self._miss(server, server.refusal)

    # -- slots ---------------------------------------------------------------------------

    def enlist(self, slot: Slot, owner: Owner) -> None:
        """A slot takes part: it is connected to every server."""
        self._owners[slot] = owner
        for server in self._servers.values():
            server.missing[slot] = None
            self._fill(server)

    def dismiss(self, slot: Slot) -> None:
        """A slot that is done with: its connections end once all is sent."""
        if self._owners.pop(slot, None) is None:
            return
        for server in self._servers.values():
            server.missing.pop(slot, None)
            if slot in server.opening:
                self._give_up(server, slot)
        for session in slot.sessions:
            self._leaving.add(session)
            self._timers.add(time.monotonic() + _FAREWELL, partial(self._close, session))
        self.push(slot)

    def leave(self, slot: Slot, session: Session, pause: float) -> None:
        """End a connection, so that its server offers the job again, and make it again after a pause (s)."""
        server = self._server(session)
        self._close(session)
        if slot in self._owners:
            server.missing[slot] = None
            self._timers.add(time.monotonic() + pause, partial(self._fill, server))

    def push(self, slot: Slot) -> None:
        """Send what a slot has to say, and wait for room for the rest."""
        blocked = False
        for session in slot.sessions:
            connection = session.connection
            if connection.unsent:
                connection.flush()
            unsent = connection.unsent
            if unsent != session.waits:
                session.waits = unsent
                mask = _READ | _WRITE if unsent else _READ
                self._selector.modify(connection, mask, partial(self._exchange, session))
            if not unsent and session in self._leaving:
                connection.finish()
            if slot.waits_for(session):
                self._unanswered.look_later(slot, session)
            blocked = blocked or unsent
        if blocked != (slot in self._blocked):
            (self._blocked.add if blocked else self._blocked.discard)(slot)
            self._tell_blocked(slot, blocked)

    def close(self) -> None:
        """End all."""
        for server in self._servers.values():
            for slot in list(server.opening):
                self._give_up(server, slot)
            server.search.close()
        for session in list(self._slot_of):
            self._close(session)

    # -- connecting ------------------------------------------------------------------------

    def _fill(self, server: Server) -> None:
        """Make the connections that are missing: one to see whether the server is there, then the others."""
        while server.missing and server.may_be_tried:
            slot = next(iter(server.missing))
            del server.missing[slot]
            try:
                attempt = server.opening[slot] = Attempt(Approach(server.search, self._connect_timeout))
            except ConnectFailed as error:
                server.missing[slot] = None
                self._failed(server, error)
            else:
                self._proceed(server, slot, attempt)

    def _proceed(self, server: Server, slot: Slot, attempt: Attempt) -> None:
        """See how a connection that is being made gets on."""
        self._wait_no_more(attempt)
        try:
            connection = attempt.opening.proceed()
        except ConnectFailed as error:
            del server.opening[slot]
            server.missing[slot] = None
            self._failed(server, error)
            return
        if connection is None:
            self._wait(server, slot, attempt)
            return
        del server.opening[slot]
        server.reached = server.ever_reached = True
        server.refusal = None
        owner = self._owners[slot]
        session = Session(connection, owner.functions, self._client_id)
        self._slot_of[session] = slot
        server.sessions[slot] = session
        self._selector.register(connection, _READ, partial(self._exchange, session))
        slot.join(session)
        self.push(slot)
        self._fill(server)

    def _wait(self, server: Server, slot: Slot, attempt: Attempt) -> None:
        def call(mask: int = 0) -> None:
            if server.opening.get(slot) is attempt:
                self._proceed(server, slot, attempt)

        attempt.descriptor = attempt.opening.fileno()
        if attempt.descriptor >= 0:
            mask = _READ if attempt.opening.wants_read else _WRITE
            self._selector.register(attempt.descriptor, mask, call)
        attempt.timer = self._timers.add(attempt.opening.due, call)

    def _wait_no_more(self, attempt: Attempt) -> None:
        if attempt.timer is not None:
            self._timers.cancel(attempt.timer)
        if attempt.descriptor >= 0:
            self._selector.unregister(attempt.descriptor)
            attempt.descriptor = -1

    def _give_up(self, server: Server, slot: Slot) -> None:
        attempt = server.opening.pop(slot)
        self._wait_no_more(attempt)
        attempt.opening.close()

    def _failed(self, server: Server, error: GearError) -> None:
        """It is not there: try again after a pause that grows and is not everybody's."""
        server.reached, server.refusal = False, error
        server.search.forget()
        self._pause(server)
        if self._started:
            self._miss(server, error)

    def _pause(self, server: Server) -> None:
        if server.retry is None:
            due = time.monotonic() + server.pauses.next()
            server.retry = self._timers.add(due, partial(self._retry, server))

    def _retry(self, server: Server) -> None:
        server.retry = None
        self._fill(server)

    def _miss(self, server: Server, error: GearError) -> None:
        """Say once that a server is not there, and once that this is because of certificates.

        A server that was started again comes back by itself; certificates do not get right by themselves.
        """
        untrusted = isinstance(error, Untrusted)
        importance = ALWAYS if server.present or (untrusted and not server.untrusted) else OFTEN
        server.present, server.untrusted = False, server.untrusted or untrusted
        if self._stays or self.absence is None:
            self._say(importance, self._lost(str(error)), "server lost", server=str(server.address))

    def _lost(self, words: str) -> str:
        """What is said of a lost server, and whether it is waited for."""
        if not self._stays:
            return words
        return f"{words} Trying again" if words.endswith(".") else f"{words}; trying to reach it again"

    def _silent(self, slot: Slot, session: Session) -> None:
        """Leave a server that does not answer, as one that cannot be reached."""
        server, heard = self._server(session), session.connection.heard
        if not heard and any(other.connection.heard for other in server.sessions.values()):
            self._put_off(server, slot, session)
        else:
            words = f"{session.address} does not answer"
            words += "" if heard else "; it may have as many connections as it takes"
            self._lose(session, ConnectionLost(words))
        self.push(slot)

    def _put_off(self, server: Server, slot: Slot, session: Session) -> None:
        """Have a slot do without a server that has no room for it; one tries again, after growing pauses."""
        if not server.full:
            server.full = True
            words = f"{server.address} has no room for a connection of every slot"
            words += "; trying again" if self._stays else ""
            self._say(OFTEN, words, "server full", server=str(server.address))
        self._close(session)
        server.missing[slot] = None
        self._pause(server)

    def _has_room(self, server: Server) -> None:
        """A new connection is answered."""
        if server.full:
            server.full = False
            server.pauses.reset()
            self._fill(server)

    # -- talking ---------------------------------------------------------------------------

    def _server(self, session: Session) -> Server:
        return self._servers[session.address]

    def _exchange(self, session: Session, mask: int) -> None:
        """Move bytes of one connection, and have its slot act on what a server said."""
        if session not in self._slot_of:
            return
        slot, connection = self._slot_of[session], session.connection
        new = not connection.heard
        connection.exchange()
        if new and connection.heard:
            self._has_room(self._server(session))
        owner = self._owners.get(slot)
        if owner is None:
            connection.received.clear()
        try:
            while connection.received and owner is not None and session in self._slot_of:
                owner.take(slot, session, connection.received.popleft())
                self._heard_from(self._server(session))
                if slot.job is not None:
                    self._server(session).faults = 0
        except (ProtocolError, ConnectionLost) as error:
            connection.lost = error  # the server's own words, also where the connection broke after them
        if connection.lost is not None:
            self._lose(session, connection.lost)
        self.push(slot)

    def _heard_from(self, server: Server) -> None:
        """A server has said something that a worker can go on with, so it is there."""
        if not server.present:
            server.present, server.untrusted = True, False
            self._say(
                ALWAYS, f"connected to {server.address} again", "server back", server=str(server.address)
            )
        if not server.full:
            server.pauses.reset()

    def _lose(self, session: Session, reason: GearError) -> None:
        """A connection is gone."""
        slot, server = self._slot_of.get(session), self._server(session)
        if slot is None:
            return
        self._close(session)
        if isinstance(reason, ProtocolError):
            server.faults += 1
            others = [other for other in self._servers.values() if other is not server]
            if server.faults >= FAULTS and not any(other.sessions or other.opening for other in others):
                raise reason
        if slot in self._owners:
            server.missing[slot] = None
            self._failed(server, reason)

    def _close(self, session: Session) -> None:
        slot = self._slot_of.pop(session, None)
        if slot is None:
            return
        self._selector.unregister(session.connection)
        session.connection.close()
        self._leaving.discard(session)
        self._server(session).sessions.pop(slot, None)
        slot.leave(session)
        if (owner := self._owners.get(slot)) is not None:
            owner.lost(slot, session)
