"""When a batch stops early."""

from __future__ import annotations

import pytest

from gearcli.cli.halt import halt
from gearcli.errors import UsageError


def stops_after(rule: str, ends: str) -> tuple[int, str]:
    """After how many jobs the rule is reached (0: never), and why; `+` is a good end, `-` a bad one."""
    stop = halt(rule)
    for count, end in enumerate(ends, 1):
        stop.finished(end == "+")
        if stop.reached:
            return count, stop.reason
    return 0, stop.reason


@pytest.mark.parametrize(
    ("rule", "ends", "expected"),
    [
        ("now,fail=1", "++-", (3, "1 job failed")),
        ("soon,fail=3", "-+--", (4, "3 jobs failed")),
        ("soon,fail=3", "-+-", (0, "")),
        ("now,success=1", "--+", (3, "1 job succeeded")),
        ("now,success=2", "++", (2, "2 jobs succeeded")),
        ("now,done=3", "+-+", (3, "3 jobs finished")),
        ("never", "-" * 99, (0, "")),
    ],
)
def test_counts(rule: str, ends: str, expected: tuple[int, str]) -> None:
    assert expected == stops_after(rule, ends)


@pytest.mark.parametrize(
    ("rule", "ends", "expected"),
    [
        ("now,fail=1%", "--+", (3, "2 of 3 jobs failed")),
        ("now,fail=30%", "-++", (3, "1 of 3 jobs failed")),
        ("now,fail=34%", "-++-", (4, "2 of 4 jobs failed")),
        ("now,fail=50%", "++--", (4, "2 of 4 jobs failed")),
        ("now,fail=100%", "---", (3, "3 of 3 jobs failed")),
        ("now,fail=100%", "--+" + "-" * 99, (0, "")),
        ("now,success=50%", "--++", (4, "2 of 4 jobs succeeded")),
    ],
)
def test_shares_of_at_least_three(rule: str, ends: str, expected: tuple[int, str]) -> None:
    assert expected == stops_after(rule, ends)


def test_a_rule_stays_reached_and_its_reason_as_it_was() -> None:
    stop = halt("soon,fail=30%")
    for good in (False, True, True, True, True, False):
        stop.finished(good)
    assert (True, "1 of 3 jobs failed") == (stop.reached, stop.reason)


@pytest.mark.parametrize(
    ("rule", "at_once"),
    [("now,fail=1", True), ("soon,fail=1", False), ("now,fail=9%", True), ("never", False)],
)
def test_what_becomes_of_running_jobs(rule: str, at_once: bool) -> None:
    assert at_once is halt(rule).at_once


@pytest.mark.parametrize(
    "text",
    [
        "", "now", "fail=1", "later,fail=1", "now,fail", "now,fail=", "now,fail=0", "now,fail=-1",
        "now,fail=1.5", "now,fail=101%", "now,fail=0%", "now,done=30%", "now,fails=1", "now,fail=1,done=2",
        "2", "NEVER", "now,fail=1\n", "now,fail=٥", "now,fail=" + "9" * 5000,
    ],
)  # fmt: skip
def test_anything_else_is_a_usage_error_that_says_how_to_write_it(text: str) -> None:
    with pytest.raises(UsageError, match="is not a rule for --halt; write now,fail=1 or soon,fail=1"):
        halt(text)
