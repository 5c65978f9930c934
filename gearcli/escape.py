"""What a peer sent, made safe to show.

Function names, uniques, client ids, handles and messages come from peers and
may hold anything: escape sequences that move the cursor, line ends that forge
a row of a table, characters that turn the text around.  They pass through
here before a terminal, a log line or a reply row shows them.
"""

from __future__ import annotations

import re

_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_TO_ENCODE = re.compile(rb"[^!#$&-\[\]-~]")  # all but printable ASCII, and of that the space, % " and \
_ROW_BREAKERS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def shown(raw: bytes | str) -> str:
    """One line of printable text for bytes of unknown origin.

    Valid UTF-8 stays readable.  Every other byte and every character that is
    not printable (control, bidirectional, line separators) becomes a
    backslash escape, as Python would write it.
    """
    text = raw.decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown_lines(raw: bytes) -> list[str]:
    """The lines of a message, each as `shown` would show it; a trailing line end adds no line."""
    return [shown(line.removesuffix(b"\r")) for line in raw.removesuffix(b"\n").split(b"\n")]


def row_field(name: bytes) -> bytes:
    r"""A name for a row of a text reply: control bytes become ``\xNN``, all else stays as it is.

    A line end in a name would forge rows of ``status``.  Tabs stay, Perl's
    namespaces end in one (the columns after a name are counted from the
    right), and so do spaces and backslashes (PHP's class names hold those).
    """
    return _ROW_BREAKERS.sub(lambda match: b"\\x%02x" % match[0][0], name)


def percent_encoded(name: bytes) -> str:
    """A name as one word of printable ASCII: every other byte, and the space, as in a URL."""
    return _TO_ENCODE.sub(lambda match: b"%%%02X" % match[0][0], name).decode("ascii")


def percent_decoded(word: bytes) -> bytes:
    """The name that a word stands for; a percent sign that begins no code stands for itself."""
    return _ENCODED.sub(lambda match: bytes([int(match[1], 16)]), word)
