"""`gearman -w`: a worker that runs a command for each job, or writes the workloads to its own output.

A server that is not there is tried again with growing pauses; the original
tries it thousands of times a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from gearcli.cli.dropin.saying import say
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import write
from gearcli.client.connection import places_of
from gearcli.client.pauses import Pauses
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address
from gearcli.worker.assigned import AssignedJob
from gearcli.worker.callables import Worker
from gearcli.worker.ending import Terms
from gearcli.worker.notes import ALWAYS
from gearcli.worker.plan import Plan, Recipe, Settings
from gearcli.worker.pool import Pool
from gearcli.worker.worker import FIRST_PAUSE, LONGEST_PAUSE

if TYPE_CHECKING:
    from gearcli.cli.dropin.gearman_options import Asked


class _Shift(NamedTuple):
    """How a time of work went: jobs that were done, and whether we were told to stop."""

    jobs: int
    told_to_stop: bool = False
    cut_short: int | None = None
    """The signal that ended it in the middle of a job."""


def work(asked: Asked, servers: Sequence[Address]) -> int:
    """Work until told to stop, or until `asked.jobs` jobs were done; the exit status.

    As in the original, a server that cannot be reached and a time of
    `timeout` without a job count as jobs.  Raises ConnectFailed for a host
    that does not exist, CommandError for a command that cannot be executed.
    """
    for address in servers:
        places_of(address)  # to wait for a host that does not exist would be to wait for ever
    shift = _commands if asked.words else _echoes
    absence, left = _Absence(), asked.jobs
    while True:
        went = absence.tried(partial(shift, asked, servers, left))
        if went.cut_short is not None:
            return 128 + went.cut_short
        left -= min(left, went.jobs + 1)  # what ended the shift was the last job, or counts as one
        if went.told_to_stop or (asked.jobs and not left):
            return ExitStatus.DONE if absence.reached else ExitStatus.UNREACHABLE
        absence.pause()


class _Absence:
    """Whether the servers are there; that they are not is said once, and they are tried again."""

    def __init__(self) -> None:
        self.reached = True
        self._pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)

    def tried(self, shift: Callable[[], _Shift]) -> _Shift:
        """Work a shift, if a server can be reached."""
        try:
            went = shift()
        except ConnectFailed as error:
            if self.reached:
                say("gearman", f"{error} It is tried again until it is there.")
            self.reached = False
            return _Shift(0)
        self.reached = True
        self._pauses.reset()
        return went

    def pause(self) -> None:
        """Wait before the next shift, unless a server is there."""
        if not self.reached:
            time.sleep(self._pauses.next())


def _terms(asked: Asked, left: int) -> Terms:
    """When a shift ends: a time limit ends one only where the number of jobs is limited too."""
    return Terms(jobs=left or None, max_idle=asked.timeout if asked.jobs else None)


# -- a command for each job ------------------------------------------------------------------


def _commands(asked: Asked, servers: Sequence[Address], left: int) -> _Shift:
    recipe = Recipe(
        argv=[os.fsdecode(word) for word in asked.words],
        stderr="local",
        stream=asked.lines,
        lines=("strip" if asked.strip else "keep") if asked.lines else None,
        partial=True,
        backoff=0.0,
    )
    settings = Settings((Plan("gearman", asked.functions, recipe),), servers, _terms(asked, left))
    count = _Count()
    pool = Pool(settings, _Words(), observer=count)
    cut_short = pool.run()
    return _Shift(count.jobs, pool.told_to_stop, cut_short)


class _Count:
    """Counts jobs that have ended."""

    def __init__(self) -> None:
        self.jobs = 0

    def ended(self, function: bytes, result: str, seconds: float) -> None:
        """A job has ended."""
        self.jobs += 1

    def retried(self, function: bytes) -> None:
        """It does not happen here."""

    def timed_out(self, function: bytes) -> None:
        """It does not happen here."""


class _Words:
    """Says what goes wrong."""

    level = ALWAYS

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Something happened."""
        if importance <= self.level and event != "stopping":
            say("gearman", words)


# -- workloads to our own output -----------------------------------------------------------------


def _echoes(asked: Asked, servers: Sequence[Address], left: int) -> _Shift:
    terms = _terms(asked, left)
    with Worker(list(servers)) as worker:
        for function in asked.functions:
            worker.register(function, _echo)
        return _Shift(worker.run(jobs=terms.jobs, idle=terms.max_idle))


def _echo(job: AssignedJob) -> None:
    """Write the workload; the result is empty, as in the original."""
    write(job.workload)
