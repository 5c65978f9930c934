"""Plain command lines, understood without the parser, which takes longer than a job, and room for ever.

The parser (the options of a command) stays the definition of what a command line means.  What is
understood here means the same; everything else is left to it: every mistake, every option that is
not in a `Grammar`, and every option that is said twice.  Tests run both over many command lines
and compare.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from gearcli.errors import UsageError

_MOST_DIGITS = 9

Fields = dict[str, Any]
"""What is understood so far: values by the names of the command's parameters."""


class Grammar(NamedTuple):
    """The options of a command that are understood, each by the name of its parameter."""

    flags: Mapping[str, str]
    values: Mapping[str, str]
    parsers: Mapping[str, Callable[[str], object]]
    """How a value is read that is no mere text.  They raise UsageError."""
    repeatable: tuple[str, ...]

    def understood(self, arguments: Sequence[str]) -> tuple[list[str], Fields] | None:
        """The words and the options after a command's name; None if they are for the parser to say."""
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
            elif not self._option(argument, left, fields):
                return None
        return words, fields

    def _option(self, argument: str, left: Iterator[str], fields: Fields) -> bool:
        """Take an option, with its value if it has one; False if it is not understood."""
        if argument.startswith("--"):
            name, equals, value = argument.partition("=")
            attached = value if equals else None
        else:
            name, attached = argument[:2], argument[2:] or None
        if name in self.values:
            text = next(left, None) if attached is None else attached
            return text is not None and self._value(self.values[name], text, fields)
        if name not in self.flags or self.flags[name] in fields:
            return False
        fields[self.flags[name]] = True
        if attached is None:
            return True
        several = not argument.startswith("--") and not attached.startswith("-")
        return several and self._option(f"-{attached}", left, fields)

    def _value(self, name: str, text: str, fields: Fields) -> bool:
        """Take the value of an option; False if it is said twice, or makes no sense."""
        if name in self.repeatable:
            fields.setdefault(name, []).append(text)
            return True
        if name in fields:
            return False
        try:
            fields[name] = self.parsers.get(name, str)(text)
        except UsageError:  # the parser says it in its own words
            return False
        return True


def count(text: str) -> int:
    """A plain number from 0 up.  Raises UsageError."""
    if not (text.isascii() and text.isdecimal()) or len(text) > _MOST_DIGITS:
        raise UsageError(f"{text!r} is not a plain number")
    return int(text)


def duration(text: str) -> float:
    """A time.  Raises UsageError."""
    from gearcli import units  # few need it, and all would wait for it

    return units.duration(text)
