"""`gear wait`: wait until background jobs are done."""

from __future__ import annotations

import time
from typing import Annotated

from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.cli.job import Jobs, Question
from gearcli.cli.options import ConnectTimeout, Context, Handles, Quiet, Servers, lasting, reach
from gearcli.cli.output import message
from gearcli.cli.result import say_failure
from gearcli.client.answers import unknown_job
from gearcli.client.client import JobStatus
from gearcli.errors import ConnectFailed, GearError, ServerGone, TimeLimit

SHORTEST, LONGEST = 0.05, 1.0
"""Seconds between two questions: first, and once it has grown."""


def wait(
    handle: Handles,
    timeout: Annotated[float | None, lasting("--timeout", help="How long to wait; the jobs go on.")] = None,
    server: Servers = None,
    context: Context = None,
    connect_timeout: ConnectTimeout = None,
    quiet: Quiet = False,
) -> int:
    """Wait until the server knows background jobs no longer; progress goes to standard error.

    Exit status 1: one of them failed, which only a server tells that keeps
    results (`gear serve --keep-results 1h`), or is dead, or the server never knew it; 69:
    the server is gone; 124: out of time.
    """
    with Jobs(reach(server, context, connect_timeout)) as jobs:
        waiting = _Waiting(jobs, handle, quiet=quiet)
        statuses = _waited(waiting, timeout)
    return worst(statuses | {ExitStatus.FAILED} if waiting.failed else statuses)


def _waited(waiting: _Waiting, timeout: float | None) -> set[ExitStatus]:
    """Wait for all jobs; how that ended, if not well."""
    try:
        _wait(waiting, timeout)
    except (ServerGone, TimeLimit) as error:
        message(str(error))
        return {exit_status(error)}
    except KeyboardInterrupt:
        message(f"{_go_on(len(waiting.left))}: {', '.join(waiting.left)}")
        raise
    return set()


def _wait(waiting: _Waiting, timeout: float | None) -> None:
    """Ask again and again.  Raises TimeLimit, and what asking raises."""
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = SHORTEST
    waiting.ask()
    while waiting.left:
        remaining = pause if deadline is None else deadline - time.monotonic()
        if remaining <= 0:
            words = f"not done within {timeout:g} s; {_go_on(len(waiting.left))}"
            raise TimeLimit(f"{', '.join(waiting.left)}: {words}")
        time.sleep(min(pause, remaining))
        pause = min(2 * pause, LONGEST)
        waiting.ask()


def _go_on(count: int) -> str:
    return "the job goes on" if count == 1 else "the jobs go on"


class _Waiting:
    """The jobs that are waited for; `left` holds what was heard last of those that are not done."""

    def __init__(self, jobs: Jobs, handles: list[str], *, quiet: bool) -> None:
        self.left: dict[str, JobStatus | None] = dict.fromkeys(handles)
        self.failed = False
        """Whether one has failed, or was never known."""
        self._jobs = jobs
        self._quiet = quiet

    def ask(self) -> None:
        """Ask for each job that is left, and say what is new."""
        for handle, before in list(self.left.items()):
            state = self._jobs.ask(Question("handle", handle)).state
            if state.known:
                self.left[handle] = state
                self._say_progress(handle, before, state)
                continue
            del self.left[handle]
            self._ended(handle, seen=before is not None)

    def _ended(self, handle: str, *, seen: bool) -> None:
        """A job is over, or never was: where results are kept it is known how it ended."""
        try:
            kept = self._jobs.result(handle)
        except ConnectFailed:
            raise
        except GearError:  # what has been seen and is gone is done, as far as anybody can tell
            if not seen:
                self.failed = True
                message(str(unknown_job(handle)))
        else:
            if kept.state in ("failed", "dead"):
                self.failed = True
                say_failure(handle, kept)

    def _say_progress(self, handle: str, before: JobStatus | None, state: JobStatus) -> None:
        progress = state.numerator, state.denominator
        old = (0, 0) if before is None else (before.numerator, before.denominator)
        if progress not in (old, (0, 0)) and not self._quiet:
            message(f"{handle}: {state.numerator}/{state.denominator}")
