"""Tables for people, made without rich: ten thousand rows would take it seconds.

Every cell is text of this program or went through `gearcli.escape.shown`
before: no cell holds a line end, a tab or anything else that moves a cursor.
"""

from __future__ import annotations

import shutil
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gearcli.cli.output import on_terminal

RED, BOLD = "1;31", "1"
"""Styles, as terminals number them."""

_GAP = "  "
_NARROWEST = 8  # cells that are left of a column that is too wide


class Column(NamedTuple):
    """A column: its heading, whether its cells are numbers, which stand right; a `whole` one is never cut."""

    heading: str
    number: bool = False
    whole: bool = False


class Line(NamedTuple):
    """A row of a table; `style` is that of its last cell, of all where `whole`."""

    cells: Sequence[str]
    style: str = ""
    whole: bool = False


def table(
    columns: Sequence[Column], lines: Iterable[Line], *, width: int | None = None, colour: bool = False
) -> str:
    """The text of a table.

    `width` are the cells of the terminal; what is wider is cut, widest
    columns first, and None leaves all as it is.
    """
    lines = [Line([column.heading for column in columns], BOLD, True), *lines]
    sizes = [[cells_of(cell) for cell in line.cells] for line in lines]
    widths = [max(column) for column in zip(*sizes, strict=True)]
    if width is not None:
        _narrow(widths, columns, width - len(_GAP) * (len(widths) - 1))
    return "".join(_written(line, columns, widths, colour) for line in lines)


def terminal_width() -> int | None:
    """The cells of a line of the terminal; None where nobody looks at one."""
    return shutil.get_terminal_size().columns if on_terminal() else None


def _written(line: Line, columns: Sequence[Column], widths: list[int], colour: bool) -> str:
    parts = zip(line.cells, columns, widths, strict=True)
    cells = [fitted(cell, width, right=column.number) for cell, column, width in parts]
    if colour and line.style and not line.whole:
        cells[-1] = f"\x1b[{line.style}m{cells[-1].rstrip()}\x1b[0m" if cells[-1].strip() else ""
    text = _GAP.join(cells).rstrip()
    return f"\x1b[{line.style}m{text}\x1b[0m\n" if colour and line.whole and line.style else text + "\n"


def fitted(text: str, width: int, *, right: bool = False) -> str:
    """A text of exactly so many cells: cut, or filled with spaces."""
    if width < 1:
        return ""
    size = cells_of(text)
    if size > width:
        text = cut(text, width)
        size = cells_of(text)
    space = " " * (width - size)
    return space + text if right else text + space


def cut(text: str, width: int) -> str:
    """The beginning of a text, with an ellipsis for what is missing of it."""
    room, kept = width - 1, []
    for character in text:
        room -= cells_of(character)
        if room < 0:
            break
        kept.append(character)
    return "".join(kept) + "…"


def _narrow(widths: list[int], columns: Sequence[Column], room: int) -> None:
    """Make the widest columns of text narrower, until all fit or none can be made narrower."""
    while (excess := sum(widths) - room) > 0:
        texts = [n for n, column in enumerate(columns) if _cuttable(column) and widths[n] > _NARROWEST]
        if not texts:
            return
        widest = max(texts, key=lambda n: widths[n])
        second = max((widths[n] for n in texts if n != widest), default=_NARROWEST)
        floor = max(_NARROWEST, second - 1)
        widths[widest] = max(widths[widest] - excess, floor)


def _cuttable(column: Column) -> bool:
    return not (column.number or column.whole)


def cells_of(text: str) -> int:
    """How many cells of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


# -- quantities ------------------------------------------------------------------------------


def age(seconds: float | None) -> str:
    """An age in few letters: ``850ms``, ``12s``, ``3m20s``, ``5h02m``, ``4d11h``; a dash for none."""
    if seconds is None:
        return "-"
    if seconds < 1:
        return f"{max(0, int(seconds * 1000))}ms"
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02}h"


def amount(count: int) -> str:
    """Bytes in few letters, as sizes are written in options: ``512``, ``1.5K``, ``64M``."""
    value, unit = float(count), ""
    for unit in ("", "K", "M", "G", "T"):
        if value < 1024 or unit == "T":
            break
        value /= 1024
    return f"{count}" if not unit else f"{value:.0f}{unit}" if value >= 10 else f"{value:.1f}{unit}"
