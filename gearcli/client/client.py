"""A client: submits jobs over one connection, many in flight, and asks about jobs."""

from __future__ import annotations

import contextlib
import select
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from gearcli.client.connection import (
    CONNECT_TIMEOUT,
    Connection,
    connect_any,
    milliseconds_until,
)
from gearcli.client.records import Source
from gearcli.client.tasks import EXCEPTIONS, Event, Task, Tasks, packet_of, server_error
from gearcli.errors import ProtocolError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, checked, request

ANSWER_TIMEOUT = 10.0
"""Seconds that an answer may take which the server gives at once."""


class JobStatus(NamedTuple):
    """What the server knows of a job; `listeners` only where it was asked for by unique."""

    known: bool
    running: bool
    numerator: int
    denominator: int
    listeners: int | None = None


class Client:
    """A connection to the first of some servers that can be reached.

    Raises ConnectFailed when none can.  Use it as a context manager, or call
    `close`.
    """

    def __init__(self, servers: Sequence[Address], *, connect_timeout: float = CONNECT_TIMEOUT) -> None:
        self._connection: Connection = connect_any(servers, connect_timeout)
        self.address = self._connection.address
        self._tasks = Tasks()
        self._connection.send(EXCEPTIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection.  The server drops jobs that wait and that nobody else listens to."""
        self._connection.close()

    # -- jobs -------------------------------------------------------------------

    def run(
        self,
        source: Source,
        make: Callable[[bytes, int], Task],
        *,
        window: int = 64,
        ahead: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[Event]:
        """Submit a task for each record of a source and yield what happens to them.

        `make` builds a task from a record and its number.  At most `window`
        tasks are in flight, none more than `ahead` after the oldest of them;
        who iterates slowly slows the submitting down.  `timeout` is the
        seconds a task may take from its submission; then it ends with
        REJECTED.  Raises ConnectionLost or ProtocolError when the
        server is gone, UsageError for a task that cannot be submitted.
        """
        connection, flying = self._connection, _Flying(window, ahead)
        number = 0
        while True:
            while source.records and flying.room:
                number += 1
                task = make(source.records.popleft(), number)
                connection.send(*packet_of(task))
                self._tasks.submitted(task)
                flying.add(task, timeout)
            if not flying and source.ended and not source.records:
                return
            wants_input = not source.ended and not source.records and flying.room
            self._wait(source if wants_input else None, flying.deadline)
            while connection.received:
                for event in self._tasks.events(connection.received.popleft()):
                    if event.ends:
                        flying.discard(event.task)
                    yield event
            if connection.lost is not None and (flying or not source.ended or source.records):
                raise connection.lost
            for task in flying.overdue():
                yield Event(task, PacketType.REJECTED, [b"TIMEOUT", b""])

    def _wait(self, source: Source | None, deadline: float | None) -> None:
        """Wait for the server, and for the source if there is room for more."""
        poll = select.poll()
        poll.register(self._connection, self._connection.interest)
        if source is not None:
            poll.register(source.fileno(), select.POLLIN)
        ready = poll.poll(milliseconds_until(deadline))
        self._connection.exchange()
        if source is not None and any(descriptor == source.fileno() for descriptor, _ in ready):
            source.read()

    # -- questions --------------------------------------------------------------

    def status(self, handle: bytes) -> JobStatus:
        """What the server knows of the job with a handle."""
        _, known, running, numerator, denominator = self._ask(
            PacketType.GET_STATUS, handle, PacketType.STATUS_RES
        )
        return _status(known, running, numerator, denominator)

    def status_unique(self, unique: bytes) -> JobStatus:
        """What the server knows of the job with a unique."""
        _, *numbers = self._ask(PacketType.GET_STATUS_UNIQUE, unique, PacketType.STATUS_RES_UNIQUE)
        return _status(*numbers)

    def echo(self, workload: bytes) -> float:
        """The seconds that a round trip of `workload` takes."""
        start = time.perf_counter()
        (answer,) = self._ask(PacketType.ECHO_REQ, workload, PacketType.ECHO_RES)
        if answer != workload:
            raise ProtocolError(f"{self.address} answered an echo with other bytes")
        return time.perf_counter() - start

    def _ask(self, type_: PacketType, field: bytes, expected: PacketType) -> list[bytes]:
        """Ask and return the arguments of the answer.

        Raises ServerError for an ERROR, TimeLimit for silence, UsageError for
        what the protocol cannot carry.
        """
        try:
            self._connection.send(request(type_, *checked(type_, field)))
        except ValueError as error:
            raise UsageError(str(error)) from None
        deadline = time.monotonic() + ANSWER_TIMEOUT
        while True:
            packet = self._connection.next_packet(deadline)
            answer, fields = packet
            if answer is expected:
                return fields
            if answer is PacketType.ERROR and not self._tasks.refuses_option(packet):
                raise server_error(*fields)
            if answer is not PacketType.ERROR:
                for _ in self._tasks.events(packet):
                    """A late word about a job; what nobody asked for raises."""


class _Flying:
    """Tasks that have not ended, by the time at which they must have."""

    def __init__(self, window: int, ahead: int | None) -> None:
        self._tasks: OrderedDict[Task, None] = OrderedDict()
        self._window = window
        self._ahead = ahead
        self._latest = 0

    def __len__(self) -> int:
        return len(self._tasks)

    def add(self, task: Task, timeout: float | None) -> None:
        """A task has been submitted; all have the same timeout, so they are due in order."""
        task.deadline = None if timeout is None else time.monotonic() + timeout
        self._tasks[task] = None
        self._latest = task.number

    @property
    def room(self) -> bool:
        """Whether one more may be submitted."""
        if not self._tasks or len(self._tasks) >= self._window:
            return not self._tasks
        return self._ahead is None or self._latest - next(iter(self._tasks)).number < self._ahead

    def discard(self, task: Task) -> None:
        """A task has ended."""
        self._tasks.pop(task, None)

    @property
    def deadline(self) -> float | None:
        """When the next one is overdue."""
        return next(iter(self._tasks)).deadline if self._tasks else None

    def overdue(self) -> Iterator[Task]:
        """End the tasks that ran out of time."""
        now = time.monotonic()
        while self._tasks:
            task = next(iter(self._tasks))
            if task.deadline is None or task.deadline > now:
                return
            task.ended = True
            del self._tasks[task]
            yield task


def _status(known: bytes, running: bytes, *numbers: bytes) -> JobStatus:
    with contextlib.suppress(ValueError):
        return JobStatus(known == b"1", running == b"1", *(int(number or b"0") for number in numbers))
    raise ProtocolError("the server answered a status with numbers that are none")
