"""What happened to submitted jobs, said to the right place, and the exit status they add up to."""

from __future__ import annotations

from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.cli.output import message, write_text
from gearcli.cli.results import OneResult, Results
from gearcli.client.tasks import Event, Task, server_error
from gearcli.escape import shown, shown_lines
from gearcli.protocol.packets import PacketType


class Outcomes:
    """Takes the events of jobs: results to standard output, everything else to standard error.

    `batch` says that jobs have to be told apart in messages; `timeout` is the
    time limit to name.
    """

    def __init__(
        self,
        results: OneResult | Results,
        *,
        batch: bool,
        timeout: float | None = None,
        verbose: bool = False,
        warnings: bool = True,
    ) -> None:
        self._results = results
        self._batch = batch
        self._timeout = timeout
        self._verbose = verbose
        self._warnings = warnings
        self._statuses: set[ExitStatus] = set()

    @property
    def status(self) -> ExitStatus:
        """The exit status for all jobs so far."""
        return worst(self._statuses)

    def take(self, event: Event) -> None:
        """Say what happened."""
        task, type_, fields = event
        if type_ is PacketType.WORK_COMPLETE:
            self._results.end(task, fields[0])
        elif type_ is PacketType.WORK_DATA:
            self._results.part(task, fields[0])
        elif type_ is PacketType.WORK_WARNING:
            self._warn(task, fields[0])
        elif type_ is PacketType.JOB_CREATED:
            self._created(task)
        elif event.ends:
            self._failed(task, type_, fields)

    def _created(self, task: Task) -> None:
        if task.background:
            write_text(f"{shown(task.handle)}\n")
        elif self._verbose:
            message(f"{self._which(task)} is job {shown(task.handle)}")

    def _warn(self, task: Task, warning: bytes) -> None:
        if self._warnings:
            for line in shown_lines(warning):
                message(f"{self._which(task)}: {line}")

    def _failed(self, task: Task, type_: PacketType, fields: list[bytes]) -> None:
        self._results.nothing(task)
        status = ExitStatus.FAILED
        if type_ is PacketType.WORK_FAIL:
            message(f"{self._which(task)} failed")
        elif type_ is PacketType.WORK_EXCEPTION:
            first, *more = shown_lines(fields[0])
            for line in (f"failed: {first}", *more):
                message(f"{self._which(task)} {line}")
        elif type_ is PacketType.ERROR:
            error = server_error(*fields)
            status = exit_status(error)
            message(f"{self._which(task)}: {error}")
        else:
            status = ExitStatus.TIMEOUT
            message(
                f"{self._which(task)}: no result within {self._timeout:g} s; "
                "if it still waits for a worker it is dropped, if it runs it goes on"
            )
        self._statuses.add(status)

    def _which(self, task: Task) -> str:
        """How a message names a job."""
        function = shown(task.function)
        return f"{function} (record {task.number})" if self._batch else function
