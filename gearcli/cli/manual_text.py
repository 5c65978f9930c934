"""A page of the manual as plain text, where no program is installed that shows it.

It knows the macros of mdoc(7) that our own pages have, and no other.
"""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Iterator

_WIDTH = 78
_INDENT = "    "
_ESCAPES = {"e": "\\", "-": "-", "&": "", "(aq": "'", "(ga": "`", "(ha": "^", "(ti": "~", "(dq": '"'}
_ESCAPE = re.compile(r"\\(?:\[u([0-9A-F]+)\]|f[BR]|(\(..|.))")
_WORDS = frozenset({"Ar", "Cm", "Ev", "Ic", "Nm", "Pa", "Sy", "Ta"})
"""Macros that only say what kind of word follows."""


def plain(mdoc: str) -> str:
    """The text of a page."""
    return "\n".join(_Page().lines(mdoc.splitlines())).strip("\n") + "\n"


class _Page:
    """Where one is in a page: how far the text is indented, and the paragraph that is not yet whole."""

    def __init__(self) -> None:
        self._depth = 1
        self._paragraph: list[str] = []
        self._literal = False

    def lines(self, source: list[str]) -> Iterator[str]:
        """The lines of the text."""
        for line in source:
            if line.startswith("."):
                yield from self._macro(*line[1:].partition(" ")[::2])
            elif self._literal:
                yield _INDENT * (self._depth + 1) + _text(line)
            else:
                self._paragraph.append(_text(line))
        yield from self._flush()

    def _macro(self, name: str, rest: str) -> Iterator[str]:
        if name in ("Dd", "Dt", "Os"):
            return
        if name == "Nd":
            self._paragraph.append(f"- {_text(rest)}")
        elif name in ("Sh", "Ss", "Pp", "Bl", "El", "It", "Bd", "Ed") or (name == "Nm" and self._depth):
            yield from self._break(name, rest)
        else:
            self._paragraph.append(_inline(f"{name} {rest}"))

    def _break(self, name: str, rest: str) -> Iterator[str]:
        """What ends a paragraph."""
        yield from self._flush()
        self._literal = name == "Bd"
        if name in ("Sh", "Ss"):
            self._depth = 1
            yield from ("", ("" if name == "Sh" else "  ") + _text(rest))
        elif name == "It" and rest:
            yield from ("", _INDENT * (self._depth - 1) + _inline(rest))
        elif name == "It":
            self._paragraph.append("*")
        elif name == "Nm":
            self._paragraph.append(_inline(rest))
        else:
            self._depth += {"Bl": 1, "El": -1}.get(name, 0)
            yield from ("",) if name in ("Pp", "Bd") else ()

    def _flush(self) -> Iterator[str]:
        words, self._paragraph = _closed(" ".join(self._paragraph)), []
        indent = _INDENT * self._depth
        yield from textwrap.wrap(
            words, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
        )


def _inline(source: str) -> str:
    """A line of macros: `Op Fl Fl file Ar PATH` is ``[--file PATH]``."""
    words, dashes, end = [], "", ""
    for word in _split(source):
        if word == "Op":
            words.append("[")
            end += "]"
        elif word == "Fl":
            dashes += "-"
        elif word not in _WORDS and word != "Xr":
            words.append(dashes + _text(word))
            dashes = ""
    text = " ".join([*words, dashes] if dashes else words)
    text = re.sub(r"^(Xr )?(gear[\w.-]*) (\d)\b", r"\2(\3)", text) if source.startswith("Xr") else text
    return _closed(text).replace("[ ", "[") + end


def _closed(text: str) -> str:
    """Words with the punctuation close to what it ends."""
    return re.sub(r" ([,;:.)\]])(?= |$)", r"\1", text)


def _split(source: str) -> list[str]:
    """The words of a line of macros; quotes hold one together."""
    return shlex.split(source.replace("\\", "\\\\"), posix=True) if '"' in source else source.split()


def _text(source: str) -> str:
    def character(found: re.Match[str]) -> str:
        if found[1]:
            return chr(int(found[1], 16))
        return _ESCAPES[found[2]] if found[2] else ""

    return _ESCAPE.sub(character, source)
