"""Many slots in one process: one selectors loop over servers, pipes and signals, no threads."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gearcli.client.connection import CONNECT_TIMEOUT, connect
from gearcli.client.pauses import Pauses
from gearcli.errors import ConnectFailed, GearError, ProtocolError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet
from gearcli.signals import received, registered
from gearcli.worker.children import Children, name_of
from gearcli.worker.command import Outcome
from gearcli.worker.worker import FIRST_PAUSE, LONGEST_PAUSE, Job, Session, Slot

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Settings(NamedTuple):
    """What a pool works on and how.

    `stderr` says where the command's standard error goes: ``local`` as it is,
    ``warning`` to the submitter only, ``both``.  `grace` is how long the first
    TERM waits for running jobs, in seconds.
    """

    functions: Sequence[bytes]
    argv: Sequence[str]
    servers: Sequence[Address]
    slots: int = 1
    stderr: str = "both"
    grace: float = 25.0
    client_id: bytes = b""
    connect_timeout: float = CONNECT_TIMEOUT


class _Server:
    """One of the servers: whether it is there, and when to try again."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.present = True
        self.pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        self.retry_at: float | None = None

    def failed(self) -> None:
        """It is not there: try again after a pause that grows and is not everybody's."""
        self.present = False
        self.retry_at = time.monotonic() + self.pauses.next()


