"""The progress of `gear submit`: what standard error tells while jobs run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Protocol

from gearcli.cli.output import on_terminal
from gearcli.client.tasks import Event
from gearcli.errors import UsageError

_MODES = ("auto", "bar", "plain", "json", "none")


class Progress(Protocol):
    """Shows how far the jobs are."""

    def take(self, event: Event) -> None:
        """Something happened; its result has not been written yet."""
        ...

    def tick(self, fraction: float | None) -> None:
        """Time has passed; `fraction` of the input (0 to 1) is taken, None if that is unknown."""
        ...

    def hide(self) -> None:
        """Something else is about to write to the terminal: leave it a clean line."""
        ...

    def close(self) -> None:
        """The end: nothing stays on the terminal."""
        ...


def mode(text: str) -> str:
    """A word for how progress is shown.  Raises UsageError for another than auto, bar, plain, json, none."""
    if text not in _MODES:
        raise UsageError(f"{text!r} is no kind of progress: {', '.join(_MODES[:-1])} or {_MODES[-1]}")
    return text


def progress(mode: str, *, batch: bool, clock: Callable[[], float] = time.monotonic) -> Progress:
    """The progress that a word asks for.

    `auto` is a bar on a terminal, else lines for a batch and nothing for one job.  What is not
    wanted is not imported.
    """
    if mode == "auto":
        drawable = on_terminal(2) and os.environ.get("TERM") != "dumb"
        mode = "bar" if drawable else "plain" if batch else "none"
    if mode == "bar":
        from gearcli.cli.bars import Bars

        return Bars(batch=batch, clock=clock)
    if mode == "plain":
        from gearcli.cli.lines import BatchLines, JobLines

        return BatchLines(clock) if batch else JobLines(clock)
    if mode == "json":
        from gearcli.cli.objects import Objects

        return Objects(batch=batch, clock=clock)
    return Nothing()


class Nothing:
    """No progress is wanted."""

    def take(self, event: Event) -> None:
        """Nothing is told."""

    def tick(self, fraction: float | None) -> None:
        """Nothing is told."""

    def hide(self) -> None:
        """Nothing is in the way."""

    def close(self) -> None:
        """Nothing is left."""
