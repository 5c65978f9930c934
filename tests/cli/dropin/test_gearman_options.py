"""What the options of `gearman` ask for."""

from __future__ import annotations

import pytest

from gearcli.cli.dropin.gearman_options import Asked, asked_of
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority

EVERYTHING = [
    *[("f", "a"), ("f", "b"), ("u", "key"), ("t", "1500"), ("c", "3")],
    *[(letter, "") for letter in "bINPsv"],
]


def test_everything_that_can_be_said() -> None:
    assert Asked(
        functions=[b"a", b"b"],
        words=[b"one", b"two"],
        background=True,
        priority=Priority.HIGH,
        unique=b"key",
        lines=True,
        strip=True,
        prefix=True,
        empty=True,
        verbose=True,
        timeout=1.5,
        jobs=3,
    ) == asked_of(EVERYTHING, ["one", "two"])


def test_nothing_but_a_function() -> None:
    asked = asked_of([("f", "a")], [])
    assert (None, 0, Priority.NORMAL, b"") == (asked.timeout, asked.jobs, asked.priority, asked.unique)
    flags = asked.background, asked.lines, asked.strip, asked.prefix, asked.empty, asked.verbose
    assert not any(flags)


@pytest.mark.parametrize(
    ("letters", "priority"),
    [("I", Priority.HIGH), ("L", Priority.LOW), ("IL", Priority.LOW), ("LI", Priority.HIGH)],
)
def test_the_last_letter_of_a_priority_counts(letters: str, priority: Priority) -> None:
    assert priority is asked_of([("f", "a"), *[(letter, "") for letter in letters]], []).priority


@pytest.mark.parametrize("option", [("t", "x"), ("c", "x"), ("c", "9" * 5000)])
def test_no_number(option: tuple[str, str]) -> None:
    with pytest.raises(UsageError, match=f"-{option[0]} .*: that is no number"):
        asked_of([("f", "a"), option], [])
