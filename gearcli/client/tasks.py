"""The jobs that a client has in flight on one connection: which answer belongs to which.

No I/O.  The server answers submissions in their order, so a JOB_CREATED or an
ERROR belongs to the oldest one without an answer; everything after that comes
with the job's handle.  Identical jobs share a handle, and the server then
says everything once for each of them.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from gearcli.errors import Forbidden, ProtocolError, QueueFull, ServerError, UsageError
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.protocol.packets import (
    REQUEST,
    SUBMIT_TYPES,
    Packet,
    PacketType,
    Priority,
    checked,
    head,
    request,
)

_ENDS = frozenset({PacketType.WORK_COMPLETE, PacketType.WORK_FAIL, PacketType.WORK_EXCEPTION})
_REPORTS = frozenset({PacketType.WORK_DATA, PacketType.WORK_WARNING, PacketType.WORK_STATUS})
STRANGE_MOST = 100_000
"""Packets about nothing of ours that may follow each other: a server may say an end twice, not endlessly."""
ABOUT_TASKS = _ENDS | _REPORTS | {PacketType.JOB_CREATED, PacketType.ERROR, PacketType.OPTION_RES}
"""The packets that `Tasks.events` understands."""
ANSWERS = frozenset({PacketType.ECHO_RES, PacketType.STATUS_RES, PacketType.STATUS_RES_UNIQUE})
"""The packets that only answer questions; see `gearcli.client.questions`."""


class Task:
    """One submission of a job; `number` counts the jobs of a batch from 1.

    `at` is when the job is due (seconds since 1970; the job is then a
    background one).  `shared` says that the unique is one that others may
    give as well, so that identical jobs have to meet on one server.
    """

    __slots__ = (
        "at",
        "attempt",
        "background",
        "deadline",
        "ended",
        "function",
        "handle",
        "losses",
        "next",
        "number",
        "priority",
        "server",
        "shared",
        "submitted",
        "unique",
        "workload",
    )

    def __init__(
        self,
        function: bytes,
        workload: bytes,
        unique: bytes = b"",
        *,
        priority: Priority = Priority.NORMAL,
        background: bool = False,
        number: int = 1,
        at: float | None = None,
        shared: bool = False,
    ) -> None:
        self.function = function
        self.workload = workload
        self.unique = unique
        self.priority = priority
        self.background = background or at is not None
        self.number = number
        self.at = at
        self.shared = shared
        self.attempt = 1
        """Which attempt of its job this is, after failures."""
        self.losses = 0
        """How often its server was lost before it answered."""
        self.handle = b""
        """The server's name for the job; empty until it has answered."""
        self.server: Address | None = None
        """Where it was submitted."""
        self.submitted = 0.0
        """When, in monotonic seconds."""
        self.deadline: float | None = None
        self.ended = False
        self.next: Task | None = None
        """The attempt that follows it."""

    def again(self, *, unique: bytes | None = None) -> Task:
        """The next attempt at the same job.

        What a server still says about this one is not said about that.
        """
        self.next = task = Task(
            self.function,
            self.workload,
            self.unique if unique is None else unique,
            priority=self.priority,
            background=self.background,
            number=self.number,
            at=self.at,
            shared=self.shared,
        )
        task.attempt = self.attempt + 1
        return task


class Local(Enum):
    """What happens to a task without a server's word."""

    TIMED_OUT = "timed out"
    LOST = "lost"
    """Every server that it was submitted to went away."""


class Event(NamedTuple):
    """Something happened to a task: the packet that said so, without its handle.

    JOB_CREATED ends a background task; WORK_COMPLETE, WORK_FAIL,
    WORK_EXCEPTION, ERROR, TIMED_OUT and LOST end any; WORK_DATA, WORK_WARNING and
    WORK_STATUS do not.  A failure that does not end its task is followed by
    another attempt.
    """

    task: Task
    kind: PacketType | Local
    fields: list[bytes]

    @property
    def ends(self) -> bool:
        """Whether nothing more will be heard of the task."""
        return self.task.ended and self.task.next is None


def random_unique() -> bytes:
    """A unique for a job without one of its own, as libgearman gives.

    A job submitted again after a lost connection then meets itself, and
    gearmand's stores, which know jobs by their unique, do not mix jobs up.
    """
    return os.urandom(16).hex().encode("ascii")


def packet_of(task: Task) -> tuple[bytes, bytes]:
    """The packet that submits a task, in two parts so that its workload is not copied.

    Raises UsageError where the protocol cannot carry it.
    """
    type_ = SUBMIT_TYPES[task.priority, task.background]
    fields: tuple[bytes, ...] = (task.function, task.unique)
    if task.at is not None:
        type_, fields = PacketType.SUBMIT_JOB_EPOCH, (*fields, b"%d" % math.ceil(task.at))
    try:
        checked(type_, *fields, task.workload)
    except ValueError as error:
        raise UsageError(f"cannot submit to {shown(task.function)}: {error}") from None
    if not task.function:
        raise UsageError("cannot submit to a function without a name")
    return head(REQUEST, type_, fields, len(task.workload)), task.workload


