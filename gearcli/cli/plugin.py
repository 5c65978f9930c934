"""What a monitoring plugin says of queues: state, words and figures, as mod_gearman's check_gearman.  No I/O.

Words, order of the rules, defaults and performance data: check_gearman of
mod_gearman (``tools/check_gearman.c``), so that its commands, graphs and
filters go on working.  Where several rules hold the worst state counts;
check_gearman takes that of the last queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from gearcli.client.documents import FunctionState
from gearcli.client.functions import Row
from gearcli.escape import shown
from gearcli.units import counted

NAME = "check_gearman"
"""What each line begins with."""
_SHOWN = 10
"""Queues that a line tells of; what reads it may take 4 KiB."""


class State(IntEnum):
    """The exit statuses of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


_SEVERITY = (State.OK, State.UNKNOWN, State.WARNING, State.CRITICAL)


class Levels(NamedTuple):
    """From which number on a state is reported; 0 is never."""

    warning: int = 0
    critical: int = 0


class Thresholds(NamedTuple):
    """From which numbers on a queue is reported; those of jobs and workers that are 0 are not looked at."""

    jobs_warning: int = 10
    jobs_critical: int = 100
    workers_warning: int = 25
    workers_critical: int = 50
    no_worker: bool = False
    """Whether a queue without a worker is critical also without a job."""
    min_workers: int = 0
    """With how many workers a queue is well; fewer are critical."""
    max_age: float | None = None
    """Seconds that the oldest waiting job may have waited; more are critical."""
    dead: Levels | None = None
    """For dead jobs."""


class Verdict(NamedTuple):
    """A state and the words for it."""

    state: State
    text: str


def worst(states: Iterable[State]) -> State:
    """The state that counts; all is well without one."""
    return max(states, key=_SEVERITY.index, default=State.OK)


def line(state: State, text: str, figures: Sequence[str] = ()) -> str:
    """The one line of a plugin."""
    data = "|" + " ".join(figures) if figures else ""
    return f"{NAME} {state.name} - {text}{data}\n"


# -- queues --------------------------------------------------------------------------------


def waiting(queue: FunctionState) -> int:
    """Jobs that could run if somebody took them: those that are not due yet are no reason to worry."""
    return queue.queued - (queue.delayed or 0)


def judged(rows: Iterable[Row], limits: Thresholds) -> list[Verdict]:
    """What is not well, the worst first."""
    verdicts = [verdict for row in rows if (verdict := _judged(row, limits)) is not None]
    return sorted(verdicts, key=lambda verdict: -_SEVERITY.index(verdict.state))


def summary(rows: Sequence[Row], verdicts: Sequence[Verdict], versions: Iterable[str]) -> Verdict:
    """The state of all queues in one."""
    if verdicts:
        left = len(verdicts) - _SHOWN
        texts = [verdict.text for verdict in verdicts[:_SHOWN]]
        more = [f"{left} more queues."] if left > 0 else []
        return Verdict(worst(verdict.state for verdict in verdicts), " ".join([*texts, *more]))
    running, jobs = sum(row.state.running for row in rows), sum(waiting(row.state) for row in rows)
    text = f"{_jobs(running)} running and {_jobs(jobs)} waiting. Version: {quoted(', '.join(versions))}"
    return Verdict(State.OK, text)


def _judged(row: Row, limits: Thresholds) -> Verdict | None:
    """The first rule that a queue breaks, in check_gearman's order; ours follow those that are critical."""
    queue, jobs, name = row.state, waiting(row.state), _name(row)
    critical, warning = State.CRITICAL, State.WARNING
    dead, limit = queue.dead or 0, limits.dead or Levels()
    rules = (
        (jobs > 0 and queue.workers == 0, critical, f"{_jobs(jobs)} without any worker"),
        (0 < limits.jobs_critical <= jobs, critical, _waiting(jobs)),
        (0 < limits.workers_critical <= queue.workers, critical, f"{queue.workers} worker"),
        (limits.no_worker and queue.workers == 0, critical, "no worker"),
        (queue.workers < limits.min_workers, critical, f"{queue.workers} of {limits.min_workers} worker"),
        (_too_old(queue, limits), critical, f"a job that has waited {queue.oldest or 0:.0f}s"),
        (0 < limit.critical <= dead, critical, counted(dead, "dead job")),
        (0 < limits.jobs_warning <= jobs, warning, _waiting(jobs)),
        (0 < limits.workers_warning <= queue.workers, warning, f"{queue.workers} worker"),
        (0 < limit.warning <= dead, warning, counted(dead, "dead job")),
    )
    return next(
        (Verdict(state, f"Queue {name} has {text}.") for broken, state, text in rules if broken), None
    )


