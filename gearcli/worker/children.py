"""The commands that run: started for jobs, listened to, and taken in when they have ended."""

from __future__ import annotations

import contextlib
import os
import selectors
import time
from collections.abc import Callable, Mapping, Sequence
from shutil import which
from typing import NamedTuple

from gearcli.escape import shown
from gearcli.worker.command import Command, Outcome, close_on_execution, program_of
from gearcli.worker.guardian import Guardian
from gearcli.worker.report import DESCRIPTOR, Reports
from gearcli.worker.worker import Job, Slot

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class _Running(NamedTuple):
    slot: Slot
    job: Job
    command: Command
    started: float
    reports: Reports


class Children:
    """Runs one command for each job, and waits for all of them with a selector.

    `stderr` is as in the pool's settings.  `say` takes what happens, in words;
    `said` is called when a slot has something to send, `ended` with a slot,
    its job, the outcome and the seconds it took.  Raises CommandError if the
    command cannot be executed at all.
    """

    def __init__(
        self,
        argv: Sequence[str],
        selector: selectors.BaseSelector,
        *,
        stderr: str,
        say: Callable[[int, str], None],
        said: Callable[[Slot], None],
        ended: Callable[[Slot, Job, Outcome, float], None],
    ) -> None:
        self._program = program_of(argv)
        self._argv = argv
        self._selector = selector
        self._stderr = stderr
        self._say = say
        self._tell_said = said
        self._tell_ended = ended
        self._running: dict[int, _Running] = {}
        self._guardian: Guardian | None = None
        self._environment = dict(os.environ)

    def begin(self, slots: int) -> None:
        """Prepare for as many commands at a time, before there is anything that they could inherit."""
        close_on_execution()
        self._guardian = Guardian(slots)
        self._environment.update(self._guardian.mark)

    @property
    def count(self) -> int:
        """How many run."""
        return len(self._running)

    @property
    def due(self) -> float | None:
        """When `tick` is wanted, monotonic seconds; None if never."""
        times = [due for running in self._running.values() if (due := running.reports.due) is not None]
        return min(times, default=None)

    def tick(self, now: float) -> None:
        """Send progress that it was too early to send."""
        for running in self._running.values():
            if running.reports.due is not None and running.reports.due <= now:
                running.reports.tick(now)
                self._tell_said(running.slot)

    def kill(self, slot: Slot) -> None:
        """Kill the command of a slot."""
        for running in self._running.values():
            if running.slot is slot:
                running.command.kill()

    def end(self) -> None:
        """Leave nothing behind."""
        for running in self._running.values():
            running.command.kill()
        for running in self._running.values():
            _, status = os.waitpid(running.command.pid, 0)
            running.command.ended(status)
        self._running.clear()
        if self._guardian is not None:
            self._guardian.close()
            self._guardian = None

    def start(self, slot: Slot, job: Job) -> None:
        """Start the command for a job that a slot has."""
        try:
            command = self._command(job)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            self._tell_ended(slot, job, Outcome(b"", b"", f"cannot be executed: {reason}"), 0.0)
            return
        if self._guardian is not None:
            self._guardian.guard(slot.number, command.pid)
        name = name_of(job)
        reports = Reports(job, lambda words: self._say(1, f"{name}: {words}"))
        self._running[command.pid] = _Running(slot, job, command, time.monotonic(), reports)
        if command.stdin is not None:
            self._selector.register(command.stdin, _WRITE, lambda _, c=command: self._feed(c))
        for descriptor in (command.stdout, command.stderr):
            if descriptor is not None:
                self._selector.register(
                    descriptor, _READ, lambda _, c=command, d=descriptor: self._hear(c, d)
                )
        if command.status is not None:
            self._selector.register(command.status, _READ, lambda _, pid=command.pid: self._listen(pid))

    def _command(self, job: Job) -> Command:
        """Start the command for a job, also if its program has moved.  Raises OSError."""
        argv, environment = self._argv, {**self._environment, **_about(job)}
        captured = self._stderr != "local"
        try:
            return Command(self._program, argv, job.workload, environment, capture_stderr=captured)
        except FileNotFoundError:
            self._program = which(argv[0]) or self._program
            return Command(self._program, argv, job.workload, environment, capture_stderr=captured)

    # Of the events of one turn, an earlier one may have ended what a later one is about.

    def _feed(self, command: Command) -> None:
        descriptor = command.stdin
        if command.pid not in self._running:
            return
        command.write()
        if command.stdin is None and descriptor is not None:
            self._selector.unregister(descriptor)
            command.close_spent()

    def _hear(self, command: Command, descriptor: int) -> None:
        if command.pid not in self._running:
            return
        self._pass_on(command.read(descriptor))
        if descriptor not in (command.stdout, command.stderr):
            self._selector.unregister(descriptor)
            command.close_spent()

    def _listen(self, pid: int) -> None:
        """A command says how far it is."""
        running = self._running.get(pid)
        if running is None or running.command.status is None:
            return
        descriptor, said = running.command.status, running.command.read_status()
        running.reports.take(said, time.monotonic())
        if running.command.status is None:
            self._selector.unregister(descriptor)
            running.command.close_spent()
        self._tell_said(running.slot)

    def _pass_on(self, said: bytes) -> None:
        """What a command says on standard error, on ours."""
        if said and self._stderr == "both":
            with contextlib.suppress(OSError):
                os.write(2, said)

    def reap(self) -> None:
        """Take in the commands that have ended."""
        while self._running:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is None:
                return
            running = self._running.pop(ended.si_pid, None)
            if running is not None:
                # While the command is a zombie, the number of its group is still its own.
                running.command.kill()
            _, status = os.waitpid(ended.si_pid, 0)
            if running is not None:
                self._ended(running, status)

    def _ended(self, running: _Running, status: int) -> None:
        slot, job, command, started, reports = running
        if self._guardian is not None:
            self._guardian.release(slot.number)
        for descriptor in command.descriptors:
            self._selector.unregister(descriptor)
        while command.status is not None and (said := command.read_status()):
            reports.take(said, time.monotonic())
        reports.end()
        outcome, said = command.ended(status)
        self._pass_on(said)
        self._tell_ended(slot, job, outcome, time.monotonic() - started)


def name_of(job: Job) -> str:
    """How messages call a job."""
    return f"{shown(job.function)} {shown(job.handle)}"


def _about(job: Job) -> Mapping[str, str]:
    """What a command's environment says of its job."""
    return {
        "GEARMAN_HANDLE": os.fsdecode(job.handle),
        "GEARMAN_FUNCTION": os.fsdecode(job.function),
        "GEARMAN_UNIQUE": os.fsdecode(job.unique),
        "GEARMAN_SERVER": str(job.session.address),
        "GEARMAN_STATUS_FD": str(DESCRIPTOR),
    }
