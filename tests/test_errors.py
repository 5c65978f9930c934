"""The tree of errors, as drawn and as it is."""

from __future__ import annotations

import re

from gearcli import errors
from gearcli.errors import GearError, reason_of


def drawn_parents() -> dict[str, str]:
    """The parent of every class in the drawing at the head of the module."""
    parents: dict[str, str] = {}
    above: dict[int, str] = {}
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"^    ([ │├└─]*)([A-Z]\w+) {2,}", line)
        if found:
            depth = len(found[1]) // 4
            above[depth] = found[2]
            parents[found[2]] = above[depth - 1] if depth else "Exception"
    return parents


def actual_parents() -> dict[str, str]:
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    return {kind.__name__: kind.__bases__[0].__name__ for kind in classes if issubclass(kind, GearError)}


def test_the_drawing_shows_every_error_in_its_place() -> None:
    assert actual_parents() == drawn_parents()


def test_errors_carry_what_their_readers_need() -> None:
    assert "INVALID_PACKET" == errors.ProtocolError("nonsense").code
    assert not errors.CommandError("no such program", found=False).found
    full = errors.QueueFull("the queue is full", code="QUEUE_ERROR", text="Job queue is full")
    assert ("QUEUE_ERROR", "Job queue is full", "the queue is full") == (full.code, full.text, str(full))


def test_why_the_system_did_not_do_something_fits_into_a_message() -> None:
    assert "no such file or directory" == reason_of(FileNotFoundError(2, "No such file or directory", "/x"))
    assert "without a number" == reason_of(OSError("Without a number"))
