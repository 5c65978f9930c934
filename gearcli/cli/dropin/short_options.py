"""Options as getopt(3) takes them: single letters, some with a value; the words stand where they like.

Not the `getopt` of the standard library: that stops at the first letter that
it does not know, and the tool `gearman` goes on to see what else is wanted.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Sequence
from typing import NamedTuple


class Scanned(NamedTuple):
    """What was found: options in their order, each with its value or an empty one; the other words.

    `wrong` tells whether a letter was unknown, or had no value and needs one.
    """

    options: list[tuple[str, str]]
    words: list[str]
    wrong: bool


def scan(arguments: Sequence[str], flags: str, valued: str, *, permute: bool = True) -> Scanned:
    """Take arguments apart.

    Without `permute` the first word ends the options, as it does for getopt
    where the environment has POSIXLY_CORRECT.
    """
    options: list[tuple[str, str]] = []
    words: list[str] = []
    wrong = False
    left = deque(arguments)
    while left:
        argument = left.popleft()
        if argument == "--":
            break
        if len(argument) < 2 or argument[0] != "-":
            words.append(argument)
            if not permute:
                break
        else:
            wrong |= _letters(argument[1:], left, options, flags, valued)
    return Scanned(options, [*words, *left], wrong)


def _letters(
    letters: str,
    left: deque[str],
    options: list[tuple[str, str]],
    flags: Collection[str],
    valued: Collection[str],
) -> bool:
    """Take the letters behind one dash; whether one of them is wrong."""
    wrong = False
    for index, letter in enumerate(letters):
        if letter in valued:
            attached = letters[index + 1 :]
            if not attached and not left:
                return True
            options.append((letter, attached or left.popleft()))
            return wrong
        if letter in flags:
            options.append((letter, ""))
        else:
            wrong = True
    return wrong
