"""Options as Boost takes them, and its words for what is wrong."""

from __future__ import annotations

import pytest

from gearcli.cli.dropin.long_options import Option, Parsed, number, parse
from gearcli.errors import UsageError

OPTIONS = (
    Option("port", "p", "", str),
    Option("count", "", "", number),
    Option("flag", "f", ""),
    Option("other", "o", ""),
    Option("showing", "", ""),
    Option("shown", "", ""),
    Option("secret", "", "", secret=True),
)


@pytest.mark.parametrize(
    ("line", "values", "words"),
    [
        ("", {}, []),
        ("-p 1 --flag", {"port": "1", "flag": True}, []),
        ("--port=1 -f", {"port": "1", "flag": True}, []),
        ("-fop1", {"port": "1", "flag": True, "other": True}, []),
        ("-p --flag", {"port": "--flag"}, []),
        ("-p of", {"port": "of"}, []),
        ("--port pp", {"port": "pp"}, []),
        ("-p -x", {"port": "-x"}, []),
        ("-p -ff", {"port": "-ff"}, []),
        ("--port=-f", {"port": "-f"}, []),
        ("--po 1 --fl", {"port": "1", "flag": True}, []),
        ("word -f -- -o", {"flag": True}, ["word", "-o"]),
        ("--count -3", {"count": -3}, []),
        ("--secret -", {"secret": True}, ["-"]),
    ],
)
def test_parse(line: str, values: dict[str, object], words: list[str]) -> None:
    assert Parsed(values, words) == parse(OPTIONS, line.split(), guess=True)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--bogus", "unrecognised option '--bogus'"),
        ("--secre", "unrecognised option '--secre'"),
        ("-x", "unrecognised option '-x'"),
        ("-fx", "unrecognised option '-fx'"),
        ("--show", "option '--show' is ambiguous and matches '--showing', and '--shown'"),
        ("--flag=1", "option '--flag' does not take any arguments"),
        ("--port=", "the argument for option '--port' should follow immediately after the equal sign"),
        ("--port", "the required argument for option '--port' is missing"),
        ("-p -f", "the required argument for option '--port' is missing"),
        ("--port -p", "the required argument for option '--port' is missing"),
        ("-f --flag", "option '--flag' cannot be specified more than once"),
        ("--count many", "the argument ('many') for option '--count' is invalid"),
    ],
)
def test_what_is_wrong(line: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(OPTIONS, line.split(), guess=True)
    assert said == str(raised.value)


def test_names_are_whole_without_guessing() -> None:
    with pytest.raises(UsageError, match="unrecognised option '--por'"):
        parse(OPTIONS, ["--por", "1"], guess=False)


def test_text() -> None:
    parsed = parse(OPTIONS, ["--count=3"], guess=False)
    assert ("3", None) == (parsed.text("count"), parsed.text("port"))
