"""What a person at `gear top` has chosen, key by key: order, filter, page, function.  No I/O, no clock."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from enum import Enum

from gearcli.cli import keys
from gearcli.client.documents import FunctionState
from gearcli.client.watch import ORDERS, Totals, Watch
from gearcli.escape import shown

_LONGEST = 200  # characters of a filter


class Page(Enum):
    """What the screen shows."""

    FUNCTIONS = "functions"
    INSIDE = "inside"
    HELP = "help"


class Choices:
    """What is chosen at present.  `height` is how many rows of a page there is room for."""

    def __init__(self, *, sort: str = "queued", pattern: str = "", hide_empty: bool = False) -> None:
        self.sort = sort
        self.pattern = pattern
        self.hide_empty = hide_empty
        self.typing = False
        """Whether keys are characters of the pattern."""
        self.paused = False
        self.page = Page.FUNCTIONS
        self.selected: bytes | None = None
        """The function that the cursor stays at; None until it is moved, then it stays at the first row."""
        self.first = 0
        """The first row of the functions that is on the screen."""
        self.inside_first = 0
        """The first row of a function's jobs and workers that is on the screen."""
        self.ended = False
        self._rows: tuple[object, list[FunctionState], Totals] = (None, [], Totals(0, 0, 0, None))

    # -- rows ------------------------------------------------------------------------

    def rows(self, watch: Watch) -> list[FunctionState]:
        """The functions that are wanted, in the order that is wanted."""
        what = (watch.news, self.sort, self.pattern, self.hide_empty)
        if self._rows[0] != what:
            wanted, order = matching(self.pattern), ORDERS[self.sort]
            found = [
                state
                for state in watch.states()
                if not (self.hide_empty and state.empty) and wanted(state.function)
            ]
            found.sort(key=lambda state: order(watch, state))
            self._rows = (what, found, watch.totals(found))
        return self._rows[1]

    def totals(self, watch: Watch) -> Totals:
        """All functions that are wanted, together."""
        self.rows(watch)
        return self._rows[2]

    def cursor(self, rows: Sequence[FunctionState]) -> int:
        """The row at which the cursor stands; the function at which it stood may be gone."""
        if self.selected is not None:
            for number, row in enumerate(rows):
                if row.function == self.selected:
                    return number
        return min(self.first, max(0, len(rows) - 1)) if self.selected is not None else 0

    def visible(self, rows: Sequence[FunctionState], height: int) -> range:
        """The rows that are on the screen: the one of the cursor is among them."""
        cursor, last = self.cursor(rows), max(0, len(rows) - height)
        self.first = min(max(self.first, cursor - height + 1), cursor, last)
        return range(self.first, min(len(rows), self.first + max(0, height)))

    # -- keys ------------------------------------------------------------------------

    def press(self, key: str, watch: Watch, height: int) -> None:
        """A key was pressed."""
        if self.page is Page.HELP:
            self.page = Page.FUNCTIONS
        elif self.typing:
            self._type(key)
        elif key == "q":
            self.ended = True
        elif key in ("?", "h"):
            self.page = Page.HELP
        elif key == "p":
            self.paused = not self.paused
        elif self.page is Page.INSIDE:
            self._inside(key, height)
        else:
            self._functions(key, watch, height)

    def _type(self, key: str) -> None:
        if key in (keys.ENTER, keys.UP, keys.DOWN):
            self.typing = False
        elif key == keys.ESCAPE:
            self.typing, self.pattern = False, ""
        elif key == keys.BACKSPACE:
            self.pattern = self.pattern[:-1]
        elif key == keys.CLEAR:
            self.pattern = ""
        elif len(key) == 1 and len(self.pattern) < _LONGEST:
            self.pattern += key

    def _functions(self, key: str, watch: Watch, height: int) -> None:
        rows = self.rows(watch)
        if key in ("s", "S"):
            self.sort = _following(self.sort, 1 if key == "s" else -1)
        elif key == "/":
            self.typing = True
        elif key == keys.ESCAPE:
            self.pattern = ""
        elif key == "e":
            self.hide_empty = not self.hide_empty
        elif key in (keys.ENTER, keys.RIGHT) and rows:
            self.selected = rows[self.cursor(rows)].function
            self.page, self.inside_first = Page.INSIDE, 0
        elif key in _STEPS and rows:
            to = _moved(key, self.cursor(rows), len(rows) - 1, height)
            self.selected = rows[to].function if to else None
            self.first = self.first if to else 0

    def _inside(self, key: str, height: int) -> None:
        if key in (keys.ESCAPE, keys.LEFT, keys.BACKSPACE):
            self.page = Page.FUNCTIONS
        elif key in _STEPS:
            # How many rows there are is known when they are shown.
            self.inside_first = _moved(key, self.inside_first, _MANY, height)


_STEPS = {
    keys.UP: -1, "k": -1, keys.DOWN: 1, "j": 1,
    keys.PAGE_UP: -2, "b": -2, keys.PAGE_DOWN: 2, " ": 2,
    keys.HOME: -3, "g": -3, keys.END: 3, "G": 3,
}  # fmt: skip
"""Keys that move: by a row, by a page (2), to an end (3)."""
_MANY = 1 << 60


def _moved(key: str, row: int, last: int, height: int) -> int:
    """The row to which a key moves, from the first to the last one."""
    step = _STEPS[key]
    distance = {1: 1, 2: max(1, height - 1), 3: last}[abs(step)]
    return min(max(row + (distance if step > 0 else -distance), 0), last)


def _following(order: str, step: int) -> str:
    names = list(ORDERS)
    return names[(names.index(order) + step) % len(names)]


class _Matching:
    """Whether a name is wanted; what counts is how it is shown."""

    def __init__(self, pattern: str) -> None:
        self._part = pattern.casefold()
        glob = any(character in pattern for character in "*?[")
        self._match = re.compile(fnmatch.translate(self._part)).match if glob else None

    def __call__(self, function: bytes) -> bool:
        if not self._part:
            return True
        name = shown(function).casefold()
        return bool(self._match(name)) if self._match else self._part in name


def matching(pattern: str) -> _Matching:
    """Whether a function's name has a pattern in it, or is like it if it has wildcards; in any case."""
    return _Matching(pattern)
