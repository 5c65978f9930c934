"""The results of jobs on standard output: whole, told apart, in order if wanted."""

from __future__ import annotations

from gearcli.cli.output import on_terminal, write
from gearcli.client.tasks import Task


class OneResult:
    """The result of the only job: its bytes leave unchanged, as they come."""

    def __init__(self) -> None:
        self._last = b""

    def part(self, task: Task, data: bytes) -> None:
        """A part of the result."""
        if data:
            write(data)
            self._last = data[-1:]

    def end(self, task: Task, data: bytes) -> None:
        """The last part; on a terminal a missing line end is added."""
        self.part(task, data)
        if self._last not in (b"", b"\n") and on_terminal():
            write(b"\n")

    def nothing(self, task: Task) -> None:
        """There is no result."""


class Results:
    """The results of a batch: each leaves when it is complete, ended by `delimiter`.

    With `in_order` it waits for those of earlier jobs.
    """

    def __init__(self, delimiter: bytes, *, in_order: bool) -> None:
        self._delimiter = delimiter
        self._in_order = in_order
        self._parts: dict[Task, list[bytes]] = {}
        self._complete: dict[int, bytes] = {}
        self._next = 1

    def part(self, task: Task, data: bytes) -> None:
        """A part of a result."""
        self._parts.setdefault(task, []).append(data)

    def end(self, task: Task, data: bytes) -> None:
        """The last part of a result."""
        result = b"".join([*self._parts.pop(task, []), data])
        if not result.endswith(self._delimiter):
            result += self._delimiter
        self._leave(task, result)

    def nothing(self, task: Task) -> None:
        """A job ended without a result; the parts that came are not one."""
        self._parts.pop(task, None)
        self._leave(task, b"")

    def _leave(self, task: Task, result: bytes) -> None:
        if not self._in_order:
            write(result)
            return
        self._complete[task.number] = result
        ready = []
        while (result_in_turn := self._complete.pop(self._next, None)) is not None:
            ready.append(result_in_turn)
            self._next += 1
        write(b"".join(ready))
