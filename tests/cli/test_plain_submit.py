"""Plain command lines of `gear submit`: they mean the same without the parser."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Sequence

import pytest

from gearcli.cli import submit
from gearcli.cli.plain_submit import understood
from gearcli.cli.submitting import Asked
from gearcli.protocol.packets import Priority
from tests.cli.driving import at, run_gear
from tests.cli.twice import Parser, parsing, same, subsets, ways
from tests.support import ServerProcess

OPTIONS = [
    ["-b"],
    ["-n"],
    ["-q"],
    ["-s", "one:1"],
    ["-u", "key"],
    ["-p", "low"],
    ["-f", "path"],
    ["-j", "7"],
    ["--timeout", "1m"],
]
"""Each option that is understood, with a value if it takes one."""

LONG = {
    "-b": "--background", "-n": "--lines", "-q": "--quiet", "-s": "--server", "-u": "--unique",
    "-p": "--priority", "-f": "--file", "-j": "--jobs", "--timeout": "--timeout",
}  # fmt: skip

VALUES = [
    "", "-", "--", "-b", "-h", "--help", "-x", "--server", "=", "=x", "a=b", "x y", "ü", "\udcff", "a,b",
    "@1", "0", "1", "007", "+1", "1_0", " 1 ", "-1", "1.5", "٣", "1e3", "9" * 9, "9" * 10, "9" * 5000,
    "high", "HIGH", "High", "normal", "urgent", "5s", "250ms", " 1h ", "1 m", "9999999d", "nan", "never",
]  # fmt: skip
"""What somebody may write where a value belongs, or a workload."""

TOKENS = [
    "f", "x", "-", "--", "-b", "-n", "-q", "-bq", "-qn", "-bnq", "-bb", "-bs", "-bsx:1", "-nj5", "-qp",
    "-sx", "-s=x", "-s", "-u", "-uk", "-u-", "-p", "-plow", "-f", "-fp", "-j", "-j3", "-j=3", "-b-q",
    "-b-server=x", "-b=", "-b=1", "---server=x", "-server", "-background", "--background", "--background=",
    "--background=1", "--background=q", "--quiet=b", "--lines", "--quiet", "--server", "--server=",
    "--server=x", "--server=a=b",
    "--unique", "--unique=", "--unique=-", "--priority=high", "--priority", "--file=", "--file", "--jobs=2",
    "--jobs", "--jobs=", "--timeout", "--timeout=5s", "--timeout=x", "--serv=x", "--serve", "--no-quiet",
    "--back", "-t", "-k", "-0", "-v", "-V", "--version", "-h", "--help", "--raw", "--tag", "--in=1m",
    "--json", "--delimiter", "--retries=1", "--dry-run", "--context=c", "--progress=none",
]  # fmt: skip
"""What somebody may write anywhere."""


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser[Asked]]:
    with parsing(submit, "submitted", Asked) as parse:
        yield parse


def compare(parser: Parser[Asked], arguments: Sequence[str]) -> bool:
    return same(parser, understood, arguments)


def test_every_subset_of_the_options(parser: Parser[Asked]) -> None:
    for words in subsets(OPTIONS, LONG, ["f", "x"]):
        assert compare(parser, words)


def test_every_order_of_two_options(parser: Parser[Asked]) -> None:
    for first, second in itertools.product(OPTIONS, repeat=2):
        repeated = first == second and first[0] not in ("-s", "-f")
        assert compare(parser, ["f", *first, "x", *second, "y"]) is not repeated


@pytest.mark.parametrize("option", [option[0] for option in OPTIONS if len(option) == 2])
def test_every_way_to_write_a_value(parser: Parser[Asked], option: str) -> None:
    for value in VALUES:
        for words in ways(option, LONG[option], value):
            compare(parser, ["f", *words])
            compare(parser, [*words, "f", value])


def test_every_word_after_every_word(parser: Parser[Asked]) -> None:
    for words in itertools.product(TOKENS, repeat=2):
        compare(parser, words)


def test_any_words_in_any_order(parser: Parser[Asked]) -> None:
    """Few of such command lines make sense at all, so that the comparison is with what does."""
    chance, words = random.Random(2), TOKENS + VALUES
    plain = sum(compare(parser, chance.choices(words, k=chance.randrange(3, 8))) for _ in range(10_000))
    assert plain > 300


def test_what_is_not_said_is_the_same(parser: Parser[Asked]) -> None:
    assert Asked() == parser([]) == understood([])


def test_every_option_arrives(parser: Parser[Asked]) -> None:
    options = ["-s", "s", "-b", "-u", "u", "-p", "low", "-f", "p", "-n", "-j", "3", "--timeout", "5s", "-q"]
    asked = Asked(
        "f", ["x"], ["s"], True, "u", Priority.LOW, file=["p"], lines=True, jobs=3, timeout=5.0, quiet=True
    )
    assert asked == parser(["f", "x", *options]) == understood(["f", "x", *options])


@pytest.mark.parametrize(
    "arguments",
    [
        ["-h"],
        ["f", "--help"],
        ["-s", "-h", "f"],
        ["f", "--", "-h"],
        ["-b", "-b"],
        ["-u", "a", "-u", "b"],
        ["f", "-s"],
    ],
)
def test_what_is_not_plain(arguments: list[str]) -> None:
    assert understood(arguments) is None


def test_words_with_and_without_a_dash() -> None:
    assert Asked("f", ["-", ""]) == understood(["f", "-", ""])
    assert Asked("f", ["-b", "--", "-h x"], background=True) == understood(
        ["-b", "f", "--", "-b", "--", "-h x"]
    )


# -- the same in words and statuses -----------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["f", "x", "--timeout", "10ms"],
        ["f", "-f", "/no/such/file"],
        ["f", "-n", "x"],
        ["f", "-u", "", "x"],
        ["f", "-u", "k", "x", "y"],
        ["", "x"],
        [],
        ["f", "-s", "", "x"],
        ["f", "-s", "127.0.0.1:port", "x"],
        ["f", "-s", "127.0.0.1:1", "x"],
    ],
)
def test_a_failure_is_the_same_with_the_parser(server: ServerProcess, words: list[str]) -> None:
    """`--raw` makes it one for the parser, and changes nothing else."""
    assert understood(words) is not None
    assert understood([*words, "--raw"]) is None
    servers = [] if "-s" in words else at(server.port)
    plain, parsed = (run_gear("submit", *servers, *words, *more) for more in ([], ["--raw"]))
    assert plain == parsed
    assert plain.status > 1
