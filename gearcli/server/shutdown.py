"""How a server ends: at which signal, what it still waits for, and its last words."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from math import inf

from gearcli.server.engine import Engine
from gearcli.server.journal import Journal
from gearcli.server.log import Log

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP)
"""The signals that a server heeds."""

_READERS_PATIENCE = 5.0
"""Seconds that a server which has nothing else to do waits for its last answers to be read."""


class Shutdown:
    """Knows whether and when a server ends.

    `grace` is how long the first TERM or INT waits for running jobs, in
    seconds.  `close_doors` is called when nobody new shall come in.
    """

    def __init__(self, engine: Engine, log: Log, grace: float, close_doors: Callable[[], None]) -> None:
        self.due = inf
        """When it ends whatever is left, by `time.monotonic`."""
        self._registry = engine.registry
        self._drain = engine.drain
        self._log = log
        self._grace = grace
        self._close_doors = close_doors
        self.begun = False
        """Whether it has been asked to end."""
        self._signalled = 0

    def on_signal(self, number: int) -> None:
        """TERM, INT: drain for `grace`.  USR1: serve until no job is left.  TERM, INT after any: end.

        HUP: open log files again.
        """
        if number == signal.SIGHUP:
            self._log.reopen()
        elif not self.begun:
            self._signalled = number
            self._begin(gracefully=number == signal.SIGUSR1)
        elif number != signal.SIGUSR1:
            self._signalled = number
            self.stop()

    def _begin(self, *, gracefully: bool) -> None:
        self.begun = True
        self._close_doors()
        if gracefully:
            left = _jobs(len(self._registry.jobs))
            self._log.notice(f"stopping when no job is left, or on TERM; {left} to go")
            return
        self.due = time.monotonic() + self._grace
        self._drain()
        if self._registry.running:
            self._log.notice(f"stopping; {_jobs(self._registry.running)} still running")

    def stop(self) -> None:
        """End now."""
        self.begun = True
        self.due = time.monotonic()

    def finished(self, now: float, unsent: Callable[[], bool]) -> bool:
        """Whether the server ends now; `unsent` says whether anybody has answers left to read."""
        if not self.begun:
            return False
        registry = self._registry
        jobs = registry.running if registry.paused else len(registry.jobs)
        if not jobs:  # and who does not read its answers is not waited for without end
            self.due = min(self.due, now + _READERS_PATIENCE)
        return now >= self.due or not (jobs or unsent())

    @property
    def cut_short_by(self) -> int | None:
        """The number of the signal that cut running jobs short; None if there were none."""
        return self._signalled if self._registry.running else None

    def say_what_is_lost(self) -> None:
        """The last words: jobs that nobody has done."""
        registry = self._registry
        journal, jobs = registry.journal, registry.jobs
        kept = [job for job in jobs if journal is not None and journal.lasting and job.background]
        begun = sum(job.worker is not None for job in kept)
        never_begun, lost = len(kept) - begun, len(jobs) - registry.running - (len(kept) - begun)
        if registry.running:
            again = f"; {begun} of them will run again after the next start" if begun else ""
            self._log.notice(f"{_jobs(registry.running)} cut short{again}")
        if never_begun:
            self._log.notice(f"{_jobs(never_begun)} never begun, kept in the store")
        if lost:
            self._log.notice(f"{_jobs(lost)} never begun, now lost: {_why_lost(journal)}")


def _why_lost(journal: Journal | None) -> str:
    if journal is None:
        return "the queue is in memory only"
    return (
        "nobody waits for them any longer" if journal.lasting else "the store's file was removed or replaced"
    )


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"
