"""Commands that run without servers: what is heard of them."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from typing import Any

from gearcli.timers import Timers
from gearcli.worker.attempt import Attempt, Outcome
from gearcli.worker.child import Ears
from gearcli.worker.children import Children
from gearcli.worker.plan import Recipe
from gearcli.worker.starter import Starter
from gearcli.worker.worker import Job, Slot
from tests.support import DEADLINE
from tests.worker.playing import Told, told_job


class Words:
    """Notes what is said."""

    level = 9

    def __init__(self, words: list[str]) -> None:
        self._words = words

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Something happened."""
        self._words.append(words)


class Nursery:
    """Children that follow one recipe, and what was heard of them."""

    def __init__(self, *argv: str, **recipe: Any) -> None:
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        self.words: list[str] = []
        self.errors: list[bytes] = []
        self.ended: list[tuple[int, Outcome]] = []
        self.spoke: list[int] = []
        ears = Ears(
            self.selector,
            self.timers,
            Words(self.words),
            lambda slot: self.spoke.append(slot.number),
            lambda job, said: self.errors.append(said),
        )
        self.children = Children(ears)
        self.starter = Starter(Recipe(argv, **recipe), self.children.marks)
        self.slots = [Slot(0), Slot(1)]

    def start(self, workload: bytes = b"", *, slot: int = 0, number: int = 1) -> Told:
        """Start the command for a job; what is reported of it."""
        job, told = told_job(workload, b"f\x1b")
        self.start_job(job, slot=slot, number=number)
        return told

    def start_job(self, job: Job, *, slot: int = 0, number: int = 1) -> None:
        """Start the command for this job."""
        self.children.start(self.starter, self.slots[slot], job, number, self._ended)

    def _ended(self, slot: Slot, attempt: Attempt, outcome: Outcome, seconds: float) -> None:
        self.ended.append((slot.number, outcome))

    def until(self, condition: Callable[[], bool]) -> None:
        """Turn until something is so."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end
            for key, mask in self.selector.select(0.01):
                key.data(mask)
            for call in self.timers.pop_due(time.monotonic()):
                call()
            self.children.reap()

    def until_ended(self, count: int) -> list[tuple[int, Outcome]]:
        """Turn until so many attempts have ended."""
        self.until(lambda: len(self.ended) >= count)
        return self.ended

    def answer(self, workload: bytes = b"", *, slot: int = 0) -> Outcome:
        """The outcome of a job."""
        before = len(self.ended)
        self.start(workload, slot=slot)
        return self.until_ended(before + 1)[-1][1]

    def close(self) -> None:
        """Leave nothing behind."""
        self.children.end()
        self.selector.close()


def nursery(nurseries: list[Nursery], *argv: str, **recipe: Any) -> Nursery:
    """One more nursery, which ends with the test that has asked for the fixture `nurseries`."""
    nurseries.append(Nursery(*argv, **recipe))
    return nurseries[-1]
