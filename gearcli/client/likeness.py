"""Names that somebody may have meant: which of many names is like another one.  No I/O.

It is quick with thousands of names: none is compared with each, they meet in
tables, under what is left of them without what people mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gearcli.escape import shown

_SEPARATORS = re.compile(r"::|[.:/\\\t]")
"""What stands between a namespace and a name, in the languages that have them."""
_IGNORED = re.compile(r"[\s_-]|\\[a-z0-9]+")
"""Characters that are easily mistaken or not seen: spaces, dashes, and what is shown as an escape."""
_SHORTEST, _LONGEST = 4, 64
"""Characters of a name in which one may be wrong; shorter ones are like too many others."""


class Names:
    """Names to look among."""

    def __init__(self, names: Iterable[bytes]) -> None:
        self._folded: dict[str, bytes] = {}
        self._tails: dict[str, bytes] = {}
        self._shortened: dict[str, bytes] = {}
        for name in names:
            folded = _folded(shown(name))
            self._folded.setdefault(folded, name)
            self._tails.setdefault(_tail(name), name)
            for each in _shortened(folded):
                self._shortened.setdefault(each, name)

    def like(self, name: bytes) -> tuple[bytes, str] | None:
        """The name that is most like this one, and in what they differ; None if none is."""
        folded = _folded(shown(name))
        if (found := self._folded.get(folded)) is not None and folded:
            return found, "case, spaces or dashes"
        if (found := self._tails.get(_tail(name))) is not None and _tail(name):
            return found, "the namespace"
        for each in _shortened(folded):
            if (found := self._shortened.get(each)) is not None:
                return found, "a letter"
        return None


def _folded(text: str) -> str:
    return _IGNORED.sub("", text).casefold()


def _tail(name: bytes) -> str:
    """What stands behind the namespaces of a name."""
    text = name.decode("utf-8", "backslashreplace")
    return _folded(next((part for part in reversed(_SEPARATORS.split(text)) if part.strip()), ""))


def _shortened(text: str) -> Iterator[str]:
    """A name itself, without each of its letters, and its letters in order.

    Two that differ in one letter, or in the order of letters, have one of these in common.
    """
    if _SHORTEST <= len(text) <= _LONGEST:
        yield text
        yield "\0" + "".join(sorted(text))
        for place in range(len(text)):
            yield text[:place] + text[place + 1 :]
