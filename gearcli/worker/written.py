"""What may be written in `workers.toml` after a key.

Each reader takes what TOML holds there, and raises UsageError with what it has to be.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gearcli.errors import CommandError, UsageError
from gearcli.protocol.address import Address, parse_list
from gearcli.units import duration, size
from gearcli.worker import environment, limits
from gearcli.worker.command import program_of
from gearcli.worker.plan import FRESH_FOLDER
from gearcli.worker.sense import check_function

Reader = Callable[[Any], Any]
"""Takes a value of TOML and returns what it means.  Raises UsageError."""


def text(value: Any) -> str:
    """Text; no NUL is in it."""
    if not isinstance(value, str):
        raise UsageError("it has to be text in quotes")
    if "\0" in value:
        raise UsageError("it holds a NUL, which nothing can")
    return value


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise UsageError("it has to be true or false")
    return value


def number(least: int, most: int) -> Reader:
    """Makes a reader of whole numbers."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise UsageError(f"it has to be a number from {least} to {most}")
        return value

    return read


def seconds(value: Any) -> float:
    """A duration, in seconds."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise UsageError("it has to be a duration such as '5s', or a number of seconds")
    return duration(str(value))


def byte_count(value: Any) -> int:
    """A size, in bytes."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise UsageError("it has to be a size such as '16M', or a number of bytes")
    return size(str(value))


def one_of(*choices: str) -> Reader:
    """Makes a reader of some words."""

    def read(value: Any) -> str:
        if value not in choices:
            raise UsageError(f"it has to be one of {', '.join(choices)}")
        return str(value)

    return read


def list_of(read: Reader, what: str) -> Reader:
    """Makes a reader of lists; `what` is what their items are."""

    def read_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise UsageError(f"it has to be a list of {what}: [...]")
        return [read(each) for each in value]

    return read_all


def table(value: Any) -> dict[str, Any]:
    """A table."""
    if not isinstance(value, dict):
        raise UsageError("it has to be a table: { NAME = VALUE, ... }")
    return value


def command(value: Any) -> tuple[str, ...]:
    """A program that can be executed, and its arguments."""
    argv = tuple(list_of(text, "texts, the program and its arguments; there is no shell")(value))
    if not argv or not argv[0]:
        raise UsageError("it has to begin with a program")
    try:
        program_of(argv)
    except CommandError as error:
        raise UsageError(str(error)) from None
    return argv


def functions(value: Any) -> tuple[bytes, ...]:
    """Names of functions, each once."""
    names = [name.encode() for name in list_of(text, "names")(value)]  # TOML is UTF-8 in every locale
    for name in names or [b""]:
        check_function(name)
    if len(set(names)) < len(names):
        raise UsageError("it names the same function twice")
    return tuple(names)


def servers(value: Any) -> tuple[Address, ...]:
    """Addresses, one at least."""
    found = parse_list([text(value)] if isinstance(value, str) else list_of(text, "addresses")(value))
    if not found:
        raise UsageError("it names no server; write host, host:port or unix:/path")
    return tuple(found)


def delimiter(value: Any) -> bytes | None:
    """What ends the records of a command that stays; None if it does not stay."""
    known = {True: b"\n", False: None, "lines": b"\n", "null": b"\0"}
    if not isinstance(value, bool | str) or value not in known:
        raise UsageError("it has to be true or lines for lines, null for NUL-terminated records, or false")
    return known[value]


def variables(value: Any) -> dict[str, str | None]:
    """The variables of a table, where true stands for the worker's own value."""
    found = {name: None if said is True else text(said) for name, said in table(value).items()}
    environment.check(found)
    return found


def folder_name(value: Any) -> str:
    """A folder, or the word for a fresh one per job."""
    if not (name := text(value)):
        raise UsageError(f"it has to be a folder, or {FRESH_FOLDER} for a fresh one per job")
    return name


def limit_table(value: Any) -> dict[str, int]:
    """Resource limits by their names."""
    return limits.from_table(table(value))
