"""What a person writes of a page: `man/src/NAME.txt`, in words that need no roff.

::

    = EXAMPLES                      a section
    A paragraph with `code`.        paragraphs, with an empty line between them
    % gear worker -f x -- cat       what an example needs before it can be tried; not shown
        $ gear submit x hello       indented by four: lines as they are
    %figures                        the numbers of the next lines are those of another machine
    * GEAR_CONTEXT: words           an item of a list, and what is said of it
    @ exits 0 1 69                  a table that the generator knows
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tools.manual import mdoc

SOURCE = Path(__file__).parent.parent.parent / "man" / "src"

Tables = Mapping[str, Callable[..., list[str]]]
"""What makes the lines of a table from the words behind its name."""


class Block(NamedTuple):
    """Some lines of one kind: ``text``, ``shown``, ``item``, ``setup``, ``figures`` or ``table``."""

    kind: str
    lines: list[str]


class Part(NamedTuple):
    """A section of a page, by its heading."""

    heading: str
    blocks: list[Block]


_SIGNS = {"    ": "shown", "* ": "item", "% ": "setup", "%figures": "figures", "@ ": "table"}


def read(name: str) -> list[Part]:
    """The sections that are written for a page; none where nothing is."""
    path = SOURCE / f"{name}.txt"
    return parsed(path.read_text()) if path.exists() else []


def parsed(text: str) -> list[Part]:
    """The sections of a text."""
    parts: list[Part] = []
    last = ""
    for line in text.splitlines():
        if line.startswith("= "):
            parts.append(Part(line[2:], []))
            last = ""
            continue
        kind, rest = _kind(line, last)
        if kind:
            blocks = parts[-1].blocks
            if kind != last or (kind in ("item", "table") and line[:2] in _SIGNS):
                blocks.append(Block(kind, []))
            blocks[-1].lines.append(rest)
        last = kind
    return parts


def _kind(line: str, last: str) -> tuple[str, str]:
    """The kind of a line and what is on it; an empty line has none, nor does it end what is shown."""
    for sign, kind in _SIGNS.items():
        if line.startswith(sign):
            return kind, line[len(sign) :]
    if not line:
        return ("shown", "") if last == "shown" else ("", "")
    return ("item", line.strip()) if last == "item" and line.startswith("  ") else ("text", line)


def rendered(part: Part, tables: Tables) -> list[str]:
    """The lines of a section, without its heading."""
    lines: list[str] = []
    items: list[tuple[str, list[str]]] = []
    for block in [*part.blocks, Block("end", [])]:
        if block.kind == "item":
            term, _, words = " ".join(block.lines).partition(": ")
            items.append((mdoc.term("Sy", term), mdoc.prose(words)))
            continue
        if items:
            lines += mdoc.tagged(items)
            items = []
        lines += _block(block, tables, first=not lines)
    return lines


def _block(block: Block, tables: Tables, *, first: bool) -> list[str]:
    if block.kind == "shown":
        return mdoc.display("\n".join(block.lines).rstrip("\n").split("\n"))
    if block.kind == "table":
        name, *words = block.lines[0].split()
        return tables[name](*words)
    if block.kind == "text":
        return [*([] if first else [".Pp"]), *mdoc.prose(" ".join(block.lines))]
    return []
