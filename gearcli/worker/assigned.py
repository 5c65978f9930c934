"""One job in Python: what its callable sees of it, and how the callable's end becomes packets.

No loop: what a callable reports is sent there and then, and what the server
says meanwhile is kept in the connection for whoever reads it next.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from gearcli.client.connection import LONGEST_WAIT, Connection
from gearcli.errors import JobFailed
from gearcli.protocol.packets import REQUEST, PacketType, head, request
from gearcli.worker.worker import Job

PATIENCE = 1.0
"""Seconds for which a server may take nothing of what is to be sent; the rest is sent later."""

# -- one connection --------------------------------------------------------------------


def deliver(connection: Connection, patience: float) -> None:
    """Send all that there is, as long as the server takes some of it every `patience` seconds.

    What is left then stays queued.  What arrives meanwhile is kept, lest the
    server stop reading because nobody reads its answers.  Raises nothing: a
    broken connection is noted in its `lost`.
    """
    connection.flush()
    while connection.unsent and connection.lost is None and _ready(connection, patience):
        connection.exchange()


def part(connection: Connection, patience: float) -> None:
    """Send what is left, say goodbye, wait for the server to have read it all, and close.

    It waits as long as something moves every `patience` seconds.  Raises
    nothing, whatever became of the connection.
    """
    deliver(connection, patience)
    connection.finish()
    while connection.lost is None and _ready(connection, patience):
        connection.exchange()
    connection.close()


def _ready(connection: Connection, seconds: float) -> bool:
    """Wait until bytes can move."""
    poll = select.poll()
    poll.register(connection, connection.interest)
    return bool(poll.poll(min(seconds, LONGEST_WAIT) * 1000))


# -- one job ---------------------------------------------------------------------------

Result: TypeAlias = bytes | bytearray | memoryview | str | None
"""What a callable may return; text is sent as UTF-8, None as nothing."""


class AssignedJob:
    """A job as its callable sees it; its reports are sent at once.

    `handle`, `function`, `unique` and `workload` are bytes, `unique` is empty
    where the submitter gave none.  For the thread in which the callable was
    called, and until it returns::

        def resize(job):
            job.status(1, 2)
            return job.workload[::-1]
    """

    __slots__ = ("_connection", "function", "handle", "unique", "workload")

    def __init__(self, job: Job) -> None:
        self._connection = job.session.connection
        self.handle = job.handle
        self.function = job.function
        self.unique = job.unique
        self.workload = job.workload

    def status(self, numerator: int, denominator: int) -> None:
        """Report that so much of so much is done, in whatever unit."""
        self._send(request(PacketType.WORK_STATUS, self.handle, b"%d" % numerator, b"%d" % denominator))

    def data(self, data: Result) -> None:
        """Send a part of the result.  Raises TypeError and UnicodeError."""
        self._send_opaque(PacketType.WORK_DATA, _as_bytes(data))

    def warn(self, warning: Result) -> None:
        """Send words for whoever submitted the job.  Raises TypeError and UnicodeError."""
        self._send_opaque(PacketType.WORK_WARNING, _as_bytes(warning))

    def _send_opaque(self, type_: PacketType, opaque: bytes) -> None:
        self._send(head(REQUEST, type_, (self.handle,), len(opaque)), opaque)

    def _send(self, *parts: bytes) -> None:
        self._connection.send(*parts)
        deliver(self._connection, PATIENCE)


Work: TypeAlias = Callable[[AssignedJob], Result]
"""What does a job; it may raise anything."""


class Failure(NamedTuple):
    """How a job failed: WORK_EXCEPTION or WORK_WARNING, and the words for it, maybe none."""

    type_: PacketType
    words: bytes


def ended(work: Work, job: Job) -> bytes | Failure:
    """Call a callable: its result, or how it failed.

    Raises what is no Exception, such as KeyboardInterrupt: the job has not ended then.
    """
    try:
        return _as_bytes(work(AssignedJob(job)))
    except JobFailed as error:
        return Failure(PacketType.WORK_WARNING, _words(error))
    except Exception as error:
        name, words = type(error).__name__.encode(), _words(error)
        return Failure(PacketType.WORK_EXCEPTION, name + b": " + words if words else name)


def report(job: Job, end: bytes | Failure) -> None:
    """Queue what tells the server how a job ended; others send it.  Raises nothing."""
    if isinstance(end, bytes):
        job.complete(end)
        return
    if end.words:
        say = job.throw if end.type_ is PacketType.WORK_EXCEPTION else job.warn
        say(end.words)
    job.fail()


def _as_bytes(result: object) -> bytes:
    """The bytes of what a callable returned or reported.  Raises TypeError and UnicodeError."""
    if isinstance(result, bytes):
        return result
    if isinstance(result, str):
        return result.encode()
    if isinstance(result, bytearray | memoryview):
        return bytes(result)
    if result is None:
        return b""
    raise TypeError(f"a job has bytes, str or None to say, not {type(result).__name__}")


def _words(error: Exception) -> bytes:
    """What an exception says, whatever its class makes of that."""
    try:
        return str(error).encode("utf-8", "backslashreplace")
    except Exception:
        return b""