def _too_old(queue: FunctionState, limits: Thresholds) -> bool:
    return limits.max_age is not None and queue.oldest is not None and queue.oldest > limits.max_age


def tells_ages(queue: FunctionState) -> bool:
    """Whether a queue is of a server that tells how long jobs wait: only a gear server pauses functions."""
    return queue.paused is not None


def tells_dead(queue: FunctionState) -> bool:
    """Whether a queue is of a server that keeps dead jobs and counts them."""
    return queue.dead is not None


def missing(queues: Iterable[bytes], limits: Thresholds) -> list[Verdict]:
    """What is said of queues that no server knows; they have no workers either."""
    state = State.CRITICAL if limits.min_workers else State.WARNING
    return [Verdict(state, f"Queue {quoted(shown(queue))} not found") for queue in queues]


def _name(row: Row) -> str:
    name = quoted(shown(row.state.function))
    return name if row.server is None else f"{name} of {row.server}"


def _jobs(count: int) -> str:
    return counted(count, "job")


def _waiting(count: int) -> str:
    return f"{count} waiting job" if count == 1 else f"{count} waiting jobs"


# -- figures ---------------------------------------------------------------------------------


def figures(rows: Iterable[Row], limits: Thresholds) -> Iterator[str]:
    """The performance data of queues, as check_gearman writes it, and of ours what is looked at."""
    for row in rows:
        queue, label = row.state, _label(row)
        jobs = f"{limits.jobs_warning};{limits.jobs_critical};0"
        workers = f"{limits.workers_warning};{limits.workers_critical};0"
        yield f"'{label}_waiting'={waiting(queue)};{jobs}"
        yield f"'{label}_running'={queue.running}"
        yield f"'{label}_worker'={queue.workers};{workers}"
        if limits.max_age is not None and tells_ages(queue):
            yield f"'{label}_oldest'={queue.oldest or 0:.3f}s;;{limits.max_age:g};0"
        if limits.dead is not None and tells_dead(queue):
            yield f"'{label}_dead'={queue.dead};{limits.dead.warning};{limits.dead.critical};0"


def _label(row: Row) -> str:
    """What stands before a figure: without what ends a label."""
    name = shown(row.state.function).replace("=", "\\x3d").replace("|", "\\x7c").replace("'", "''")
    return name if row.server is None else f"{row.server} {name}"


def quoted(text: str) -> str:
    """A text in which no performance data begins."""
    return text.replace("|", "\\x7c")


# -- the answer of a worker --------------------------------------------------------------------


def response(sent: str, result: bytes, expected: str | None) -> tuple[State, str]:
    """The state and the line for what a worker has answered to a test job.

    Without something `expected` a worker may set the state itself, as
    mod_gearman's do: ``N:text``; it may add performance data.
    """
    said = shown(result.decode("utf-8", "backslashreplace").rstrip())
    if expected is not None:
        asked, got = quoted(shown(sent)), quoted(said)
        if expected in result.decode("utf-8", "backslashreplace"):
            return State.OK, line(State.OK, f"send worker '{asked}' response: '{got}'")
        text = f"send worker: '{asked}' response: '{got}', expected '{quoted(shown(expected))}'"
        return State.CRITICAL, line(State.CRITICAL, text)
    if said[:1].isdigit() and said[:1].isascii() and said[1:2] == ":":
        return State(min(int(said[0]), State.UNKNOWN)), said[2:] + "\n"
    return State.OK, line(State.OK, said)
