"""Scenes of `gear top`: servers that told something, at chosen times."""

from __future__ import annotations

from collections.abc import Sequence

from gearcli.cli.styled import StyledLine
from gearcli.cli.table import cells_of
from gearcli.cli.top_choices import Choices
from gearcli.cli.top_page import page
from gearcli.cli.top_view import Scene
from gearcli.client.documents import FunctionState
from gearcli.client.inside import Inside
from gearcli.client.snapshot import Snapshot
from gearcli.client.watch import Watch
from gearcli.protocol.address import Address

HERE, THERE = Address("here", 4730), Address("there", 4731)

HOSTILE = [
    b"\x1b[2J\x1b]0;owned\x07",
    b"a\nforged   9 9 9",
    b"\r\rforged",
    "\u202eevil\u2066\u2028\u0085".encode(),
    b"[red]markup[/red]",
    b"\xff\xfe\x00\x7f\x9b31m",
    "世界".encode() * 40,
    "e\u0301\u0301\u0301\u200d\ufeff".encode(),
    b"%s %n {0} \\x1b",
]
"""Names that would like to do something to a terminal."""


def function(name: bytes | str, queued: int = 0, running: int = 0, workers: int = 1) -> FunctionState:
    return FunctionState(name.encode() if isinstance(name, str) else name, queued, running, workers)


def watching(*looks: Sequence[FunctionState], servers: Sequence[Address] = (HERE,)) -> Watch:
    """One server that told these functions, a second between two looks; others have not answered."""
    watch = Watch(servers)
    for number, states in enumerate(looks):
        watch.told(0, Snapshot("1.1.20", "gearmand 1.1.20", list(states)), float(number))
    return watch


def scene(
    watch: Watch,
    choices: Choices | None = None,
    *,
    insides: dict[int, Inside] | None = None,
    now: float = 1.0,
    asked: dict[int, float] | None = None,
    ascii_only: bool = False,
) -> Scene:
    return Scene(watch, choices or Choices(), insides or {}, now, "12:00:00", 2.0, asked or {}, ascii_only)


def drawn(seen: Scene, width: int = 80, height: int = 24) -> list[str]:
    """The page as a person sees it; that it keeps its limits is checked for every page that is drawn."""
    lines = page(seen, (width, height))
    assert len(lines) <= height
    for each in lines:
        check(each, width, ascii_only=seen.ascii)
    return list(map(plain_text, lines))


def check(pieces: StyledLine, width: int, *, ascii_only: bool) -> None:
    """A line has nothing but printable text, within the width, and no piece stands on another one."""
    end = 0
    for column, text, _ in pieces:
        assert text.isprintable()
        assert column >= end
        end = column + cells_of(text)
        assert not ascii_only or text.isascii()
    assert end <= width


def plain_text(pieces: StyledLine) -> str:
    """A line as a person sees it."""
    text = ""
    for piece in pieces:
        text += " " * (piece.column - cells_of(text)) + piece.text
    return text.rstrip()
