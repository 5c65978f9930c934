"""`gear check`: a monitoring plugin for Nagios, Icinga, Naemon and the like; a drop-in for check_gearman."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from gearcli.cli import check_options as options
from gearcli.cli import plugin
from gearcli.cli.exits import ExitStatus, exit_status
from gearcli.cli.options import ConnectTimeout, Context, Reach, Servers, reach
from gearcli.cli.output import write_text
from gearcli.cli.plugin import State, Thresholds, Verdict
from gearcli.client.client import Client
from gearcli.client.documents import FunctionState
from gearcli.client.functions import Row, rows_of
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.client.survey import Answer, Survey
from gearcli.errors import GearError, NoAnswer, ServerError, ServerGone, TimeLimit, UsageError
from gearcli.escape import shown

T = TypeVar("T")

_UNIQUE = "check"
"""check_gearman's: identical checks at the same time are one job."""
_USUAL = Thresholds()


class _Test(NamedTuple):
    """A job whose answer tells whether a worker is well."""

    function: str
    workload: str
    expected: str | None
    unique: str
    background: bool


def check(
    server: Servers = None,
    host: options.Hosts = None,
    context: Context = None,
    queues: options.Queues = None,
    timeout: options.Timeout = "10s",  # type: ignore[assignment]  # typer parses it
    warning: options.JobsWarning = _USUAL.jobs_warning,
    critical: options.JobsCritical = _USUAL.jobs_critical,
    workers_warning: options.WorkersWarning = _USUAL.workers_warning,
    workers_critical: options.WorkersCritical = _USUAL.workers_critical,
    no_worker: options.NoWorker = _USUAL.no_worker,
    min_workers: options.MinWorkers = _USUAL.min_workers,
    max_age: options.MaxAge = _USUAL.max_age,
    dead: options.Dead = _USUAL.dead,
    send: options.Send = None,
    expect: options.Expect = None,
    unique: options.Unique = _UNIQUE,
    background: options.Background = False,
    verbose: options.Verbose = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Check servers as a monitoring plugin: exit status 0 ok, 1 warning, 2 critical, 3 unknown.

    One line: the state, what is wrong, and performance data. Critical are
    jobs without any worker, and servers that cannot be reached. A worker's
    result `N:TEXT` sets the state.
    """
    sent = send
    if host and server and send is None:
        if len(server) > 1:
            return misused("-s is --send beside -H, and there is one text to send")
        sent, server = server[0], None
    try:
        reached = reach([*(host or []), *(server or [])] or None, context, connect_timeout)
        limits = Thresholds(
            warning, critical, workers_warning, workers_critical, no_worker, min_workers, max_age, dead
        )
        if not timeout:
            raise UsageError("-t 0 leaves no time for an answer")
        if sent is None:
            _require_no_test(expect, background=background)
            return _check_queues(reached, queues or [], limits, timeout)
        if not queues or len(queues) > 1:
            raise UsageError("--send needs the function to send to: one -q")
        return _check_worker(reached, _Test(queues[0], sent, expect, unique, background), timeout)
    except GearError as error:
        return _say(_state_of(error), plugin.quoted(str(error)))


def misused(words: str) -> int:
    """What the line is after a wrong usage, and the exit status: 2 would be critical."""
    return _say(State.UNKNOWN, plugin.quoted(" ".join(words.split())))


def _require_no_test(expect: str | None, *, background: bool) -> None:
    if expect is not None or background:
        raise UsageError("-e and -a are about a test job; say what to --send")


def _say(state: State, text: str, figures: Sequence[str] = ()) -> int:
    write_text(plugin.line(state, shown(text), figures))
    return state


def _state_of(error: GearError) -> State:
    """What an error means for the service: whether it is down, or whether nothing is known."""
    if isinstance(error, ServerError | UsageError):
        return State.UNKNOWN
    broken = ExitStatus.UNREACHABLE, ExitStatus.PROTOCOL, ExitStatus.TIMEOUT
    return State.CRITICAL if exit_status(error) in broken else State.UNKNOWN


# -- queues --------------------------------------------------------------------------------------


def _check_queues(reached: Reach, queues: Sequence[str], limits: Thresholds, timeout: float) -> int:
    connecting = min(reached.connect_timeout, timeout)
    with Survey(reached.servers, snapshot, connect_timeout=connecting, timeout=timeout) as servers:
        answers = servers.ask(timeout)
    names = [os.fsencode(name) for name in queues]
    rows = _chosen(answers, names)
    verdicts = [*_failures(answers), *plugin.judged(rows, limits)]
    if any(answer.value for answer in answers):
        known = {row.state.function for row in rows}
        verdicts += plugin.missing([name for name in names if name not in known], limits)
        verdicts += _untold(answers, limits)
    versions = dict.fromkeys(answer.value.version for answer in answers if answer.value)
    state, text = plugin.summary(rows, verdicts, versions)
    return _say(state, text, list(plugin.figures(rows, limits)))


def _chosen(answers: Sequence[Answer[Snapshot]], names: Sequence[bytes]) -> list[Row]:
    """The queues that are looked at; each server's for itself: workers of one do not help another."""
    several = len(answers) > 1
    rows = rows_of(answers, per_server=several)
    return [row for row in rows if not names or row.state.function in names]


def _failures(answers: Sequence[Answer[Snapshot]]) -> list[Verdict]:
    """What is said of servers that did not answer."""
    return [
        Verdict(_state_of(answer.error), _failure(answer)) for answer in answers if answer.error is not None
    ]


def _failure(answer: Answer[Snapshot]) -> str:
    if isinstance(answer.error, NoAnswer):
        return f"timeout while waiting for {answer.address}"
    return plugin.quoted(str(answer.error))


def _untold(answers: Sequence[Answer[Snapshot]], limits: Thresholds) -> list[Verdict]:
    """That a server cannot tell how long jobs wait, or how many are dead, if that was asked for."""
    ours = ("--max-age", limits.max_age, plugin.tells_ages), ("--dead", limits.dead, plugin.tells_dead)
    asked = [(option, tells) for option, limit, tells in ours if limit is not None]
    return [
        Verdict(
            State.UNKNOWN,
            f"{option} needs a gear server; {answer.address} is {plugin.quoted(answer.value.product)}.",
        )
        for answer in answers
        for option, tells in asked
        if answer.value is not None and not _tells(answer.value, tells)
    ]


def _tells(told: Snapshot, tells: Callable[[FunctionState], bool]) -> bool:
    if told.functions:
        return tells(told.functions[0])
    return told.product == told.version  # only gear's says its name


# -- a worker --------------------------------------------------------------------------------------


def _check_worker(reached: Reach, test: _Test, timeout: float) -> int:
    """Send a job and judge the answer."""
    began = time.monotonic()
    try:
        result = _within(timeout, lambda: _result(reached, test, timeout))
    except (TimeLimit, NoAnswer):
        places = ", ".join(map(str, reached.servers))
        return _say(State.CRITICAL, f"timeout while waiting for {places}")
    except ServerGone as error:
        return _say(State.CRITICAL, plugin.quoted(str(error)))
    except GearError as error:
        return _say(State.CRITICAL, f"job failed: {plugin.quoted(str(error))}")
    if test.background:
        return _say(State.OK, "sending background job succeeded", [_took(began)])
    state, text = plugin.response(test.workload, result, test.expected)
    write_text(text if "|" in text else f"{text[:-1]}|{_took(began)}\n")
    return state


def _took(began: float) -> str:
    return f"'time'={time.monotonic() - began:.6f}s;;;0"


def _result(reached: Reach, test: _Test, timeout: float) -> bytes:
    """The result of the job, of high priority as check_gearman's."""
    connecting = min(reached.connect_timeout, timeout / len(reached.servers))
    with Client(reached.servers, connect_timeout=connecting) as client:
        job = client.submit(
            os.fsencode(test.function),
            os.fsencode(test.workload),
            unique=os.fsencode(test.unique),
            priority="high",
            background=test.background,
        )
        return job.result(timeout)


def _within(seconds: float, call: Callable[[], T]) -> T:
    """What a call returns or raises.  Raises TimeLimit after so many seconds, whatever holds it up.

    A plugin that is late is killed, and nobody reads what it would have said.
    """
    ended: queue.SimpleQueue[tuple[T | None, GearError | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            ended.put((call(), None))
        except GearError as error:
            ended.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = ended.get(timeout=seconds)
    except queue.Empty:
        raise TimeLimit(f"not done within {seconds:g} s") from None
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # it has returned
