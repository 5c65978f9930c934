"""What a worker says of itself while it works: words for people, facts for programs."""

from __future__ import annotations

from typing import Protocol

ALWAYS, OFTEN, DETAIL = 0, 1, 2
"""How much of it is wanted: what changes or goes wrong, each job, and what leads to it."""


class Say(Protocol):
    """Takes what happens, when it happens; what is more detailed than `level` need not be told."""

    level: int

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Something happened: how much of a log it is worth, in words, and by a name with its facts.

        Facts are str, int, float or bool.
        """


class Silence:
    """Takes what happens, and does not care."""

    level = -1

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Nothing."""


class Observer(Protocol):
    """Counts what becomes of jobs; `gearcli.worker.metrics.Metrics` is one."""

    def ended(self, function: bytes, result: str, seconds: float) -> None:
        """A job is done, failed, exception, requeued or lost, after so long."""

    def retried(self, function: bytes) -> None:
        """A failed job is tried again here."""

    def timed_out(self, function: bytes) -> None:
        """An attempt took too long."""


class Unobserved:
    """An observer that does not care."""

    def ended(self, function: bytes, result: str, seconds: float) -> None:
        """Nothing."""

    def retried(self, function: bytes) -> None:
        """Nothing."""

    def timed_out(self, function: bytes) -> None:
        """Nothing."""
