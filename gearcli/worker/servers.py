"""The sessions with several servers, of which one at a time is asked for a job.

No threads: one selectors loop over the servers, which stands still while a
callable works.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence

from gearcli.client.connection import connect, seconds_until
from gearcli.client.pauses import Pauses
from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType, request
from gearcli.worker.assigned import PATIENCE, deliver, part
from gearcli.worker.worker import FAULTS, FIRST_PAUSE, LONGEST_PAUSE, Job, Session, Slot

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Server:
    """One of the servers: its session while it is there, else when to try again.

    `pause` is in seconds, `retry_at` in monotonic seconds.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.session: Session | None = None
        self.pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        self.retry_at = 0.0
        self.faults = 0
        """How many connections ended because it broke the protocol since it last assigned a job."""

    def failed(self) -> None:
        """It is not there: try again after a pause that grows and is not everybody's."""
        self.session = None
        self.retry_at = time.monotonic() + self.pauses.next()


class Servers:
    """The sessions with some servers, of which one at a time is asked for a job.

    A lost server is tried again after a pause, as long as `ask` and `wait` are
    called again and again.  One that breaks the protocol on one connection
    after the other is none: where it is the only one that can be reached, `jobs`
    and `gather` raise its ProtocolError.  `connect_timeout` is how many seconds a server may
    take to be reached, and one that takes nothing is waited for at the end.
    """

    def __init__(self, addresses: Sequence[Address], client_id: bytes, connect_timeout: float) -> None:
        self._servers = {address: Server(address) for address in addresses}
        self._client_id = client_id
        self._connect_timeout = connect_timeout
        self._abilities: dict[bytes, bytes] = {}  # functions, and the packets that register them
        self._unsaid: deque[bytes] = deque()  # what became of them since the servers were told
        self._slot = Slot(0)
        self._awake: set[Session] = set()  # all but those that have no job and sleep; one may be asked
        self.no_more = False
        """Whether no other server is to be asked when the one that is asked has no job."""
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self._selector.register(self._woken, _READ)

    @property
    def asked(self) -> bool:
        """Whether a job may be on its way."""
        return bool(self._awake) and not self.worked

    @property
    def worked(self) -> bool:
        """Whether a job was done after which nobody has been asked yet."""
        return self._slot.job is not None

    # What follows may be called from anywhere.

    def can_do(self, function: bytes, packet: bytes) -> None:
        """Have the packet register a function."""
        self._abilities[function] = packet
        self._announce_later(packet)

    def cannot_do(self, function: bytes) -> None:
        """Register a function no more."""
        if self._abilities.pop(function, None) is not None:
            self._announce_later(request(PacketType.CANT_DO, function))

    def wake(self) -> None:
        """Have `wait` return."""
        with contextlib.suppress(OSError):  # closed, or so full that it wakes anyway
            self._waker.send(b"\0")

    def _announce_later(self, packet: bytes) -> None:
        """Tell the servers before the next job: now might be during one, which they would take away."""
        self._unsaid.append(packet)
        self.wake()

    # What follows is for one thread.

    def gather(self) -> None:
        """Have sessions, and ask.  Raises ConnectFailed if no server can be reached, and ProtocolError."""
        for session in list(self._slot.sessions):
            session.connection.exchange()
            if session.connection.lost is not None:
                self._lose(session)
        self._announce()
        now, alone, failures = time.monotonic(), not self._slot.sessions, []
        for server in self._servers.values():
            if server.session is None and (alone or server.retry_at <= now):
                try:
                    self._reach(server)
                except ConnectFailed as error:
                    failures.append(str(error))
        if not self._slot.sessions:
            raise ConnectFailed("; ".join(failures))

    def ask(self) -> None:
        """See to it that one server is asked for a job, and that all know what is to be known."""
        if self._unsaid:
            self._announce()
        if self.worked:
            self._slot.done()
        for server in self._servers.values():
            if server.session is None and server.retry_at <= time.monotonic():
                with contextlib.suppress(ConnectFailed):
                    self._reach(server)
        for session in self._slot.sessions:
            self._push(session)

    def wait(self, until: float | None) -> None:
        """Wait for something to happen, not longer than `until` (monotonic seconds)."""
        times = [server.retry_at for server in self._servers.values() if server.session is None]
        times += [] if until is None else [until]
        seconds = seconds_until(min(times)) if times else None
        # What arrived while a callable reported is there already.
        connections = [session.connection for session in self._slot.sessions]
        if any(connection.received or connection.lost for connection in connections):
            seconds = 0.0
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Session):
                key.data.connection.exchange()
            else:
                self._woken.recv(4096)

    def jobs(self) -> Iterator[Job]:
        """Act on what the servers said; the job to do, if one assigned one.

        A job that came before the end of its connection is no longer ours.
        Raises ProtocolError, and Forbidden when a server does not permit the work.
        """
        for session in list(self._slot.sessions):
            connection = session.connection
            while connection.received and connection.lost is None:
                job = self._taken(session, connection.received.popleft())
                if job is not None:
                    self._servers[session.address].faults = 0
                    yield job
            if connection.lost is not None:
                self._lose(session)

    def rest(self) -> None:
        """Leave nothing unsent, and no server waiting for a job that it may have assigned."""
        for session in self._slot.sessions:
            deliver(session.connection, self._connect_timeout)
        if self.no_more or self.asked:
            self.part(self._connect_timeout)
        elif self._slot.job is not None:
            # It says whom to ask next; for that nobody needs its workload.
            self._slot.job = self._slot.job._replace(workload=b"")

    def part(self, patience: float) -> None:
        """End all connections; a job that has not been answered is offered to others."""
        sessions, self._slot = self._slot.sessions, Slot(0)
        self._awake.clear()
        for session in sessions:
            self._selector.unregister(session.connection)
            self._servers[session.address].session = None
            part(session.connection, patience)

    def close(self) -> None:
        """End all."""
        self.part(self._connect_timeout)
        self._selector.close()
        self._woken.close()
        self._waker.close()

    def _announce(self) -> None:
        """Tell the servers what has changed, and ask those anew that had no job before."""
        while self._unsaid:
            packet = self._unsaid.popleft()
            for session in self._slot.sessions:
                session.connection.send(packet)
        for session in self._slot.sessions:
            if session not in self._awake:
                self._awake.add(session)
                self._slot.receive(session, (PacketType.NOOP, []))

    def _reach(self, server: Server) -> None:
        """Connect to a server and register.  Raises ConnectFailed."""
        try:
            connection = connect(server.address, self._connect_timeout)
        except ConnectFailed:
            server.failed()
            raise
        session = server.session = Session(connection, (), self._client_id)
        # The Session's own way to name functions knows no timeouts; as there, the first is said last.
        for packet in reversed(list(self._abilities.values())):
            connection.send(packet)
        self._selector.register(connection, _READ, session)
        self._awake.add(session)
        self._slot.join(session)

    def _push(self, session: Session) -> None:
        """Send what there is to say, so that it does not wait for the next callable."""
        connection = session.connection
        deliver(connection, PATIENCE)
        mask = _READ | _WRITE if connection.unsent else _READ
        if self._selector.get_key(connection).events != mask:
            self._selector.modify(connection, mask, session)

    def _taken(self, session: Session, packet: Packet) -> Job | None:
        """Act on one packet; the job that it assigned."""
        if packet[0] is PacketType.NO_JOB:
            self._awake.discard(session)
            if self.no_more:  # only one is asked at a time, so nothing more will come
                self._awake.clear()
                return None
        elif packet[0] is PacketType.NOOP:
            self._awake.add(session)
        try:
            job = self._checked(self._slot.receive(session, packet))
        except (ProtocolError, ConnectionLost) as error:
            session.connection.lost = error
            return None
        self._servers[session.address].pauses.reset()
        return job

    def _checked(self, job: Job | None) -> Job | None:
        """A job that can be done.  Raises ProtocolError."""
        if job is not None and job.function not in self._abilities:
            name = shown(job.function)
            raise ProtocolError(f"{job.session.address} assigned a job of {name}, which is not registered")
        return job

    def _lose(self, session: Session) -> None:
        """A connection is gone; a job that came over it is the server's to offer again.

        Raises ProtocolError when that was once too often.
        """
        server, reason = self._servers[session.address], session.connection.lost
        self._selector.unregister(session.connection)
        session.connection.close()
        self._awake.discard(session)
        self._slot.leave(session)
        server.failed()
        if isinstance(reason, ProtocolError):
            server.faults += 1
            if server.faults >= FAULTS and not self._slot.sessions:
                raise reason
