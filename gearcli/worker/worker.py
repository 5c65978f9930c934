"""A worker's side of the protocol: registering, grabbing and reporting, for several servers.

No I/O of its own: a `Session` speaks through a connection that others flush,
and a `Slot` decides which of its sessions is asked for the next job.  A slot
asks one server at a time, so that it never holds two jobs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from gearcli.client.connection import Connection
from gearcli.errors import ConnectionLost, Forbidden, NoRoom, ProtocolError
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.protocol.packets import REQUEST, Packet, PacketType, head, request

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between attempts to reach a lost server, at first and in the end."""
FAULTS = 3
"""Connections on which a server breaks the protocol and gives no job, until it is taken for none."""
STRANGE_MOST = 100_000
"""Packets of a server that may come before it answers: a sleeper may be woken in vain, not without end."""
UNCOPIED = 1 << 16
"""From this size on a result is sent on its own instead of being copied into a packet."""


class Session:
    """One registered connection to one server."""

    def __init__(self, connection: Connection, functions: Sequence[bytes], client_id: bytes = b"") -> None:
        self.connection = connection
        self.waits = False
        """Whether somebody waits for room for what is to be sent."""
        self.registered = False
        """Whether there are functions that the server would offer jobs of."""
        self._grab = PacketType.GRAB_JOB_UNIQ
        if client_id:
            connection.send(request(PacketType.SET_CLIENT_ID, client_id))
        self.can_do(functions)

    @property
    def address(self) -> Address:
        """The server."""
        return self.connection.address

    def can_do(self, functions: Sequence[bytes]) -> None:
        """Register functions, the first of which is to be served first."""
        self.registered = bool(functions)
        # A server serves the function named last first, so libgearman names them in reverse.
        for function in reversed(functions):
            self.connection.send(request(PacketType.CAN_DO, function))

    def can_do_nothing(self) -> None:
        """Be registered for no function any more; not while a job runs, which the server would take back."""
        if self.registered:
            self.registered = False
            self.connection.send(request(PacketType.RESET_ABILITIES))

    def grab(self) -> None:
        """Ask for a job."""
        self.connection.send(request(self._grab))

    def grab_refused(self) -> bool:
        """A server without GRAB_JOB_UNIQ (Perl's) is asked with GRAB_JOB; False if that was refused too."""
        refused_before = self._grab is PacketType.GRAB_JOB
        self._grab = PacketType.GRAB_JOB
        return not refused_before

    def sleep(self) -> None:
        """Wait for NOOP."""
        self.connection.send(request(PacketType.PRE_SLEEP))


class Job(NamedTuple):
    """A job that a server has assigned."""

    session: Session
    handle: bytes
    function: bytes
    unique: bytes
    workload: bytes

    def complete(self, result: bytes) -> None:
        """Report the result."""
        if len(result) < UNCOPIED:
            self._report(PacketType.WORK_COMPLETE, result)
        else:
            start = head(REQUEST, PacketType.WORK_COMPLETE, (self.handle,), len(result))
            self.session.connection.send(start, result)

    def warn(self, text: bytes) -> None:
        """Report words for whoever submitted it."""
        self._report(PacketType.WORK_WARNING, text)

    def status(self, numerator: int, denominator: int) -> None:
        """Report that so much of so much is done."""
        self._report(PacketType.WORK_STATUS, b"%d" % numerator, b"%d" % denominator)

    def data(self, data: bytes) -> None:
        """Report a part of the result."""
        self._report(PacketType.WORK_DATA, data)

    def fail(self) -> None:
        """Report that it has failed."""
        self._report(PacketType.WORK_FAIL)

    def throw(self, text: bytes) -> None:
        """Report an exception in words; `fail` has to follow.

        WORK_EXCEPTION ends a job, for clients without the option `exceptions` as
        WORK_FAIL.  Not so Perl's server: it takes WORK_FAIL after it, which
        gearmand answers with an ERROR that changes nothing.
        """
        self._report(PacketType.WORK_EXCEPTION, text)

    def _report(self, type_: PacketType, *opaque: bytes) -> None:
        self.session.connection.send(request(type_, self.handle, *opaque))


