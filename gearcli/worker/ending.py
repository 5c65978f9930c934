"""When a worker ends by itself: after so many jobs, without any, or after some time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from gearcli.timers import Timer, Timers


class Terms(NamedTuple):
    """When a worker ends by itself; times are in seconds, None for never."""

    jobs: int | None = None
    """After so many jobs."""
    burst: bool = False
    """When no server has a job for it."""
    max_idle: float | None = None
    """When there has been nothing to do for so long."""
    max_lifetime: float | None = None
    """After so long."""
    splay: float = 0.0
    """How much longer at most, at random, so that not all workers end together."""


class Ending:
    """Calls `end` with the reason when the terms are fulfilled."""

    def __init__(self, terms: Terms, timers: Timers, end: Callable[[str], None]) -> None:
        self._terms = terms
        self._timers = timers
        self._end = end
        self._idle: Timer | None = None
        if terms.max_lifetime is not None:
            seconds = terms.max_lifetime + random.uniform(0, terms.splay)
            self._timers.add(
                time.monotonic() + seconds, partial(end, f"has worked for {round(seconds, 1):g} s")
            )
        self.worked(idle=True)

    def worked(self, *, idle: bool) -> None:
        """A job has ended; whether none is running."""
        if self._terms.max_idle is None:
            return
        self.began()
        if idle:
            due = time.monotonic() + self._terms.max_idle
            words = f"nothing to do for {self._terms.max_idle:g} s"
            self._idle = self._timers.add(due, partial(self._end, words))

    def began(self) -> None:
        """A job has begun."""
        if self._idle is not None:
            self._timers.cancel(self._idle)
            self._idle = None

    def nothing_left(self) -> None:
        """No server has a job."""
        if self._terms.burst:
            self._end("no jobs are left")
