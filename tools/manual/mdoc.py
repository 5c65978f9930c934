"""How mdoc(7) is written: text that means itself, macros, lists, literal lines.

Prose may hold `code` between backticks; it and options become bold.  Each
sentence begins on a new line of the source and no line is longer than 79
bytes, as mandoc(1) asks of a page.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

_WIDTH = 79
_ESCAPES = {
    "\\": r"\e",
    "-": r"\-",  # a hyphen would not be found by who searches for an option, nor could it be pasted
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
    '"': r"\(dq",
}
_CODE = re.compile(r"`([^`]+)`|(?<![\w-])(--?[a-zA-Z0-9][\w-]*)(?![\w-]*`)")
_SENTENCE = re.compile(r"(?<=[.!?])\)?\s+(?=\S)")


def escaped(text: str) -> str:
    """Text that means itself, anywhere but at the start of a line."""
    return "".join(_ESCAPES.get(each, each if each.isascii() else f"\\[u{ord(each):04X}]") for each in text)


def literal(text: str) -> str:
    """The same with straight quotes, for what is typed."""
    return escaped(text).replace("'", r"\(aq")


def line(text: str) -> str:
    """A line of text that is no macro, whatever it begins with."""
    return rf"\&{text}" if text[:1] in (".", "'") else text


def term(name: str, text: str) -> str:
    """A macro with text, for the head of an item; punctuation at its end is a part of it."""
    return f"{name} {literal(text)}" + (r"\&" if text.endswith((")", "]", ".", ",", ":", ";", "|")) else "")


def prose(text: str) -> list[str]:
    """Lines for a paragraph."""
    lines = []
    for sentence in _sentences(" ".join(text.split())):
        lines.extend(_wrapped(_marked(sentence)))
    return lines


def _sentences(text: str) -> list[str]:
    """The sentences of a paragraph; what is between backticks is not cut."""
    cut, start = [], 0
    for end in _SENTENCE.finditer(text):
        if text.count("`", 0, end.start()) % 2 == 0:
            cut.append(text[start : end.start()] + end.group().rstrip())
            start = end.end()
    return [*cut, text[start:]]


def _marked(sentence: str) -> str:
    """A sentence with its code and options in bold; spaces within them are protected by U+0000."""
    marked, start = [], 0
    for each in _CODE.finditer(sentence):
        code = each[1] or each[2]
        marked += [escaped(sentence[start : each.start()]), rf"\fB{literal(code)}\fR".replace(" ", "\0")]
        start = each.end()
    return "".join([*marked, escaped(sentence[start:])])


def _wrapped(sentence: str) -> list[str]:
    width = _WIDTH - 2  # room for what `line` adds
    lines = textwrap.wrap(sentence, width, break_long_words=False, break_on_hyphens=False)
    return [line(each.replace("\0", " ")) for each in lines]


_OFFSET = "2n"
"""How far what is shown as it is stands from the text: a terminal of 80 columns has room for 72 of it."""


def display(lines: Iterable[str]) -> list[str]:
    """Lines that are shown as they are."""
    return [f".Bd -literal -offset {_OFFSET}", *(line(literal(each)) for each in lines), ".Ed"]


def tagged(items: Iterable[tuple[str, Sequence[str]]], width: str = "Ds") -> list[str]:
    """A list of terms, each the arguments of its macro, with the lines that explain it."""
    lines = [f".Bl -tag -width {width}"]
    for term, explanation in items:
        lines += [f".It {term}", *explanation]
    return [*lines, ".El"]
