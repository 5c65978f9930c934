"""One try at a job: what its command says becomes a result, and its end an outcome."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import NamedTuple

from gearcli.errors import reason_of
from gearcli.worker.plan import TIMED_OUT, Recipe
from gearcli.worker.report import Reports
from gearcli.worker.worker import Job

TAIL = 2000
"""Bytes of standard error that are kept for the submitter."""
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""The statuses by which a shell says that a command cannot be executed, or is not there."""
_SIGNALLED = 128  # a shell adds it to the number of the signal that ended a command


class Outcome(NamedTuple):
    """How an attempt ended: its output, the end of what was said on standard error, why it failed.

    `failure` is in words, and empty for success; `status` is as a shell has it.
    """

    output: bytes
    stderr: bytes
    failure: str
    status: int


class Attempt:
    """What a command has said of one job so far.

    `number` counts from 1, `note` takes what the command wants to have logged.
    """

    def __init__(self, job: Job, recipe: Recipe, number: int, note: Callable[[str], None]) -> None:
        self.job = job
        self.number = number
        self.reports = Reports(job, note)
        self.timed_out = False
        self.gone_too_far = False
        """Whether it is to be ended because of its output."""
        self._recipe = recipe
        self._streamed = False
        self._output: list[bytes] = []
        self._size = 0
        self._tail = b""

    @property
    def has_answered(self) -> bool:
        """Whether the submitter may have a part of the result, which another try would repeat."""
        return self._streamed or self.reports.gave_data

    def take_output(self, data: bytes) -> None:
        """The command has written to its standard output."""
        self._size += len(data)
        if self._size > self._recipe.max_output:
            self.gone_too_far = True
            self._output.clear()
        elif self._recipe.lines is not None:
            self._take_lines(data)
        elif self._recipe.stream and data:
            self._send(data)
        else:
            self._output.append(data)

    def _take_lines(self, data: bytes) -> None:
        """Send the lines that are whole; what follows the last one waits for its end, or is the result."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._output, lines[0]])
            self._output.clear()
        for line in lines:
            self._send(line if self._recipe.lines == "strip" else line + b"\n")
        self._output.append(rest)

    def _send(self, data: bytes) -> None:
        self.job.data(data)
        self._streamed = True

    def take_record(self, data: bytes, delimiter: bytes) -> bytes | None:
        """The command that stays has written: what comes after the end of its record, None before that."""
        record, found, rest = data.partition(delimiter)
        self.take_output(record)
        return rest if found else None

    def take_errors(self, data: bytes) -> None:
        """The command has written to its standard error."""
        self._tail = (self._tail + data)[-TAIL:]

    def succeeded(self) -> Outcome:
        """The outcome when the result is whole."""
        return self._outcome("", 0)

    def ended(self, wait_status: int) -> Outcome:
        """The outcome when the process has ended."""
        code = os.waitstatus_to_exitcode(wait_status)
        if self.timed_out:
            return self._outcome(f"timed out after {self._recipe.timeout:g} s", TIMED_OUT)
        if self.gone_too_far:
            return self._outcome(
                f"wrote more than {self._recipe.max_output} bytes", _SIGNALLED + signal.SIGKILL
            )
        return self._outcome(failure_of(code), code if code >= 0 else _SIGNALLED - code)

    def left_alone(self, wait_status: int) -> Outcome:
        """The outcome when a command that was to stay has ended before its record did."""
        outcome = self.ended(wait_status)
        failure = outcome.failure or "ended without an answer"
        return outcome._replace(failure=failure, status=outcome.status or 1)

    def _outcome(self, failure: str, status: int) -> Outcome:
        return Outcome(b"".join(self._output), self._tail, failure, status)


def not_started(error: OSError) -> Outcome:
    """The outcome of a command that could not even be started."""
    status = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
    return Outcome(b"", b"", f"cannot be executed: {reason_of(error)}", status)


def failure_of(code: int) -> str:
    """Why a command failed, by its exit status or (negative) the signal that ended it."""
    if code == 0:
        return ""
    if code > 0:
        return f"exited with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "a signal"
    return f"was killed by {name} (signal {-code})"
