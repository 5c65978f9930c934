"""Keys, from the bytes that a terminal sends for them.  No I/O, no clock."""

from __future__ import annotations

import codecs
import re

UP, DOWN, LEFT, RIGHT = "up", "down", "left", "right"
PAGE_UP, PAGE_DOWN, HOME, END = "page up", "page down", "home", "end"
ENTER, ESCAPE, BACKSPACE, TAB, REDRAW, CLEAR = "enter", "escape", "backspace", "tab", "redraw", "clear"
"""Keys that are no character; a key that is one is that character."""

_CONTROL = {
    "\r": ENTER,
    "\n": ENTER,
    "\t": TAB,
    "\x7f": BACKSPACE,
    "\b": BACKSPACE,
    "\x0c": REDRAW,
    "\x15": CLEAR,
}

# Both the forms of the cursor keys (CSI and SS3) and those of xterm, rxvt, screen and the Linux console.
_SEQUENCES = {
    **{f"\x1b{lead}{end}": key for lead in "[O" for end, key in zip(
        "ABCDHFM", (UP, DOWN, RIGHT, LEFT, HOME, END, ENTER), strict=True)},
    "\x1b[1~": HOME, "\x1b[7~": HOME, "\x1b[4~": END, "\x1b[8~": END,
    "\x1b[5~": PAGE_UP, "\x1b[6~": PAGE_DOWN,
}  # fmt: skip
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~])")
_BEGINNING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?")
_LONGEST = 32  # characters of a sequence; what is longer is none


class Keys:
    """Makes keys of bytes; what is not a key that it knows is no key.

    A lone Escape and the beginning of a sequence look the same until nothing
    follows: as long as `pending`, say `flush` after a moment without bytes.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._text = ""

    @property
    def pending(self) -> bool:
        """Whether what was last fed may be the beginning of more."""
        return bool(self._text)

    def feed(self, data: bytes) -> list[str]:
        """The keys that these bytes end."""
        self._text += self._decoder.decode(data)
        keys: list[str] = []
        while self._text:
            length, key = self._next()
            if not length:
                break
            self._text = self._text[length:]
            if key:
                keys.append(key)
        return keys

    def flush(self) -> list[str]:
        """The keys that it is if nothing follows."""
        text, self._text = self._text, ""
        return [ESCAPE] if text else []

    def _next(self) -> tuple[int, str]:
        """How many characters the first key has, 0 if that cannot be told yet, and the key, if it is one."""
        first = self._text[0]
        if first != "\x1b":
            return 1, _CONTROL.get(first, first if first.isprintable() else "")
        if match := _SEQUENCE.match(self._text):
            return match.end(), _SEQUENCES.get(match[0], "")
        if _BEGINNING.fullmatch(self._text) and len(self._text) < _LONGEST:
            return 0, ""
        return 1, ESCAPE
