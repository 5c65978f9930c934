"""The results of jobs: whole, told apart, in order if wanted, and where they go."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import missing_end, write
from gearcli.client.tasks import Task


class Ended(NamedTuple):
    """A job that has ended: its exit status, its result (empty if it has none).

    `seconds` is how long it took, `started` when it was submitted (seconds since 1970).
    """

    task: Task
    status: ExitStatus
    result: bytes
    seconds: float
    started: float


Sink = Callable[[Ended], None]
"""Where ended jobs go: standard output, a folder, a log."""


class Results:
    """Takes the results of jobs, part by part, and hands each on when it is complete.

    With `in_order` it waits for those of earlier jobs.
    """

    def __init__(self, sinks: Sequence[Sink], *, in_order: bool) -> None:
        self._sinks = sinks
        self._in_order = in_order
        self._parts: dict[Task, list[bytes]] = {}
        self._waiting: dict[int, Ended | None] = {}
        self._next = 1

    def part(self, task: Task, data: bytes) -> None:
        """A part of a result."""
        self._parts.setdefault(task, []).append(data)

    def drop(self, task: Task) -> None:
        """The parts of a result that came are not one: the job is tried again."""
        self._parts.pop(task, None)

    def end(self, task: Task, data: bytes) -> None:
        """The last part of a result."""
        result = b"".join([*parts, data]) if (parts := self._parts.pop(task, None)) else data
        self._leave(task.number, _ended(task, ExitStatus.DONE, result))

    def nothing(self, task: Task, status: ExitStatus) -> None:
        """A job ended without a result; the parts that came are not one."""
        self.drop(task)
        self._leave(task.number, _ended(task, status, b""))

    def release(self) -> None:
        """Hand on what waits for earlier jobs, which will not end any more."""
        self._in_order = False
        for number in sorted(self._waiting):
            self._hand_on(self._waiting[number])
        self._waiting.clear()

    def skip(self, number: int) -> None:
        """A record is no job."""
        self._leave(number, None)

    def _leave(self, number: int, ended: Ended | None) -> None:
        if not self._in_order:
            self._hand_on(ended)
            return
        self._waiting[number] = ended
        while self._next in self._waiting:
            self._hand_on(self._waiting.pop(self._next))
            self._next += 1

    def _hand_on(self, ended: Ended | None) -> None:
        if ended is not None:
            for sink in self._sinks:
                sink(ended)


def _ended(task: Task, status: ExitStatus, result: bytes) -> Ended:
    seconds = time.monotonic() - task.submitted
    return Ended(task, status, result, seconds, time.time() - seconds)


class OneResult(Results):
    """The result of the only job: its bytes leave unchanged, as they come."""

    def __init__(self, hide: Callable[[], None]) -> None:
        super().__init__([self._finish], in_order=False)
        self._hide = hide
        self._last = b""

    def part(self, task: Task, data: bytes) -> None:
        """A part of the result."""
        if data:
            self._hide()
            write(data)
            self._last = data[-1:]

    def _finish(self, ended: Ended) -> None:
        """The last part; on a terminal a missing line end is added."""
        self.part(ended.task, ended.result)
        write(missing_end(self._last))
