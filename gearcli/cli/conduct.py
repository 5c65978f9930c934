"""A batch from its first submission to its last result: events, progress, an early end, Ctrl-C."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from gearcli.cli.outcomes import Outcomes
from gearcli.cli.output import message, on_terminal
from gearcli.cli.progress import Progress
from gearcli.client.batch import Batch
from gearcli.client.dispatch import ServerLost
from gearcli.client.records import Source
from gearcli.client.tasks import Task
from gearcli.errors import GearError, ServerGone
from gearcli.escape import shown
from gearcli.protocol.packets import PacketType

if TYPE_CHECKING:
    from gearcli.cli.halt import Halt

GO_ON = "running ones and background ones go on"
"""What becomes of jobs that a client leaves alone."""
TICK = 0.5
"""Seconds without news after which the progress is looked at."""
_REDRAW = 0.1
_PATIENCE = 2.0
"""Seconds after which a person is told that nobody takes a job."""


class Conduct:
    """Runs a batch and tells outcomes and progress what happens.

    `served` says whether a worker serves the function of a task; it is asked
    once if nothing has come back for two seconds, and a person looks on.
    `running` says what becomes of jobs that run when all is stopped.
    """

    def __init__(
        self,
        batch: Batch,
        source: Source,
        outcomes: Outcomes,
        progress: Progress,
        *,
        halt: Halt | None = None,
        served: Callable[[Task], bool] | None = None,
        running: str = GO_ON,
    ) -> None:
        self._batch = batch
        self._source = source
        self._outcomes = outcomes
        self._progress = progress
        self._halt = halt
        self._served = served if on_terminal(2) else None
        self._running = running
        self._waiting_since: float | None = None
        self._look_at = 0.0

    def run(self) -> None:
        """Run it to its end.  Raises what the batch raises, after a word about unanswered jobs."""
        try:
            self._run()
        except (ServerGone, SystemExit) as error:
            self._outcomes.cut_short()
            if isinstance(error, ServerGone):
                self._outcomes.unanswered(self._batch.in_flight)
            raise
        except KeyboardInterrupt:
            self._outcomes.cut_short()
            self._progress.close()
            message(f"jobs that wait for a worker are dropped, {self._running}")
            raise
        finally:
            self._progress.close()

    def _run(self) -> None:
        for happening in self._batch:
            if isinstance(happening, ServerLost):
                self._outcomes.server_lost(happening)
            elif happening is not None:
                self._progress.take(happening)
                self._outcomes.take(happening)
                if happening.kind is not PacketType.JOB_CREATED:
                    self._served = None  # somebody works
            self._look()
            if self._halted():
                return
        self._progress.tick(self._source.fraction)  # a short batch had no other look

    def _look(self) -> None:
        """Show the progress now and then, and tell a person that nobody works."""
        now = time.monotonic()
        if now < self._look_at:
            return
        self._look_at = now + _REDRAW
        self._progress.tick(self._source.fraction)
        if self._served is not None and self._waits(now):
            served, self._served = self._served, None
            self._remark(served)

    def _waits(self, now: float) -> bool:
        """Whether a job has been waiting for so long that a person wonders."""
        if not self._batch.in_flight:
            self._waiting_since = None
            return False
        self._waiting_since = now if self._waiting_since is None else self._waiting_since
        return now >= self._waiting_since + _PATIENCE

    def _remark(self, served: Callable[[Task], bool]) -> None:
        for task in {task.function: task for task in self._batch.in_flight if not task.background}.values():
            try:
                missing = not served(task)
            except GearError:  # a remark is not worth a failure
                return
            if missing:
                self._progress.hide()
                message(f"no worker serves {shown(task.function)}; waiting")

    def _halted(self) -> bool:
        """Whether enough has happened to stop at once; to stop soon, the rest is awaited."""
        if self._halt is None or not self._halt.reached:
            return False
        waiting = len(self._batch.in_flight)
        if self._halt.at_once:
            self._outcomes.cut_short()
            self._progress.hide()
            fate = f"; of {waiting} in flight those that wait for a worker are dropped, {self._running}"
            message(f"stopped, {self._halt.reason}{fate if waiting else ''}")
            return True
        self._progress.hide()
        rest = f"; waiting for {waiting} in flight" if waiting else ""
        message(f"no more jobs are submitted, {self._halt.reason}{rest}")
        self._batch.stop()
        self._halt = None
        return False
