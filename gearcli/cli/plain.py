"""Plain command lines of `gear submit`, understood without the parser, which takes longer than a job.

The parser (the options in `gearcli.cli.submit`) stays the definition of what a command line
means.  What is understood here means the same; everything else is left to it: every mistake,
every option that is missing here, and every option that is said twice.  A test runs both
over many command lines and compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gearcli.cli.makers import priority
from gearcli.cli.process import carry_out
from gearcli.cli.submitting import Asked, submitted
from gearcli.errors import UsageError

_FLAGS = {
    "-b": "background",
    "--background": "background",
    "-n": "lines",
    "--lines": "lines",
    "-q": "quiet",
    "--quiet": "quiet",
}
_VALUES = {
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
}
_REPEATABLE = ("server", "file")
_MOST_DIGITS = 9

Fields = dict[str, Any]
"""What is understood so far: values of `Asked` by their names."""


def submit_if_plain(arguments: Sequence[str]) -> None:
    """Submit what a plain command line says, and end the process; return if it is not plain."""
    asked = understood(arguments)
    if asked is not None:
        carry_out(lambda: submitted(asked))


def understood(arguments: Sequence[str]) -> Asked | None:
    """What the arguments after `submit` ask for; None if that is for the parser to say."""
    if "-h" in arguments:  # it may mean a host, whatever stands before it
        return None
    fields: Fields = {}
    words: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument == "--":
            words += left
        elif len(argument) < 2 or not argument.startswith("-"):
            words.append(argument)
        elif not _option(argument, left, fields):
            return None
    return Asked(words[0] if words else None, words[1:] or None, **fields)


def _option(argument: str, left: Iterator[str], fields: Fields) -> bool:
    """Take an option, with its value if it has one; False if it is not understood."""
    if argument.startswith("--"):
        name, equals, value = argument.partition("=")
        attached = value if equals else None
    else:
        name, attached = argument[:2], argument[2:] or None
    if name in _VALUES:
        text = next(left, None) if attached is None else attached
        return text is not None and _value(_VALUES[name], text, fields)
    if name not in _FLAGS or _FLAGS[name] in fields:
        return False
    fields[_FLAGS[name]] = True
    if attached is None:
        return True
    several = not argument.startswith("--") and not attached.startswith("-")
    return several and _option(f"-{attached}", left, fields)


def _value(name: str, text: str, fields: Fields) -> bool:
    """Take the value of an option; False if it is said twice, or makes no sense."""
    if name in _REPEATABLE:
        fields.setdefault(name, []).append(text)
        return True
    if name in fields:
        return False
    try:
        fields[name] = _PARSERS.get(name, str)(text)
    except UsageError:  # the parser says it in its own words
        return False
    return True


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS or int(text) < 1:
        raise UsageError(f"{text!r} is not a plain number")
    return int(text)


def _duration(text: str) -> float:
    from gearcli.units import duration  # few need it, and all would wait for it

    return duration(text)


_PARSERS: dict[str, Callable[[str], object]] = {"priority": priority, "jobs": _count, "timeout": _duration}