class Slot:
    """Room for one job at a time, from whichever server has one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.sessions: list[Session] = []
        self.job: Job | None = None
        self._asked: Session | None = None
        self._willing: deque[Session] = deque()
        """Sessions that may have a job."""
        self._resting = False
        self._strange = 0
        """Packets since the last answer to what was asked."""
        self.questions = 0
        """How often a server was asked for a job."""

    @property
    def free(self) -> bool:
        """Whether it has no job, and none may be on its way."""
        return self.job is None and self._asked is None

    def waits_for(self, session: Session) -> bool:
        """Whether it has asked this server for a job, and not been answered."""
        return self._asked is session

    @property
    def asleep(self) -> bool:
        """Whether every server has said that it has no job."""
        return self.free and not self._willing

    def rest(self) -> None:
        """Ask nobody any more.  What was asked for before may still come, until the slot is `free`."""
        self._resting = True

    def resume(self) -> None:
        """Ask again."""
        self._resting = False
        self._ask()

    def ask_all(self) -> None:
        """Take it that every server may have a job, as after a change of what is registered."""
        self._willing.extend(session for session in self.sessions if session not in self._willing)
        self._ask()

    def join(self, session: Session) -> None:
        """A new connection takes part."""
        self.sessions.append(session)
        self._willing.append(session)
        self._ask()

    def leave(self, session: Session) -> None:
        """A connection is gone."""
        self.sessions.remove(session)
        if session in self._willing:
            self._willing.remove(session)
        if self._asked is session:
            self._asked = None
        self._ask()

    def receive(self, session: Session, packet: Packet) -> Job | None:
        """What a server said; a job if it assigned one.  Raises ProtocolError, ConnectionLost, Forbidden."""
        type_, fields = packet
        self._strange += 1
        if self._strange > STRANGE_MOST:
            raise ProtocolError(f"{session.address} sends without end, and no answer")
        if type_ is PacketType.NOOP:
            if session not in self._willing:
                self._willing.append(session)
        elif type_ is PacketType.NO_JOB:
            self._answered(session)
            session.sleep()
            self._strange = 0
        elif type_ is PacketType.JOB_ASSIGN_UNIQ:
            return self._assigned(Job(session, *fields))
        elif type_ is PacketType.JOB_ASSIGN:
            handle, function, workload = fields
            return self._assigned(Job(session, handle, function, b"", workload))
        elif type_ is PacketType.ERROR:
            self._refused(session, fields)
        else:
            raise ProtocolError(f"{session.address} sent a worker {type_.name}")
        self._ask()
        return None

    def _answered(self, session: Session) -> None:
        if self._asked is not session:
            raise ProtocolError(f"{session.address} answered what nobody had asked")
        self._asked = None

    def _assigned(self, job: Job) -> Job:
        if self._asked is not job.session or self.job is not None:
            raise ProtocolError(f"{job.session.address} assigned a job that nobody asked for")
        self._asked = None
        self._strange = 0
        self.job = job
        return job

    def _refused(self, session: Session, fields: list[bytes]) -> None:
        """An ERROR: to a grab, it is tried the older way; to a late report, it changes nothing.

        One to a CAN_DO must not be passed over: the worker would wait for jobs that never come.
        Raises Forbidden, NoRoom where the server may have room for it later, and ConnectionLost
        where it is about to hang up because a result is too large for it.
        """
        code, text = fields
        if code == b"QUEUE_ERROR":
            raise NoRoom(f"{session.address} has no room for this worker: {shown(text)}")
        if code == b"PERMISSION_DENIED":
            words = f"{session.address} does not permit this worker to take its functions: {shown(text)}"
            raise Forbidden(f"{words}; it needs the role work for each", code=shown(code), text=shown(text))
        if code == b"ARGUMENT_TOO_LARGE":
            raise ConnectionLost(f"{session.address} refused what this worker sent: {shown(text)}")
        if code == b"JOB_NOT_FOUND" or self._asked is not session:
            return
        self._asked = None
        if not session.grab_refused():
            raise ProtocolError(f"{session.address} refused to give work: {shown(text)}")
        self._willing.append(session)

    def done(self) -> None:
        """The job's end was reported; ask for the next."""
        job, self.job = self.job, None
        if job is not None and job.session in self.sessions and job.session not in self._willing:
            self._willing.append(job.session)
        self._ask()

    def _ask(self) -> None:
        if self._willing and not self._resting and self.free:
            self._asked = self._willing.popleft()
            self._asked.grab()
            self.questions += 1
