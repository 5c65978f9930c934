"""Plain command lines of `gear serve`: they mean the same without the parser."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import pytest

from gearcli.cli import serve
from gearcli.cli.plain_serve import understood
from gearcli.cli.serving import Asked
from tests.cli.driving import run_gear
from tests.cli.twice import Parser, parsing, same, subsets, ways

OPTIONS = [
    ["-q"],
    ["-d"],
    ["-L", "one:1"],
    ["-p", "4731"],
    ["--store", "jobs.db"],
    ["-j", "3"],
    ["--lease", "1m"],
    ["--keep-results", "1h"],
    ["--grace", "0"],
    ["-P", "pid"],
    ["-l", "log"],
]
"""Each option that is understood, with a value if it takes one."""

LONG = {
    "-q": "--quiet", "-d": "--daemon", "-L": "--listen", "-p": "--port", "--store": "--store",
    "-j": "--job-retries", "--lease": "--lease", "--keep-results": "--keep-results", "--grace": "--grace",
    "-P": "--pid-file", "-l": "--log-file",
}  # fmt: skip

VALUES = [
    "", "-", "--", "-q", "-h", "--help", "--port", "=", "=x", "x y", "ü", "\udcff", "none", "stderr",
    "0", "1", "007", "+1", "1_0", " 1 ", "-1", "-2", "1.5", "٣", "65535", "65536", "9" * 9, "9" * 10,
    "9" * 5000, "5s", "250ms", " 1h ", "1 m", "9999999d", "nan", "never",
]  # fmt: skip
"""What somebody may write where a value belongs."""

TOKENS = [
    "x", "-", "--", "-q", "-d", "-qd", "-dq", "-qq", "-qp1", "-p1", "-p=1", "-p", "-L", "-Lx", "-v", "-vv",
    "--port", "--port=0", "--port=", "--listen=x", "--listen", "--store=f", "--store", "--tls", "--no-quiet",
    "--keep-results=5m", "--lease", "--lease=x", "--grace=1s", "-j2", "-j-1", "--job-retries=-1", "-u",
    "-P", "-Pf", "-l", "-lnone", "--verbose=INFO", "--metrics=1", "--po=1", "-h", "--help", "-V",
]  # fmt: skip
"""What somebody may write anywhere."""


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser[Asked]]:
    with parsing(serve, "served", Asked) as parse:
        yield parse


def compare(parser: Parser[Asked], arguments: Sequence[str]) -> bool:
    return same(parser, understood, arguments)


def test_every_subset_of_the_options(parser: Parser[Asked]) -> None:
    for words in subsets(OPTIONS, LONG, share=0.25):
        assert compare(parser, words)


def test_every_order_of_two_options(parser: Parser[Asked]) -> None:
    for first, second in itertools.product(OPTIONS, repeat=2):
        repeated = first == second and first[0] != "-L"
        assert compare(parser, [*first, *second]) is not repeated


@pytest.mark.parametrize("option", [option[0] for option in OPTIONS if len(option) == 2])
def test_every_way_to_write_a_value(parser: Parser[Asked], option: str) -> None:
    for value in VALUES:
        for words in ways(option, LONG[option], value):
            compare(parser, words)


def test_every_word_after_every_word(parser: Parser[Asked]) -> None:
    assert 50 < sum(compare(parser, words) for words in itertools.product(TOKENS, repeat=2))


def test_what_is_not_said_is_the_same(parser: Parser[Asked]) -> None:
    assert Asked() == parser([]) == understood([])


@pytest.mark.parametrize(
    "arguments", [["-h"], ["x"], ["--", "x"], ["-v"], ["--tls"], ["-p", "65536"], ["-p"]]
)
def test_what_is_not_plain(arguments: list[str]) -> None:
    assert understood(arguments) is None


def test_what_the_environment_says_is_for_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEARMAND_PORT", "4731")
    assert understood([]) is None


@pytest.mark.parametrize(
    "words", [["-L", "0.0.0.0"], ["-L", ""], ["-L", "host:port"], ["-p", "0", "--store", "/no/such/folder/x"]]
)
def test_a_failure_is_the_same_with_the_parser(words: list[str]) -> None:
    """`-t 1` makes it one for the parser, and changes nothing else."""
    assert understood(words) is not None
    assert understood([*words, "-t", "1"]) is None
    plain, parsed = (run_gear("serve", *words, *more) for more in ([], ["-t", "1"]))
    assert plain == parsed
    assert plain.status > 1
