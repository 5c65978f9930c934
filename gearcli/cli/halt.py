"""When a batch stops early: the rules of GNU parallel's --halt.  No I/O."""

from __future__ import annotations

import re

from gearcli.errors import UsageError

_RULE = re.compile(
    r"(now|soon),(?:(fail|success|done)=([1-9]\d{0,17})|(fail|success)=([1-9]\d?|100)%)", re.ASCII
)
_WORDS = {"fail": "failed", "success": "succeeded", "done": "finished"}
_FEWEST = 3
"""How many jobs must have finished before a share of them says anything."""


class Halt:
    """A rule and the count of the jobs that finished under it.

    It is reached when `limit` jobs, or with `percent` that many per cent of
    the finished ones, ended as `outcome` says: fail, success or done (either
    way).  Without a limit it never is.
    """

    def __init__(self, outcome: str, limit: int | None, *, percent: bool, at_once: bool) -> None:
        self.at_once = at_once
        """Whether running jobs are given up too."""
        self.reason = ""
        """Why the batch stops, in words; empty until it does."""
        self._outcome = outcome
        self._limit = limit
        self._percent = percent
        self._finished = 0
        self._counted = 0

    @property
    def reached(self) -> bool:
        """Whether no further job may begin; once so it stays so."""
        return self.reason != ""

    def finished(self, good: bool) -> None:
        """A job finished: well, or in failure."""
        self._finished += 1
        self._counted += self._outcome == "done" or good == (self._outcome == "success")
        if not self.reached and self._enough():
            self.reason = self._in_words()

    def _enough(self) -> bool:
        if self._limit is None:
            return False
        if self._percent:
            return self._finished >= _FEWEST and self._counted * 100 >= self._limit * self._finished
        return self._counted >= self._limit

    def _in_words(self) -> str:
        of_all = f" of {self._finished}" if self._percent else ""
        jobs = "job" if self._counted == 1 and not of_all else "jobs"
        return f"{self._counted}{of_all} {jobs} {_WORDS[self._outcome]}"


def halt(text: str) -> Halt:
    """The rule that a text for --halt names.  Raises UsageError."""
    if text == "never":
        return Halt("done", None, percent=False, at_once=False)
    match = _RULE.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is not a rule for --halt; write now,fail=1 or soon,fail=1 (how many), "
            "soon,fail=30% (of the finished ones), success= or done= instead of fail=, or never"
        )
    when, outcome, count, share_outcome, share = match.groups()
    return Halt(
        outcome or share_outcome, int(count or share), percent=share is not None, at_once=when == "now"
    )
