"""Command lines that are understood twice: without the parser, where they are plain, and by it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
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


def subsets(
    options: Sequence[list[str]], long: Mapping[str, str], words: Sequence[str] = (), *, share: float = 1.0
) -> Iterator[list[str]]:
    """A command line of each subset of some options, or a share of them, among words.

    All are in some order, the names of options of either length.
    """
    chance = random.Random(1)
    for chosen in itertools.product([False, True], repeat=len(options)):
        if chance.random() < share:
            parts = [*itertools.compress(options, chosen), *([word] for word in words)]
            mixed = itertools.chain.from_iterable(chance.sample(parts, len(parts)))
            yield [long.get(each, each) if chance.random() < 0.5 else each for each in mixed]


def ways(option: str, long: str, value: str) -> Iterator[list[str]]:
    """Every way to write an option with a value."""
    yield [option, value]
    yield [f"{option}{value}"]
    yield [f"{long}={value}"]
    yield [long, value]
