"""Who puts load on a server: clients that do nothing but submit, workers that do nothing but complete.

Packets are made once and many leave in one send, so that the server is what is measured.
"""

from __future__ import annotations

import time
from collections import deque

from gearcli.client.connection import Connection
from gearcli.client.tasks import server_error
from gearcli.errors import GearError, JobFailed, ProtocolError
from gearcli.protocol.packets import Packet, PacketType, request

_JOINED = 1 << 14
"""Bytes of a packet up to which copies of it are joined; bigger ones leave as parts, not copied."""

# Reading a member off an enum class costs as much as calling a function.
_ASSIGN, _COMPLETE, _CREATED = PacketType.JOB_ASSIGN, PacketType.WORK_COMPLETE, PacketType.JOB_CREATED

_GRAB = request(PacketType.GRAB_JOB)
_SLEEP = request(PacketType.PRE_SLEEP)
_ECHO = request(PacketType.ECHO_REQ, b"")


class Submitter:
    """A client that submits `jobs` times the same background job, `window` of them unanswered.

    The packet has no unique, so that every job is one of its own.
    """

    def __init__(self, connection: Connection, packet: bytes, jobs: int, window: int) -> None:
        self.connection = connection
        self.left = jobs
        """Jobs that are still to be submitted."""
        self.unanswered = 0
        """Jobs to which the server has not said anything yet."""
        self._packet = packet
        self._window = window
        self._stopping = False

    @property
    def done(self) -> bool:
        """Whether there is nothing to submit and nothing to wait for."""
        return not self.left and not self.unanswered

    def start(self) -> None:
        """Submit the first jobs."""
        self._submit(self._window)

    def stop(self) -> None:
        """Submit no more; that jobs which are on their way are refused is no error now."""
        self.left = 0
        self._stopping = True

    def take(self) -> None:
        """Count answers, and submit as many jobs.  Raises ServerError for a refused one."""
        received = self.connection.received
        while received:
            packet = received.popleft()
            if packet[0] is _CREATED and self.unanswered:
                self.unanswered -= 1
            else:
                self._refused(packet)
        self._submit(self._window - self.unanswered)

    def _refused(self, packet: Packet) -> None:
        """Count an ERROR too, and raise for what one does not hope for."""
        if packet[0] is PacketType.ERROR and self.unanswered:
            self.unanswered -= 1
        if not self._stopping:
            raise _unwanted(packet, self.connection)

    def _submit(self, room: int) -> None:
        """Submit as many jobs as there are and as there is room for."""
        count = min(room, self.left)
        self.left -= count
        self.unanswered += count
        if len(self._packet) <= _JOINED:
            self.connection.send(self._packet * count)
        else:
            self.connection.send(*[self._packet] * count)


class Caller(Submitter):
    """A client that submits foreground jobs, `window` of them not ended, and times each."""

    def __init__(self, connection: Connection, packet: bytes, jobs: int, window: int) -> None:
        super().__init__(connection, packet, jobs, window)
        self.latencies: list[float] = []
        """Seconds from submitting a job to its WORK_COMPLETE."""
        self._submitted: deque[float] = deque()  # when, of the unanswered ones
        self._running: dict[bytes, float] = {}  # when submitted, by handle

    @property
    def done(self) -> bool:
        """Whether every job has been submitted and has ended."""
        return super().done and not self._running

    def take(self) -> None:
        """Time the jobs that have ended, and submit as many.  Raises ServerError, JobFailed."""
        now = time.perf_counter()
        received = self.connection.received
        while received:
            packet = received.popleft()
            type_, fields = packet
            if type_ is _COMPLETE:
                submitted = self._running.pop(fields[0], None)
                if submitted is not None:  # gearmand may say an end twice
                    self.latencies.append(now - submitted)
            elif type_ is _CREATED and self.unanswered:
                self.unanswered -= 1
                self._running[fields[0]] = self._submitted.popleft()
            else:
                self._refused(packet)
        self._submit(self._window - self.unanswered - len(self._running))

    def _refused(self, packet: Packet) -> None:
        type_, fields = packet
        if type_ is PacketType.ERROR and self.unanswered:
            self._submitted.popleft()
        elif type_ is PacketType.WORK_FAIL:
            self._running.pop(fields[0], None)
        super()._refused(packet)

    def _submit(self, room: int) -> None:
        before = self.unanswered
        super()._submit(room)
        self._submitted.extend([time.perf_counter()] * (self.unanswered - before))


class Taker:
    """A worker that takes one job after the other and completes each at once, with an empty result."""

    def __init__(self, connection: Connection, function: bytes) -> None:
        self.connection = connection
        self.completed = 0
        """Jobs it has completed."""
        self.asleep = False
        """Whether the server has told it that there is no job; then it has none, nor has the queue."""
        self.gone = False
        """Whether the server no longer counts it among the workers."""
        self._function = function
        connection.send(request(PacketType.CAN_DO, function) + _GRAB)

    def look(self) -> None:
        """Ask for a job, whether or not the server has said that there may be one."""
        self.asleep = False
        self.connection.send(_GRAB)

    def leave(self) -> None:
        """Say that it works no longer; the answer to what is said then makes it `gone`."""
        self.connection.send(request(PacketType.CANT_DO, self._function) + _ECHO)

    def take(self) -> None:
        """Complete a job, sleep, or wake up.  Raises ServerError where the server refuses something."""
        received = self.connection.received
        while received:
            packet = received.popleft()
            type_, fields = packet
            if type_ is _ASSIGN:
                self.completed += 1
                self.connection.send(request(_COMPLETE, fields[0], b"") + _GRAB)
            elif type_ is PacketType.NO_JOB:
                self.asleep = True
                self.connection.send(_SLEEP)
            elif type_ is PacketType.ECHO_RES:
                self.gone = True
            elif type_ is not PacketType.NOOP:
                raise _unwanted(packet, self.connection)
            elif self.asleep:
                self.look()


def _unwanted(packet: Packet, connection: Connection) -> GearError:
    """The error that a packet stands for which is not the answer one hopes for."""
    type_, fields = packet
    if type_ is PacketType.ERROR:
        return server_error(*fields)
    if type_ is PacketType.WORK_FAIL:
        return JobFailed("the server says that a job failed")
    return ProtocolError(f"{connection.address} sent {type_.name}, which nobody asked for")
