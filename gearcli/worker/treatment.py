"""What becomes of a job: it is tried, maybe tried again, and its end is reported."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial

from gearcli.timers import Timers
from gearcli.worker.attempt import Attempt, Outcome
from gearcli.worker.children import Children, name_of
from gearcli.worker.fleet import Fleet
from gearcli.worker.notes import ALWAYS, DETAIL, OFTEN, Observer, Say
from gearcli.worker.starter import Starter
from gearcli.worker.worker import Job, Slot

_REQUEUED = 1.0
"""Seconds after which a connection is made again that was given up to have its job offered again."""


class Treatment:
    """Has the jobs of some slots done as a recipe says.

    `over` is called with the slot when its job has ended, and how: done,
    failed, exception, requeued or lost.
    """

    def __init__(
        self,
        starter: Starter,
        *,
        children: Children,
        fleet: Fleet,
        timers: Timers,
        say: Say,
        observer: Observer,
        over: Callable[[Slot, str], None],
    ) -> None:
        self._starter = starter
        self._recipe = starter.recipe
        self._children = children
        self._fleet = fleet
        self._timers = timers
        self._say = say
        self._observer = observer
        self._tell_over = over

    def begin(self, slot: Slot, job: Job) -> None:
        """Do a job that a slot has."""
        if self._say.level >= DETAIL:
            self._say(DETAIL, f"{name_of(job)} begins", "begin", **_facts(job))
        self._try(slot, job, 1)

    def _try(self, slot: Slot, job: Job, number: int) -> None:
        self._children.start(self._starter, slot, job, number, self._ended)

    def _ended(self, slot: Slot, attempt: Attempt, outcome: Outcome, seconds: float) -> None:
        """An attempt has ended: report the job's end, or try once more."""
        job = attempt.job
        if attempt.timed_out:
            self._observer.timed_out(job.function)
        if job.session not in slot.sessions:
            self._lose(slot, job, seconds)
        elif not outcome.failure:
            self._complete(slot, job, outcome, seconds)
        elif self._may_be_tried_again(attempt, outcome):
            self._try_again(slot, attempt, outcome)
        else:
            self._fail(slot, job, outcome, seconds)

    # -- trying again --------------------------------------------------------------------

    def _may_be_tried_again(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Whether it may, and whoever submitted the job will not notice."""
        if attempt.number > self._recipe.retries or attempt.has_answered:
            return False
        return not self._recipe.retry_exit or outcome.status in self._recipe.retry_exit

    def _try_again(self, slot: Slot, attempt: Attempt, outcome: Outcome) -> None:
        job, reason = attempt.job, self._reason(outcome)
        self._observer.retried(job.function)
        words = f"{name_of(job)}: {reason}; attempt {attempt.number} of {self._recipe.retries + 1}"
        self._say(OFTEN, words, "retry", attempt=attempt.number, reason=reason, **_facts(job))
        due = time.monotonic() + self._recipe.retry_delay
        self._timers.add(due, partial(self._next_attempt, slot, job, attempt.number + 1))

    def _next_attempt(self, slot: Slot, job: Job, number: int) -> None:
        if job.session in slot.sessions:
            self._try(slot, job, number)
        else:
            self._lose(slot, job, 0.0)

    def _reason(self, outcome: Outcome) -> str:
        return f"{os.path.basename(self._recipe.argv[0])} {outcome.failure}"

    # -- the end -------------------------------------------------------------------------

    def _complete(self, slot: Slot, job: Job, outcome: Outcome, seconds: float) -> None:
        self._warn(job, outcome)
        job.complete(outcome.output)
        if self._say.level >= OFTEN:
            words = f"{name_of(job)} done in {seconds:.2f} s"
            self._say(OFTEN, words, "done", seconds=_precise(seconds), **_facts(job))
        self._over(slot, job, "done", seconds)

    def _fail(self, slot: Slot, job: Job, outcome: Outcome, seconds: float) -> None:
        reason = self._reason(outcome)
        if self._recipe.partial and outcome.output:
            job.data(outcome.output)
        self._warn(job, outcome)
        result = self._report_failure(slot, job, reason)
        said = "was given back" if result == "requeued" else "failed"
        words = f"{name_of(job)} {said} after {seconds:.2f} s: {reason}"
        self._say(ALWAYS, words, result, seconds=_precise(seconds), reason=reason, **_facts(job))
        self._over(slot, job, result, seconds)

    def _report_failure(self, slot: Slot, job: Job, reason: str) -> str:
        """Tell the server that a job has failed; what it is called."""
        words = reason.encode("utf-8", "surrogateescape")
        if self._recipe.on_failure == "requeue":
            self._fleet.leave(slot, job.session, _REQUEUED)
            return "requeued"
        if self._recipe.on_failure == "exception":
            job.throw(words)
            job.fail()
            return "exception"
        job.warn(words)
        job.fail()
        return "failed"

    def _lose(self, slot: Slot, job: Job, seconds: float) -> None:
        words = f"{name_of(job)}: the server is gone, so the job is offered again"
        self._say(ALWAYS, words, "lost", seconds=_precise(seconds), **_facts(job))
        self._over(slot, job, "lost", seconds)

    def _warn(self, job: Job, outcome: Outcome) -> None:
        """Send the end of what the command said on standard error."""
        if outcome.stderr and self._recipe.stderr != "local":
            job.warn(outcome.stderr)

    def _over(self, slot: Slot, job: Job, result: str, seconds: float) -> None:
        self._observer.ended(job.function, result, seconds)
        self._tell_over(slot, result)


def _facts(job: Job) -> dict[str, object]:
    """What a log says of a job."""
    return {
        "function": os.fsdecode(job.function),
        "handle": os.fsdecode(job.handle),
        "unique": os.fsdecode(job.unique),
        "server": str(job.session.address),
    }


def _precise(seconds: float) -> float:
    return round(seconds, 6)
