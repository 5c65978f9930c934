"""Plain command lines of `gear submit`: a job is submitted before the parser would have been loaded."""

from __future__ import annotations

from collections.abc import Sequence

from gearcli.cli.makers import priority
from gearcli.cli.plain import Grammar, count, duration
from gearcli.cli.process import carry_out
from gearcli.cli.submitting import Asked, submitted
from gearcli.errors import UsageError


def _jobs(text: str) -> int:
    number = count(text)
    if number < 1:
        raise UsageError("at least one job is in flight")
    return number


_GRAMMAR = Grammar(
    flags={
        "-b": "background",
        "--background": "background",
        "-n": "lines",
        "--lines": "lines",
        "-q": "quiet",
        "--quiet": "quiet",
    },
    values={
        "-s": "server",
        "--server": "server",
        "-u": "unique",
        "--unique": "unique",
        "-p": "priority",
        "--priority": "priority",
        "-f": "file",
        "--file": "file",
        "-j": "jobs",
        "--jobs": "jobs",
        "--timeout": "timeout",
    },
    parsers={"priority": priority, "jobs": _jobs, "timeout": duration},
    repeatable=("server", "file"),
)


def submit_if_plain(arguments: Sequence[str]) -> None:
    """Submit what a plain command line says, and end the process; return if it is not plain."""
    asked = understood(arguments)
    if asked is not None:
        carry_out(lambda: submitted(asked))


def understood(arguments: Sequence[str]) -> Asked | None:
    """What the arguments after `submit` ask for; None if that is for the parser to say."""
    found = _GRAMMAR.understood(arguments)
    if found is None:
        return None
    words, fields = found
    return Asked(words[0] if words else None, words[1:] or None, **fields)
