"""What the tools say on standard error, and where a peer's words go."""

from __future__ import annotations

import contextlib
import os

from gearcli.cli.output import on_terminal, with_tabs, write
from gearcli.client.connection import SAY_TLS
from gearcli.escape import shown, shown_lines


def say(tool: str, words: str) -> None:
    """A line for people, after the name of the tool."""
    complain(f"{tool}: {in_own_words(words)}\n")


def in_own_words(words: str) -> str:
    """What the library says, with the tools' option where it names `gear`'s."""
    return shown(words.replace(SAY_TLS, "say -S"))


def complain(text: str) -> None:
    """Text to standard error."""
    _to_stderr(text.encode("utf-8", "backslashreplace"))


def pass_on_words(prefix: bytes, words: bytes) -> None:
    """A worker's words to standard error as they are; to a terminal in lines that cannot harm it."""
    if on_terminal(2):
        prefix, words = shown(prefix).encode(), "".join(f"{line}\n" for line in shown_lines(words)).encode()
    _to_stderr(prefix + words)


def print_rows(rows: list[bytes]) -> None:
    """Rows to standard output as they are; to a terminal in a form that cannot harm it."""
    made = (with_tabs(row).encode() for row in rows) if on_terminal(1) else rows
    write(b"".join(row + b"\n" for row in made))


def _to_stderr(data: bytes) -> None:
    with contextlib.suppress(OSError):  # nobody can be told that nobody can be told
        os.write(2, data)
