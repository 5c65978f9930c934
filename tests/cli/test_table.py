"""Tables: columns, cells of every width, what is cut; ages and sizes in few letters."""

from __future__ import annotations

import pytest

from gearcli.cli.table import RED, Column, Line, age, amount, cells_of, cut, fitted, table

COLUMNS = [Column("NAME"), Column("COUNT", number=True), Column("")]


def test_numbers_stand_to_the_right() -> None:
    lines = [Line(["a", "1", ""]), Line(["long name", "1000", "note"])]
    assert "NAME       COUNT\na              1\nlong name   1000  note\n" == table(COLUMNS, lines)


def test_wide_and_empty_characters_are_counted_in_cells() -> None:
    lines = [Line(["日本", "1", ""]), Line(["e\u0301", "2", ""]), Line(["abcd", "3", ""])]
    assert "NAME  COUNT\n日本      1\ne\u0301         2\nabcd      3\n" == table(COLUMNS, lines)


def test_colour_is_that_of_the_last_cell() -> None:
    lines = [Line(["a", "1", "note"], RED), Line(["b", "2", ""], RED)]
    text = table(COLUMNS, lines, colour=True)
    assert "\x1b[1mNAME  COUNT\x1b[0m\na         1  \x1b[1;31mnote\x1b[0m\nb         2\n" == text


def test_a_table_fits_the_terminal() -> None:
    columns = [Column("A"), Column("B"), Column("N", number=True)]
    lines = [Line(["x" * 50, "y" * 30, "123456"]), Line(["日" * 40, "z", "1"])]
    rows = table(columns, lines, width=40).splitlines()
    assert 40 >= max(map(len, rows))
    assert rows[1].split()[0].endswith("…")
    assert rows[1].endswith("123456")


def test_a_terminal_may_be_too_narrow() -> None:
    rows = table([Column("A"), Column("B")], [Line(["x" * 50, "short"])], width=3).splitlines()
    assert "xxxxxxx…  short" == rows[1]


@pytest.mark.parametrize(
    ("text", "width", "short"), [("abcdef", 4, "abc…"), ("日本語", 4, "日…"), ("ab", 1, "…")]
)
def test_what_is_cut_says_so(text: str, width: int, short: str) -> None:
    assert short == cut(text, width)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "-"), (-1.0, "0ms"), (0.0, "0ms"), (0.8504, "850ms"), (1.0, "1s"), (59.9, "59s"),
        (60, "1m00s"),
        (3599, "59m59s"), (3600, "1h00m"), (86399, "23h59m"), (86400, "1d00h"), (1e9, "11574d01h"),
    ],
)  # fmt: skip
def test_ages(seconds: float | None, words: str) -> None:
    assert words == age(seconds)


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0"), (1023, "1023"), (1024, "1.0K"), (1536, "1.5K"), (10240, "10K"), (64 << 20, "64M"),
        (3 << 40, "3.0T"), (5000 << 40, "5000T"),
    ],
)  # fmt: skip
def test_sizes(count: int, words: str) -> None:
    assert words == amount(count)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("世界", 5, "世界 "),
        ("世界", 3, "世…"),
        ("世界", 2, "… "),
        ("a", 0, ""),
    ],
)
def test_a_text_is_made_to_fit(text: str, width: int, expected: str) -> None:
    assert expected == fitted(text, width)
    assert width == cells_of(fitted(text, width, right=True))


def test_a_text_may_stand_to_the_right() -> None:
    assert "   12" == fitted("12", 5, right=True)
