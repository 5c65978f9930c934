"""What happened to submitted jobs, said to the right place, and the exit status they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.cli.output import message
from gearcli.cli.results import Results
from gearcli.client.dispatch import ServerLost
from gearcli.client.tasks import Event, Local, Task, server_error
from gearcli.escape import shown, shown_lines
from gearcli.protocol.packets import PacketType


class Outcomes:
    """Takes the events of jobs: results to where they belong, everything else to standard error.

    `batch` says that jobs have to be told apart in messages; `timeout` is the
    time limit to name; `ended` is called with whether a job went well; `hide`
    makes room for a message on a terminal.
    """

    def __init__(
        self,
        results: Results,
        *,
        batch: bool,
        timeout: float | None = None,
        verbose: bool = False,
        warnings: bool = True,
        ended: Callable[[bool], None] = lambda good: None,
        hide: Callable[[], None] = lambda: None,
    ) -> None:
        self._results = results
        self._batch = batch
        self._timeout = timeout
        self._verbose = verbose
        self._warnings = warnings
        self._ended = ended
        self._hide = hide
        self._statuses: set[ExitStatus] = set()

    @property
    def status(self) -> ExitStatus:
        """The exit status for all jobs so far."""
        return worst(self._statuses)

    def take(self, event: Event) -> None:
        """Say what happened."""
        task, kind, fields = event
        if kind is PacketType.WORK_COMPLETE:
            self._results.end(task, fields[0])
            self._ended(True)
        elif kind is PacketType.WORK_DATA:
            self._results.part(task, fields[0])
        elif kind is PacketType.WORK_WARNING:
            self._warn(task, fields[0])
        elif kind is PacketType.JOB_CREATED:
            self._created(task)
        elif task.ended:
            self._failed(event)

    def server_lost(self, lost: ServerLost) -> None:
        """A server went away; what it had not answered is submitted again."""
        for task in lost.tasks:
            self._results.drop(task)
        which = self._records(lost.tasks)
        self._say(f"{lost.reason}; {which} submitted again, and may run twice")

    def cut_short(self) -> None:
        """It is over before all jobs are: what is done leaves, though earlier jobs are not."""
        self._results.release()

    def unanswered(self, tasks: Sequence[Task]) -> None:
        """It is over for these jobs, and nobody knows how they end."""
        if self._batch and tasks:
            self._say(f"{self._records(tasks)} without an answer, and may have been done")

    def _records(self, tasks: Sequence[Task]) -> str:
        """Jobs by their numbers, as the subject of a sentence."""
        if not self._batch:
            return "the job is"
        verb = "record {} is" if len(tasks) == 1 else f"{len(tasks)} records ({{}}) are"
        return verb.format(ranges(sorted(task.number for task in tasks)))

    def _created(self, task: Task) -> None:
        if task.background:
            self._results.end(task, b"")
            self._ended(True)
        elif self._verbose:
            self._say(f"{self._which(task)} is job {shown(task.handle)}")

    def _warn(self, task: Task, warning: bytes) -> None:
        if self._warnings:
            for line in shown_lines(warning):
                self._say(f"{self._which(task)}: {line}")

    def _failed(self, event: Event) -> None:
        """A job failed, for good or to be tried again."""
        task, kind, fields = event
        status, (first, *more) = self._reason(task, kind, fields)
        if event.ends:
            for line in (first, *more):
                self._say(f"{self._which(task)}{line}")
            self._statuses.add(status)
            self._results.nothing(task, status)
            self._ended(False)
        else:
            self._say(f"{self._which(task)}{first}; trying again, attempt {task.attempt + 1}")
            self._results.drop(task)

    def _reason(
        self, task: Task, kind: PacketType | Local, fields: list[bytes]
    ) -> tuple[ExitStatus, list[str]]:
        """The exit status of a failure, and what to say of it after the job's name."""
        if kind is PacketType.WORK_FAIL:
            return ExitStatus.FAILED, [" failed"]
        if kind is PacketType.WORK_EXCEPTION:
            first, *more = shown_lines(fields[0])
            return ExitStatus.FAILED, [f" failed: {first}", *(f" {line}" for line in more)]
        if kind is PacketType.ERROR:
            error = server_error(*fields)
            return exit_status(error), [f": {error}"]
        if kind is Local.LOST:
            return ExitStatus.UNREACHABLE, [
                f": given up after {task.losses} lost servers: {shown(fields[0])}"
            ]
        return ExitStatus.TIMEOUT, [
            f": no result within {self._timeout:g} s; "
            "if it still waits for a worker it is dropped, if it runs it goes on"
        ]

    def _say(self, text: str) -> None:
        self._hide()
        message(text)

    def _which(self, task: Task) -> str:
        """How a message names a job."""
        function = shown(task.function)
        return f"{function} (record {task.number})" if self._batch else function


def ranges(numbers: Sequence[int]) -> str:
    """Sorted numbers in short: ``3, 5-9``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("-".join(map(str, part)) for part in parts)
