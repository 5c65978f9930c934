"""A submitted job, as the Python API gives it to whoever submitted it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from gearcli.client.tasks import Event, Local, Task, server_error
from gearcli.errors import ConnectionLost, GearError, JobFailed, TimeLimit
from gearcli.escape import shown
from gearcli.protocol.packets import PacketType

if TYPE_CHECKING:
    from gearcli.client.client import Client


class Job:
    """A job that was submitted: what is known of it, and its result when it has one.

    It learns of news while its client waits for something: `result`,
    `Client.as_completed` or `Client.wait`.
    """

    def __init__(
        self,
        client: Client,
        task: Task,
        *,
        on_status: Callable[[int, int], None] | None = None,
        on_data: Callable[[bytes], None] | None = None,
        on_warning: Callable[[bytes], None] | None = None,
    ) -> None:
        self._client = client
        self.task = task
        self._asked = False
        self._on_status = on_status
        self._on_data = on_data
        self._on_warning = on_warning
        self._parts: list[bytes] = []
        self._error: GearError | None = None
        self._callbacks: list[Callable[[Job], None]] = []
        self.done = False
        """Whether it has ended; a background job has when the server has taken it."""
        self.numerator = 0
        self.denominator = 0
        """How far the worker says it is; a denominator of 0: it has said nothing."""
        self.warnings: list[bytes] = []
        """What the worker warned of."""

    @property
    def function(self) -> bytes:
        """What is to be done."""
        return self.task.function

    @property
    def unique(self) -> bytes:
        """Its unique."""
        return self.task.unique

    @property
    def handle(self) -> bytes:
        """The server's name for it; empty until the server has answered."""
        return self.task.handle

    @property
    def background(self) -> bool:
        """Whether nobody waits for its result."""
        return self.task.background

    @property
    def unseen(self) -> GearError | None:
        """Its error, if it has one and nobody has asked for it."""
        return None if self._asked else self._error

    def result(self, timeout: float | None = None) -> bytes:
        """Wait for the end and return the result, of all parts; empty for a background job.

        Raises JobFailed with the worker's words, QueueFull or ServerError if
        the server did not take it, ConnectionLost if the server went away,
        TimeLimit after `timeout` seconds (the job goes on, and `result` can
        be called again).
        """
        if not self.done:
            self._client.wait([self], timeout)
        if not self.done:
            raise TimeLimit(f"{shown(self.function)}: no result within {timeout:g} s; the job goes on")
        self._asked = True
        if self._error is not None:
            raise self._error
        return b"".join(self._parts)

    def exception(self, timeout: float | None = None) -> GearError | None:
        """Wait for the end and return the error that `result` would raise; None for success."""
        try:
            self.result(timeout)
        except GearError as error:
            return error
        return None

    def call_when_done(self, callback: Callable[[Job], None]) -> None:
        """Call a function with the job when it ends, or now if it has."""
        if self.done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def take(self, event: Event) -> None:
        """Something happened to it."""
        task, kind, fields = event
        self.task = task.next or task
        if kind is PacketType.WORK_STATUS:
            self._progress(fields)
        elif kind is PacketType.WORK_DATA:
            self._part(fields[0])
        elif kind is PacketType.WORK_WARNING:
            self._warned(fields[0])
        elif task.next is not None:
            self._parts.clear()  # of an attempt that failed
        elif event.ends:
            self._end(kind, fields)

    def lost(self) -> None:
        """Its server is gone; the parts of a result that it sent come again."""
        self._parts.clear()

    def fail(self, error: GearError) -> None:
        """It ends without a result."""
        self._error = error
        self._finish()

    def _finish(self) -> None:
        """Tell everybody who wants to know, also if one of them raises."""
        self.done = True
        with contextlib.ExitStack() as callbacks:
            while self._callbacks:
                callbacks.callback(self._callbacks.pop(), self)  # the stack calls the last first

    def _progress(self, fields: list[bytes]) -> None:
        try:
            self.numerator, self.denominator = (int(field or b"0") for field in fields)
        except ValueError:  # a worker may say anything
            return
        if self._on_status is not None:
            self._on_status(self.numerator, self.denominator)

    def _part(self, data: bytes) -> None:
        self._parts.append(data)
        if self._on_data is not None:
            self._on_data(data)

    def _warned(self, text: bytes) -> None:
        self.warnings.append(text)
        if self._on_warning is not None:
            self._on_warning(text)

    def _end(self, kind: PacketType | Local, fields: list[bytes]) -> None:
        if kind is PacketType.WORK_COMPLETE:
            self._parts.append(fields[0])
        error = _error(self.task, kind, fields)
        if error is not None:
            self.fail(error)
            return
        self._finish()


def _error(task: Task, kind: PacketType | Local, fields: list[bytes]) -> GearError | None:
    """What the end of a task means; None for success."""
    function = shown(task.function)
    if kind is PacketType.WORK_EXCEPTION:
        return JobFailed(f"{function} failed: {shown(fields[0])}")
    if kind is PacketType.WORK_FAIL:
        return JobFailed(f"{function} failed")
    if kind is PacketType.ERROR:
        return server_error(*fields)
    if kind is Local.TIMED_OUT:
        return TimeLimit(f"{function}: no result in time; if it runs it goes on")
    if kind is Local.LOST:
        return ConnectionLost(f"{function}: {shown(fields[0])}")
    return None
