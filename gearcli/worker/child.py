"""A command that runs, and what it is heard to say: output, errors, progress, its end.

Most live for one attempt at one job.  One that stays (`Recipe.persistent`)
answers a record with a record, job after job.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from gearcli.timers import Timer, Timers
from gearcli.worker.attempt import Attempt, Outcome
from gearcli.worker.command import ERRORS, INPUT, OUTPUT, STATUS
from gearcli.worker.notes import OFTEN, Say
from gearcli.worker.plan import Recipe
from gearcli.worker.starter import Started
from gearcli.worker.worker import Job, Slot

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE

Ended: TypeAlias = Callable[[Slot, Attempt, Outcome, float], None]
"""Takes a slot, its attempt, how that ended and the seconds it took."""
Errors: TypeAlias = Callable[[Job | None, bytes], None]
"""Takes what a command says on standard error, and the job that it works on, if any."""


def pass_on(job: Job | None, said: bytes) -> None:
    """Say it on our standard error, as it is."""
    with contextlib.suppress(OSError):
        os.write(2, said)


class Ears(NamedTuple):
    """What commands are heard with, and who is told; `said` when a slot has something to send."""

    selector: selectors.BaseSelector
    timers: Timers
    say: Say
    said: Callable[[Slot], None]
    errors: Errors


class Child:
    """A command that has been started for a slot."""

    def __init__(self, recipe: Recipe, started: Started, slot: Slot, ears: Ears) -> None:
        self.command = started.command
        self.slot = slot
        self.place: int | None = None
        """Where the guardian has noted it."""
        self.useless = False
        """Whether it must not be given another job."""
        self._recipe = recipe
        self._started = started
        self._ears = ears
        self._attempt: Attempt | None = None
        self._tell_ended: Ended | None = None
        self._began = 0.0
        self._timer: Timer | None = None
        self._ticks = False
        self._waited: dict[int, int] = {}
        """What is waited for: our descriptors by the command's numbers."""

    def work_on(self, attempt: Attempt, ended: Ended) -> None:
        """What is said from now on is about a job."""
        self._attempt, self._tell_ended, self._began = attempt, ended, time.monotonic()
        if self._recipe.timeout is not None:
            due = self._began + self._recipe.timeout
            self._timer = self._ears.timers.add(due, partial(self._overdue, attempt))

    def listen(self) -> None:
        """Wait for what can happen."""
        for number in self.command.pipes:
            if number != INPUT or self.command.hungry:
                self._wait_for(number)

    def hold(self, held: bool) -> None:
        """Whether to stop listening, because what it says cannot be sent on."""
        if self._attempt is not None:
            for number in (OUTPUT, STATUS):
                (self._leave if held else self._wait_for)(number)

    def dismiss(self) -> None:
        """Let a command that stays end: it gets no more input, and not much time."""
        self.useless = True
        self.command.end_input()
        self._leave_ended()
        self._timer = self._ears.timers.add(time.monotonic() + self._recipe.kill_after, self.command.kill)

    def discard(self, why: str) -> None:
        """End a command that stays, because its next answer could be that to another question."""
        self.useless = True
        words = f"{self._recipe.argv[0]} {why}; it is started anew"
        self._ears.say(OFTEN, words, "restart", command=self._recipe.argv[0])
        self.command.kill()

    def over(self, wait_status: int) -> None:
        """It has ended."""
        attempt, delimiter = self._attempt, self._recipe.persistent
        answered = attempt is not None and self._take_rest(attempt)
        self.forget()
        if attempt is None:
            return
        if delimiter is None:
            self._finish(attempt, attempt.ended(wait_status))
        elif answered:
            self._finish(attempt, attempt.succeeded())
        else:
            self._finish(attempt, attempt.left_alone(wait_status))

    def forget(self) -> None:
        """It is no more: nothing is waited for, nothing is left of it."""
        self.useless = True
        for number in list(self._waited):
            self._leave(number)
        self._started.command.close()
        self._started.clean()
        self._stop_timer()

    # -- waiting ---------------------------------------------------------------------------
    # Of the events of one turn, an earlier one may have ended what a later one is about.

    def _wait_for(self, number: int) -> None:
        if number in self._waited or number not in self.command.pipes:
            return
        self._waited[number] = descriptor = self.command.pipes[number]
        if number == INPUT:
            self._ears.selector.register(descriptor, _WRITE, self._feed)
        else:
            self._ears.selector.register(descriptor, _READ, partial(self._hear, number))

    def _leave(self, number: int) -> None:
        descriptor = self._waited.pop(number, None)
        if descriptor is not None:
            self._ears.selector.unregister(descriptor)

    def _leave_ended(self) -> None:
        """Wait no longer for what is over, and close it."""
        for number in [number for number in self._waited if number not in self.command.pipes]:
            self._leave(number)
        self.command.close_spent()

    def _feed(self, mask: int) -> None:
        self.command.write()
        if not self.command.hungry:
            self._leave(INPUT)
            self.command.close_spent()

    def _hear(self, number: int, mask: int) -> None:
        """It has written on one of its descriptors, or closed it."""
        if number not in self._waited:
            return
        self._take(number, self.command.read(number))
        if number not in self.command.pipes:
            self._leave_ended()
            if number == OUTPUT and self._recipe.persistent is not None and not self.useless:
                self.discard("has closed its output")

    # -- what it says ------------------------------------------------------------------------

    def _take(self, number: int, data: bytes) -> None:
        attempt, delimiter = self._attempt, self._recipe.persistent
        if number == ERRORS:
            self._take_errors(attempt, data)
        elif attempt is None:
            if data and number == OUTPUT and not self.useless:
                self.discard("wrote what nobody asked for")
        elif number == STATUS:
            self._take_report(attempt, data)
        elif delimiter is None:
            self._take_output(attempt, data)
        else:
            self._take_record(attempt, data, delimiter)

    def _take_output(self, attempt: Attempt, data: bytes) -> None:
        attempt.take_output(data)
        if attempt.gone_too_far:
            self.command.kill()
        elif self._recipe.stream:
            self._ears.said(self.slot)

    def _take_record(self, attempt: Attempt, data: bytes, delimiter: bytes) -> None:
        rest = attempt.take_record(data, delimiter)
        if attempt.gone_too_far:
            self.command.kill()
        elif rest is not None:
            # What it said before its answer may not have been read yet.
            attempt.reports.take(self.command.read(STATUS), time.monotonic())
            self._take_errors(attempt, self.command.read(ERRORS))
            self._leave_ended()
            if rest:
                self.discard("wrote more than its answer")
            self._finish(attempt, attempt.succeeded())

    def _take_report(self, attempt: Attempt, data: bytes) -> None:
        """It says how far it is."""
        reports = attempt.reports
        reports.take(data, time.monotonic())
        if reports.due is not None and not self._ticks:
            self._ticks = True
            self._ears.timers.add(reports.due, partial(self._tick, attempt))
        self._ears.said(self.slot)

    def _tick(self, attempt: Attempt) -> None:
        """Send progress that it was too early to send."""
        self._ticks = False
        if self._attempt is attempt:
            self._take_report(attempt, b"")

    def _take_errors(self, attempt: Attempt | None, said: bytes) -> None:
        if attempt is not None:
            attempt.take_errors(said)
        if said and self._recipe.stderr == "both":
            self._ears.errors(None if attempt is None else attempt.job, said)

    def _take_rest(self, attempt: Attempt) -> bool:
        """Take what is left in the pipes after its end; whether the record of one that stays is whole."""
        while said := self.command.read(STATUS):
            attempt.reports.take(said, time.monotonic())
        self._take_errors(attempt, self.command.read_rest(ERRORS))
        rest, delimiter = self.command.read_rest(OUTPUT), self._recipe.persistent
        if delimiter is not None:
            return attempt.take_record(rest, delimiter) is not None
        attempt.take_output(rest)
        return False

    # -- the end of an attempt -------------------------------------------------------------

    def _overdue(self, attempt: Attempt) -> None:
        """It has taken too long: TERM, and in the end KILL."""
        attempt.timed_out = True
        self.command.kill(signal.SIGTERM)
        self._timer = self._ears.timers.add(time.monotonic() + self._recipe.kill_after, self.command.kill)

    def _finish(self, attempt: Attempt, outcome: Outcome) -> None:
        assert self._tell_ended is not None
        attempt.reports.end()
        self._attempt = None
        self._stop_timer()
        self._tell_ended(self.slot, attempt, outcome, time.monotonic() - self._began)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._ears.timers.cancel(self._timer)
            self._timer = None
