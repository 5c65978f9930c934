"""Lines of a screen: pieces of text, each at its column and in its style.  No I/O.

Each piece stands at a column of its own, so that a name whose width a
terminal sees in another way than we do moves nothing beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from gearcli.cli.table import BOLD as BOLD
from gearcli.cli.table import RED, cells_of, fitted

PLAIN, DIM, CHOSEN, ALARM = "", "2", "7", RED
"""Styles besides those of tables, as terminals number them."""


class Piece(NamedTuple):
    """Text that begins at a column, the first of which is 0."""

    column: int
    text: str
    style: str = PLAIN


StyledLine: TypeAlias = list[Piece]


def line(text: str, width: int, style: str = PLAIN) -> StyledLine:
    """A line that is one piece, as much of it as there is room for."""
    return [Piece(0, fitted(text, width).rstrip(), style)]


def bar(text: str, width: int, style: str = CHOSEN) -> StyledLine:
    """A line that is one piece and fills the width."""
    return [Piece(0, fitted(text, width), style)]


def clipped(pieces: StyledLine, width: int) -> StyledLine:
    """A line without what does not fit on the screen."""
    return [
        piece if piece.column + cells_of(piece.text) <= width else _cut(piece, width)
        for piece in pieces
        if piece.column < width
    ]


def _cut(piece: Piece, width: int) -> Piece:
    return piece._replace(text=fitted(piece.text, width - piece.column))


def sequence(pieces: Iterable[Piece], row: int, *, colour: bool) -> str:
    """What writes a line on the row of a terminal, the first of which is 0; what stood there goes."""
    parts = [f"\x1b[{row + 1};1H\x1b[2K"]
    for column, text, style in pieces:
        at = f"\x1b[{row + 1};{column + 1}H" if column else ""
        chosen = style if colour else without_colour(style)
        parts.append(f"{at}\x1b[{chosen}m{text}\x1b[0m" if chosen else at + text)
    return "".join(parts)


def without_colour(style: str) -> str:
    """A style without its colours; bold, dim and reverse are none."""
    return ";".join(code for code in style.split(";") if len(code) == 1)
