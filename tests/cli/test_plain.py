"""What plain command lines have in common; what they mean is tested with each command."""

from __future__ import annotations

import pytest

from gearcli.cli.plain import Grammar, count, duration
from gearcli.errors import UsageError

GRAMMAR = Grammar(
    flags={"-a": "all", "--all": "all", "-b": "both"},
    values={"-n": "number", "-f": "file"},
    parsers={"number": count},
    repeatable=("file",),
)


def test_words_and_options_in_any_order() -> None:
    found = GRAMMAR.understood(["x", "-ab", "-n7", "-f", "one", "-f", "two", "--", "-a"])
    assert (["x", "-a"], {"all": True, "both": True, "number": 7, "file": ["one", "two"]}) == found


@pytest.mark.parametrize("words", [["-aa"], ["-a", "--all"], ["-n1", "-n2"], ["-n"], ["-nx"], ["-c"], ["-h"]])
def test_what_is_for_the_parser(words: list[str]) -> None:
    assert GRAMMAR.understood(words) is None


def test_plain_numbers() -> None:
    assert [0, 7, 999_999_999] == [count(text) for text in ("0", "007", "9" * 9)]
    for text in ("", "-1", "+1", " 1", "1_0", "٣", "9" * 10):
        with pytest.raises(UsageError):
            count(text)


def test_a_duration() -> None:
    assert 90.0 == duration("90s")