EXCEPTIONS = request(PacketType.OPTION_REQ, b"exceptions")
"""What asks a server to pass on the words of exceptions."""


class Tasks:
    """Tasks in flight on one connection, to which `EXCEPTIONS` was said first; errors name the `server`."""

    def __init__(self, server: Address) -> None:
        self._server = server
        self._option_pending = True
        self._unanswered: deque[Task] = deque()
        self._by_handle: dict[bytes, deque[Task]] = {}
        self._count = 0
        self._strange = 0
        """Packets about nothing of ours since the last that was."""

    def submitted(self, task: Task) -> None:
        """A task's packet is on its way."""
        self._unanswered.append(task)
        self._count += 1

    def __len__(self) -> int:
        """How many are in flight, those included that ran out of time."""
        return self._count

    @property
    def unanswered(self) -> int:
        """How many wait for JOB_CREATED or ERROR."""
        return len(self._unanswered)

    @property
    def oldest_unanswered(self) -> Task | None:
        """The first of those; None if there is none."""
        return self._unanswered[0] if self._unanswered else None

    def unfinished(self) -> list[Task]:
        """The tasks that have not ended, the oldest first."""
        answered = [task for tasks in self._by_handle.values() for task in tasks]
        return [task for task in (*answered, *self._unanswered) if not task.ended]

    def refuses_option(self, packet: Packet) -> bool:
        """Whether a packet is the ERROR of a server that does not know the option of `EXCEPTIONS`."""
        refused = self._option_pending and packet[0] is PacketType.ERROR and packet[1][0] == b"UNKNOWN_OPTION"
        self._option_pending = self._option_pending and not refused
        return refused

    def events(self, packet: Packet) -> Iterator[Event]:
        """What a packet means for the tasks.  Raises ProtocolError."""
        type_, fields = packet
        if type_ is PacketType.JOB_CREATED:
            yield from self._created(fields[0])
        elif type_ in _REPORTS or type_ in _ENDS:
            event = self._reported(type_, fields)
            if event is not None:
                yield event
            self._note(strange=event is None)
        elif type_ is PacketType.ERROR:
            if not self.refuses_option(packet):
                yield from self._refused(fields)
        elif type_ is PacketType.OPTION_RES:
            self._option_pending = False
            self._note(strange=True)
        else:
            raise ProtocolError(f"{self._server} sent {type_.name}, which nobody asked for")

    def _note(self, *, strange: bool) -> None:
        """Count what is about nothing of ours.  Raises ProtocolError when there is no end of it."""
        self._strange = self._strange + 1 if strange else 0
        if self._strange > STRANGE_MOST:
            raise ProtocolError(f"{self._server} tells of nothing but jobs that are not ours")

    def _created(self, handle: bytes) -> Iterator[Event]:
        self._option_pending = False  # a server that does not answer OPTION_REQ at all
        if not self._unanswered:
            raise ProtocolError(f"{self._server} named a job that was not submitted")
        task = self._unanswered.popleft()
        task.handle = handle
        late = task.ended  # it ran out of time before
        if task.background:
            task.ended = True
            self._count -= 1
        else:
            self._by_handle.setdefault(handle, deque()).append(task)
        if not late:
            yield Event(task, PacketType.JOB_CREATED, [])

    def _reported(self, type_: PacketType, fields: list[bytes]) -> Event | None:
        handle, *rest = fields
        tasks = self._by_handle.get(handle)
        if not tasks:  # it was cancelled, or the server says an end twice, as gearmand does
            return None
        task = tasks.popleft()
        if type_ in _REPORTS:
            tasks.append(task)  # the next identical task is the next to be told
        else:
            self._count -= 1
            if not tasks:
                del self._by_handle[handle]
        if task.ended:  # it ran out of time before
            return None
        task.ended = type_ in _ENDS
        return Event(task, type_, rest)

    def _refused(self, fields: list[bytes]) -> Iterator[Event]:
        if not self._unanswered:
            raise server_error(*fields)
        task = self._unanswered.popleft()
        self._count -= 1
        if not task.ended:  # else it ran out of time before
            task.ended = True
            yield Event(task, PacketType.ERROR, fields)


def server_error(code: bytes, text: bytes) -> ServerError:
    """The error that an ERROR packet stands for."""
    kind = {b"QUEUE_ERROR": QueueFull, b"PERMISSION_DENIED": Forbidden}.get(code, ServerError)
    return kind(f"the server refused: {shown(text)} ({shown(code)})", code=shown(code), text=shown(text))
