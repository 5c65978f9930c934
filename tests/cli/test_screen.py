"""The whole screen of a terminal; how it is left is tested in tests/terminal/test_top.py, too."""

from __future__ import annotations

import os

import pytest

from gearcli.cli import screen as module
from tests.terminal.screens import ALTERNATE, seen

_DRAWS = """
from gearcli.cli.screen import Screen
from gearcli.cli.styled import Piece
with Screen(colour=True) as screen:
    for row in ("old", "new"):
        screen.draw([[Piece(0, "always")], [Piece(2, row, "1;31")], [Piece(0, "x" * 300)]])
        assert screen.keys() == b"k"
    screen.clear()
    screen.draw([[Piece(0, "size %d %d" % screen.size)]])
    screen.keys()
print("afterwards")
"""


def test_only_what_changes_is_drawn_and_afterwards_all_is_as_it_was() -> None:
    with seen("-c", _DRAWS, columns=60, rows=12) as screen:
        rows = screen.shows("always", "  old")
        assert "x" * 60 == rows[2]
        assert "" == rows[3]  # a line that is too long does not go on
        assert screen.screen.cursor.hidden
        before = len(screen.raw)
        screen.press("k")
        screen.shows("  new")
        assert "always" not in screen.raw[before:]
        screen.press("k")
        assert ["size 60 12"] == [row for row in screen.shows("size 60 12") if row]
        screen.press("k")
        assert 0 == screen.end()
        assert screen.before == screen.modes()
        assert screen.raw.endswith(f"{ALTERNATE[1]}afterwards\r\n")
        assert not screen.screen.cursor.hidden


@pytest.mark.parametrize(
    ("terminal", "descriptors", "usable"),
    [
        ("xterm", (0, 1, 2), True),
        ("dumb", (0, 1, 2), False),
        ("", (0, 1, 2), False),
        ("xterm", (1, 2), False),
        ("xterm", (0,), False),
    ],
)
def test_which_terminals_are_good_for_it(
    monkeypatch: pytest.MonkeyPatch, terminal: str, descriptors: tuple[int, ...], usable: bool
) -> None:
    monkeypatch.setattr(os, "isatty", lambda descriptor: descriptor in descriptors)
    monkeypatch.setenv("TERM", terminal)
    assert usable is module.usable()
