"""Command lines that are understood twice: without the parser, where they are plain, and by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import TypeAlias, TypeVar

import pytest

from gearcli.cli import app

T = TypeVar("T", bound=tuple[object, ...])
Parser: TypeAlias = Callable[[Sequence[str]], T | None]


@contextmanager
def parsing(command: ModuleType, done: str, kind: type[T]) -> Iterator[Parser[T]]:
    """What the options of a command make of a command line; None where that is wrong usage.

    `done` is the function that the command calls with what is asked, which is of a `kind`.
    """
    name, asked = command.__name__.rpartition(".")[2], list[T]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, done, asked.append)
        parser = app._command(name)

        def parse(arguments: Sequence[str]) -> T | None:
            asked.clear()
            with pytest.raises(SystemExit):
                parser.main(args=list(arguments), prog_name=f"gear {name}")
            return asked[0] if asked else None

        yield parse


def same(parser: Parser[T], understood: Parser[T], arguments: Sequence[str]) -> bool:
    """Whether a command line is plain; then both have to understand the same."""
    plain = understood(arguments)
    if plain is not None:
        parsed = parser(arguments)
        assert plain == parsed, arguments
        assert list(map(type, plain)) == list(map(type, parsed or ())), arguments
    return plain is not None
