"""What the options of the C tool `gearman` ask for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority


class Asked(NamedTuple):
    """What a command line asks for.  `timeout` is in seconds, None for none; 0 `jobs` are no limit."""

    functions: Sequence[bytes]
    words: Sequence[bytes]
    """The workloads of a client, or the command of a worker."""
    background: bool
    priority: Priority
    unique: bytes
    lines: bool
    """Whether a job, or a piece of a result, is a line."""
    strip: bool
    """Whether that is without its line end."""
    prefix: bool
    empty: bool
    """Whether the job is an empty one, and nothing is read."""
    verbose: bool
    timeout: float | None
    jobs: int


def asked_of(options: Sequence[tuple[str, str]], words: Sequence[str]) -> Asked:
    """What options and words ask for.  Raises UsageError."""
    letters, values = {letter for letter, _ in options}, dict(options)
    return Asked(
        functions=[os.fsencode(value) for letter, value in options if letter == "f"],
        words=[os.fsencode(word) for word in words],
        background="b" in letters,
        priority=_priority([letter for letter, _ in options]),
        unique=os.fsencode(values.get("u", "")),
        lines=bool({"n", "N"} & letters),
        strip="N" in letters,
        prefix="P" in letters,
        empty="s" in letters,
        verbose="v" in letters,
        timeout=_milliseconds(values.get("t")),
        jobs=max(0, _number("c", values.get("c", "0"))),
    )


def _priority(letters: Sequence[str]) -> Priority:
    """The priority of the letter that was said last."""
    known = {"I": Priority.HIGH, "L": Priority.LOW}
    return next((known[letter] for letter in reversed(letters) if letter in known), Priority.NORMAL)


def _milliseconds(text: str | None) -> float | None:
    """Seconds; a negative time is none, as in the original.  Raises UsageError."""
    milliseconds = -1 if text is None else _number("t", text)
    return None if milliseconds < 0 else milliseconds / 1000


def _number(letter: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"-{letter} {text}: that is no number") from None
