"""Lines of styled text."""

from __future__ import annotations

from gearcli.cli.styled import (
    ALARM,
    CHOSEN,
    Piece,
    bar,
    clipped,
    line,
    sequence,
    without_colour,
)


def test_a_line_and_a_bar() -> None:
    assert [Piece(0, "abc", "")] == line("abc", 5)
    assert [Piece(0, "abc  ", CHOSEN)] == bar("abc", 5)


def test_what_does_not_fit_is_clipped() -> None:
    pieces = [Piece(0, "abc"), Piece(4, "def"), Piece(9, "g")]
    assert [Piece(0, "abc"), Piece(4, "d…")] == clipped(pieces, 6)
    assert pieces == clipped(pieces, 10)


def test_each_piece_stands_at_its_column() -> None:
    pieces = [Piece(0, "a"), Piece(4, "b", ALARM)]
    assert "\x1b[3;1H\x1b[2Ka\x1b[3;5H\x1b[1;31mb\x1b[0m" == sequence(pieces, 2, colour=True)
    assert "\x1b[3;1H\x1b[2Ka\x1b[3;5H\x1b[1mb\x1b[0m" == sequence(pieces, 2, colour=False)


def test_bold_and_reverse_are_no_colours() -> None:
    assert ["1", "", "7", "2", ""] == list(map(without_colour, ("1;31", "32", "7", "2", "")))