class Pool:
    """Runs a command for every job of some functions.

    `say` takes what happens, in words, with how important it is: 0 always
    worth a line, 1 and more on request.
    """

    def __init__(self, settings: Settings, say: Callable[[int, str], None]) -> None:
        self._settings = settings
        self._say = say
        self._selector = selectors.DefaultSelector()
        self._children = Children(
            settings.argv,
            self._selector,
            stderr=settings.stderr,
            say=say,
            said=self._watch,
            ended=self._report,
        )
        self._slots = [Slot(number) for number in range(settings.slots)]
        self._servers = {address: _Server(address) for address in settings.servers}
        self._slot_of: dict[Session, Slot] = {}
        self._stop_at: float | None = None
        self._signalled = 0

    def stop_when_readable(self, lifeline: int) -> None:
        """Stop at once when `lifeline` can be read: whoever holds its other end is gone."""
        self._selector.register(lifeline, _READ, lambda _: self._cut_short(0))

    def run(self) -> int | None:
        """Work until told to stop.  Returns the number of the signal that cut a job short, else None.

        Raises ConnectFailed when no server can be reached at the start.
        """
        self._children.begin(self._settings.slots)
        try:
            self._connect_first()
            with registered(self._selector, _SIGNALS, self._signal_data):
                while not self._finished():
                    self._turn()
            return self._signalled if self._children.count else None
        finally:
            self._end_all()

    # -- the turn -------------------------------------------------------------------

    def _turn(self) -> None:
        for key, mask in self._selector.select(self._patience()):
            key.data(mask)
        now = time.monotonic()
        self._children.tick(now)
        for server in self._servers.values():
            if server.retry_at is not None and server.retry_at <= now and self._stop_at is None:
                self._reach(server)

    def _patience(self) -> float | None:
        """Seconds until something is due."""
        times = [server.retry_at for server in self._servers.values() if server.retry_at is not None]
        if self._stop_at is not None:
            times = [self._stop_at]
        if self._children.due is not None:
            times.append(self._children.due)
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _finished(self) -> bool:
        if self._stop_at is None:
            return False
        return not self._slot_of or time.monotonic() >= self._stop_at

    # -- servers --------------------------------------------------------------------

    def _connect_first(self) -> None:
        """Reach the servers for the first time; one of them must be there."""
        failures = []
        for server in self._servers.values():
            try:
                self._connect_slots(server)
            except ConnectFailed as error:
                failures.append(str(error))
                server.failed()
        if len(failures) == len(self._servers):
            raise ConnectFailed("; ".join(failures))
        for failure in failures:
            self._say(0, failure)

    def _reach(self, server: _Server) -> None:
        """Try a lost server again."""
        try:
            self._connect_slots(server)
        except ConnectFailed as error:
            server.failed()
            self._say(1, str(error))

    def _connect_slots(self, server: _Server) -> None:
        """Connect every slot that has no session with a server."""
        server.retry_at = None
        settings = self._settings
        for slot in self._slots:
            if all(session.address != server.address for session in slot.sessions):
                connection = connect(server.address, settings.connect_timeout)
                session = Session(connection, settings.functions, settings.client_id)
                self._slot_of[session] = slot
                self._selector.register(connection, _READ | _WRITE, lambda _, s=session: self._exchange(s))
                slot.join(session)

    def _exchange(self, session: Session) -> None:
        """Move bytes of one connection, and act on what a server said."""
        if session not in self._slot_of:
            return
        slot, connection = self._slot_of[session], session.connection
        connection.exchange()
        if connection.received:
            self._heard_from(self._servers[session.address])
        if self._stop_at is not None:
            connection.received.clear()  # a job among it is offered again when the connection ends
        try:
            while connection.received:
                self._take(slot, session, connection.received.popleft())
        except ProtocolError as error:
            connection.lost = connection.lost or error
        if connection.lost is not None:
            self._lose(session, connection.lost)
        self._watch(slot)

    def _take(self, slot: Slot, session: Session, packet: Packet) -> None:
        job = slot.receive(session, packet)
        if job is not None:
            self._children.start(slot, job)

    def _heard_from(self, server: _Server) -> None:
        """A server has answered, so it is there."""
        if not server.present:
            self._say(0, f"connected to {server.address} again")
        server.present = True
        server.pauses.reset()

    def _watch(self, slot: Slot) -> None:
        """Send what a slot has to say, and wait for room for the rest."""
        for session in slot.sessions:
            connection = session.connection
            connection.flush()
            mask = _READ | _WRITE if connection.unsent else _READ
            key = self._selector.get_key(connection)
            if key.events != mask:
                self._selector.modify(connection, mask, key.data)
            if self._stop_at is not None and not connection.unsent and not _works(slot, session):
                connection.finish()

    def _lose(self, session: Session, reason: GearError) -> None:
        """A connection is gone; the job that came over it is the server's to offer again."""
        server = self._servers[session.address]
        slot = self._slot_of.pop(session)
        self._selector.unregister(session.connection)
        session.connection.close()
        slot.leave(session)
        if _works(slot, session):
            self._children.kill(slot)
        if self._stop_at is None:
            if server.present:
                self._say(0, f"{reason}; trying to reach it again")
            if server.retry_at is None:
                server.failed()

    # -- jobs -----------------------------------------------------------------------

    def _report(self, slot: Slot, job: Job, outcome: Outcome, seconds: float) -> None:
        """Tell the server how a job ended, and ask for the next."""
        name = name_of(job)
        if job.session not in self._slot_of:
            self._say(0, f"{name}: the server is gone, so the job is offered again")
            slot.done()
            return
        if outcome.stderr and self._settings.stderr != "local":
            job.warn(outcome.stderr)
        if outcome.failure:
            words = f"{os.path.basename(self._settings.argv[0])} {outcome.failure}"
            job.warn(words.encode("utf-8", "surrogateescape"))
            job.fail()
            self._say(0, f"{name} failed after {seconds:.2f} s: {words}")
        else:
            job.complete(outcome.output)
            self._say(1, f"{name} done in {seconds:.2f} s")
        if self._stop_at is None:
            slot.done()
        else:
            slot.job = None
        self._watch(slot)

    # -- the end ----------------------------------------------------------------------

    def _signal_data(self, source: socket.socket) -> Callable[[int], None]:
        return lambda _: self._on_signals(source)

    def _on_signals(self, source: socket.socket) -> None:
        for number in dict.fromkeys(received(source)):
            if number == signal.SIGCHLD:
                self._children.reap()
            elif number in _SIGNALS:
                self._on_signal(number)

    def _on_signal(self, number: int) -> None:
        """TERM or INT: finish running jobs within the grace; a second one ends at once."""
        if self._stop_at is not None:
            self._cut_short(number)
            return
        self._signalled = number
        self._stop_at = time.monotonic() + self._settings.grace
        if self._children.count:
            self._say(0, f"stopping; {self._children.count} still running")
        for slot in self._slots:
            self._watch(slot)

    def _cut_short(self, number: int) -> None:
        self._signalled = number
        self._stop_at = time.monotonic()

    def _end_all(self) -> None:
        """Leave nothing behind."""
        self._children.end()
        for session in list(self._slot_of):
            session.connection.close()
        self._selector.close()


def _works(slot: Slot, session: Session) -> bool:
    """Whether a slot's job came over this session."""
    return slot.job is not None and slot.job.session is session
