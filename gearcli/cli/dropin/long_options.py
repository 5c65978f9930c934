"""Options as Boost's program_options takes them, with its words for what is wrong: gearadmin and gearmand.

A name may be cut short where it stays unambiguous (gearadmin), a value
follows after ``=`` or as the next argument, or right behind a letter; letters
without a value may share a dash.  Nothing may be said twice.  Not argparse:
it differs in every one of these, and in what it says.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from gearcli.errors import UsageError

Parser: TypeAlias = Callable[[str], object]
"""Makes a value of a text.  Raises ValueError."""


class Option(NamedTuple):
    """An option: its name, a letter for it if it has one, what its help says.

    `parse` is None for one that has no value.  `default` is what the help
    shows, and empty where there is none.  A `secret` one is not in the help,
    and its name cannot be cut short.
    """

    name: str
    letter: str
    help: str
    parse: Parser | None = None
    default: str = ""
    secret: bool = False


class Parsed(NamedTuple):
    """The values by the options' names (True for those without one), and the other words."""

    values: dict[str, object]
    words: list[str]

    def text(self, name: str) -> str | None:
        """The value of an option that takes any text."""
        found = self.values.get(name)
        return None if found is None else str(found)


def number(text: str) -> int:
    """A whole number, as Boost reads one.  Raises ValueError."""
    if not re.fullmatch("[+-]?[0-9]{1,10}", text):
        raise ValueError(text)
    return int(text)


def parse(options: Sequence[Option], arguments: Sequence[str], *, guess: bool) -> Parsed:
    """Take arguments apart; with `guess`, names may be cut short.  Raises UsageError."""
    return _Reading(options, guess).read(arguments)


class _Reading:
    """One reading of a command line."""

    def __init__(self, options: Sequence[Option], guess: bool) -> None:
        self._by_name = {option.name: option for option in options}
        self._by_letter: Mapping[str, Option] = {option.letter: option for option in options if option.letter}
        self._guess = guess
        self._left: deque[str] = deque()
        self._found: list[tuple[Option, str | None]] = []

    def read(self, arguments: Sequence[str]) -> Parsed:
        self._left = deque(arguments)
        words: list[str] = []
        while self._left:
            argument = self._left.popleft()
            if argument == "--":
                words += self._left
                break
            if argument.startswith("--"):
                self._long(argument)
            elif argument.startswith("-") and len(argument) > 1:
                self._short(argument)
            else:
                words.append(argument)
        return Parsed(self._values(), words)

    def _long(self, argument: str) -> None:
        name, equals, value = argument[2:].partition("=")
        option = self._named(name)
        if not equals:
            self._take(option, None)
        elif option.parse is None:
            raise UsageError(f"option '--{option.name}' does not take any arguments")
        elif not value:
            raise UsageError(
                f"the argument for option '--{option.name}' should follow immediately after the equal sign"
            )
        else:
            self._take(option, value)

    def _named(self, name: str) -> Option:
        """The option of a name, or of the beginning of one.  Raises UsageError."""
        if name in self._by_name:
            return self._by_name[name]
        meant = [
            option
            for option in self._by_name.values()
            if self._guess and name and not option.secret and option.name.startswith(name)
        ]
        if not meant:
            raise UsageError(f"unrecognised option '--{name}'")
        if len(meant) > 1:
            *most, last = (f"'--{name}'" for name in sorted(option.name for option in meant))
            raise UsageError(f"option '--{name}' is ambiguous and matches {', '.join(most)}, and {last}")
        return meant[0]

    def _short(self, argument: str) -> None:
        """One letter with its value, or several without."""
        for index, letter in enumerate(argument[1:], start=1):
            option = self._by_letter.get(letter)
            if option is None:
                raise UsageError(f"unrecognised option '{argument}'")
            if option.parse is not None:
                self._take(option, argument[index + 1 :] or None)
                return
            self._take(option, None)

    def _take(self, option: Option, value: str | None) -> None:
        """Note an option; a value that is not there yet is the next argument."""
        if option.parse is not None and value is None:
            following = self._left[0] if self._left else None
            if following is None or self._is_letter(following):
                raise UsageError(f"the required argument for option '--{option.name}' is missing")
            value = self._left.popleft()
        self._found.append((option, value))

    def _is_letter(self, argument: str) -> bool:
        """Whether it is a dash and a letter that is known: all else is a value, as in the original."""
        return len(argument) == 2 and argument[0] == "-" and argument[1] in self._by_letter

    def _values(self) -> dict[str, object]:
        values: dict[str, object] = {}
        for option, text in self._found:
            if option.name in values:
                raise UsageError(f"option '--{option.name}' cannot be specified more than once")
            values[option.name] = True if option.parse is None else _made(option, option.parse, text or "")
        return values


def _made(option: Option, make: Parser, text: str) -> object:
    try:
        return make(text)
    except ValueError:
        raise UsageError(f"the argument ('{text}') for option '--{option.name}' is invalid") from None
