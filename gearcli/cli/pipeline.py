"""What `submit` and `run` do with a batch: records in, results out, and all written down that was wanted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from gearcli.cli.conduct import GO_ON, TICK, Conduct
from gearcli.cli.exits import ExitStatus
from gearcli.cli.makers import Maker, except_finished
from gearcli.cli.outcomes import Outcomes
from gearcli.cli.output import on_terminal
from gearcli.cli.progress import Progress, progress
from gearcli.cli.results import Ended, OneResult, Results, Sink
from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Source
from gearcli.client.tasks import Task
from gearcli.errors import UsageError

if TYPE_CHECKING:
    from gearcli.cli.halt import Halt

AHEAD = 1024
"""With results in order, how many jobs may be submitted ahead of the oldest one that is not done."""
RECONNECT = 30.0
"""Seconds that a batch waits for lost servers to come back."""


class Wishes(NamedTuple):
    """What the options say of the results.

    `delimiter` ends each in a batch; `record_end` is what may end a record,
    and is no part of its tag.
    """

    delimiter: bytes = b"\n"
    record_end: bytes = b"\n"
    keep_order: bool = False
    tag: bool = False
    json: bool = False
    joblog: str | None = None
    resume: bool = False
    resume_failed: bool = False
    folder: str | None = None
    halt: Halt | None = None
    progress: str = "auto"
    timeout: float | None = None
    retries: int = 0
    quiet: bool = False
    verbose: int = 0
    background: bool = False


class Pipeline:
    """Records of a source through tasks to where their results belong.

    Raises UsageError for wishes that contradict each other, InputError for a
    log that is none, OutputError for what cannot be written to.
    """

    def __init__(self, wishes: Wishes, source: Source, make: Maker, *, batch: bool, once: bool) -> None:
        """`once` says that a job's result cannot have to be sent twice, so that it may leave in parts."""
        self._wishes = wishes
        self._source = source
        self._progress: Progress = progress(_mode(wishes, source), batch=batch)
        hide = self._progress.hide
        make = without_finished(wishes, make, lambda number: results.skip(number))
        beyond = wishes.background or wishes.json or wishes.tag or wishes.joblog or wishes.folder
        streams = once and not batch and not beyond
        results = OneResult(hide) if streams else _results(wishes, batch, hide)
        self._make = make
        self._outcomes = Outcomes(
            results,
            batch=batch,
            timeout=wishes.timeout,
            verbose=wishes.verbose > 0,
            warnings=not wishes.quiet,
            ended=wishes.halt.finished if wishes.halt is not None else lambda good: None,
            hide=hide,
        )

    def run(
        self,
        dispatch: Dispatch,
        *,
        window: int,
        served: Callable[[Task], bool] | None = None,
        running: str = GO_ON,
    ) -> ExitStatus:
        """Run it all over some servers; `served` and `running` are `Conduct`'s.

        Returns the exit status of the jobs.
        """
        wishes = self._wishes
        batch = Batch(
            dispatch,
            self._source,
            self._make,
            window=window,
            ahead=AHEAD if wishes.keep_order else None,
            timeout=wishes.timeout,
            retries=wishes.retries,
            tick=TICK,
        )
        conduct = Conduct(
            batch,
            self._source,
            self._outcomes,
            self._progress,
            halt=wishes.halt,
            served=served,
            running=running,
        )
        conduct.run()
        return self._outcomes.status


def _mode(wishes: Wishes, source: Source) -> str:
    """How progress is shown: not between records that a person types."""
    typed = not source.ended and source.fileno() == 0 and on_terminal(0)
    return "none" if wishes.progress == "auto" and (typed or wishes.quiet) else wishes.progress


def _check(wishes: Wishes) -> None:
    check_log(wishes.joblog, wishes.resume, wishes.resume_failed)
    if wishes.json and wishes.tag:
        raise UsageError("--json tells the number of each record; --tag does not go with it")


def check_log(joblog: str | None, resume: bool, resume_failed: bool) -> None:
    """Raise UsageError for a resumption of what nobody wrote down."""
    if joblog is None and (resume or resume_failed):
        raise UsageError("--resume and --resume-failed need --joblog FILE, which says what was done")
    if resume and resume_failed:
        raise UsageError("--resume and --resume-failed exclude each other; choose one")


def without_finished(wishes: Wishes, make: Maker, skip: Callable[[int], None]) -> Maker:
    """What makes no tasks of records that an earlier run has finished; `skip` is told of each.

    Raises UsageError and InputError.
    """
    _check(wishes)
    if wishes.joblog is None or not (wishes.resume or wishes.resume_failed):
        return except_finished(make, lambda number: False, skip)
    from gearcli.cli.joblog import finished

    return except_finished(make, finished(wishes.joblog, only_good=wishes.resume_failed).__contains__, skip)


def _results(wishes: Wishes, batch: bool, hide: Callable[[], None]) -> Results:
    """The results of a batch, or of one job that may have to be sent twice."""
    sinks: list[Sink] = [_printed(wishes, batch, hide)]
    if wishes.folder is not None:
        from gearcli.cli.sinks import Folder

        sinks.append(Folder(wishes.folder))
    if wishes.joblog is not None:
        sinks.append(_logged(wishes))
    return Results(sinks, in_order=wishes.keep_order)


def _printed(wishes: Wishes, batch: bool, hide: Callable[[], None]) -> Sink:
    from gearcli.cli.sinks import Printed, PrintedJson, PrintedWhole  # the one job of most needs none

    if wishes.json:
        return PrintedJson(hide)
    if batch or wishes.background or wishes.tag:
        return Printed(wishes.delimiter, tag=wishes.record_end if wishes.tag else None, hide=hide)
    return PrintedWhole(hide)


def _logged(wishes: Wishes) -> Sink:
    from gearcli.cli.joblog import JobLog
    from gearcli.cli.sinks import Logged

    assert wishes.joblog is not None
    return Logged(JobLog(wishes.joblog, append=wishes.resume or wishes.resume_failed), _key)


def _key(ended: Ended) -> bytes:
    """What a log says of a job after its function: its unique if it was given one, else its workload."""
    task = ended.task
    return task.unique if task.shared and task.unique != b"-" else task.workload
