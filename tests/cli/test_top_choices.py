"""Keys, and what they choose."""

from __future__ import annotations

import pytest

from gearcli.cli import keys
from gearcli.cli.top_choices import Choices, Page, matching
from gearcli.client.snapshot import Snapshot
from gearcli.client.watch import ORDERS
from tests.cli.watching import function, watching

WATCH = watching(
    [function(name, queued) for name, queued in (("alpha", 1), ("beta", 3), ("gamma", 2), ("delta", 0))]
)
HEIGHT = 3


def pressed(choices: Choices, *each: str) -> Choices:
    for key in each:
        choices.press(key, WATCH, HEIGHT)
    return choices


def names(choices: Choices) -> list[bytes]:
    return [state.function for state in choices.rows(WATCH)]


def at(choices: Choices) -> int:
    return choices.cursor(choices.rows(WATCH))


def test_the_longest_queue_is_the_first() -> None:
    assert [b"beta", b"gamma", b"alpha", b"delta"] == names(Choices())


def test_sorting_goes_through_all_orders_and_back() -> None:
    choices, seen = Choices(), []
    for _ in ORDERS:
        seen.append(choices.sort)
        pressed(choices, "s")
    assert list(ORDERS) == seen
    assert "queued" == choices.sort
    assert list(ORDERS)[-1] == pressed(choices, "S").sort


def test_typing_a_filter() -> None:
    choices = pressed(Choices(), "/", "T", "x", keys.BACKSPACE, "a")
    assert (True, [b"beta", b"delta"]) == (choices.typing, names(choices))
    pressed(choices, keys.ENTER, keys.ESCAPE)
    assert (False, "") == (choices.typing, choices.pattern)
    assert ("q", False) == ((found := pressed(Choices(), "/", "q")).pattern, found.ended)
    assert "" == pressed(Choices(), "/", "a", "b", keys.CLEAR).pattern
    assert "" == pressed(Choices(), "/", "a", keys.ESCAPE).pattern
    assert 200 == len(pressed(Choices(), "/", *"a" * 300).pattern)


@pytest.mark.parametrize(
    ("pattern", "name", "found"),
    [
        ("", b"x", True),
        ("ESI", b"Resize", True),
        ("r*e", b"Resize", True),
        ("r*z", b"Resize", False),
        ("r?size", b"resize", True),
        ("[pr]esize", b"resize", True),
        ("\\x1b", b"\x1b[2J", True),  # what is seen can be typed
        ("a.c", b"abc", False),
    ],
)
def test_what_a_filter_finds(pattern: str, name: bytes, found: bool) -> None:
    assert found is matching(pattern)(name)


def test_functions_without_jobs_can_be_left_out() -> None:
    choices = pressed(Choices(), "e")
    assert b"delta" not in names(choices)
    assert b"delta" in names(pressed(choices, "e"))


def test_moving() -> None:
    choices = Choices()
    for key, row in (
        (keys.UP, 0), (keys.DOWN, 1), ("j", 2), ("k", 1), (keys.PAGE_DOWN, 3), (keys.DOWN, 3),
        (keys.PAGE_UP, 1), (keys.END, 3), (keys.HOME, 0), ("G", 3), ("g", 0), (" ", 2), ("b", 0),
    ):  # fmt: skip
        assert row == at(pressed(choices, key)), key


def test_the_cursor_stays_at_its_function() -> None:
    choices = pressed(Choices(), keys.DOWN)
    assert b"gamma" == choices.selected
    pressed(choices, "s", "s", "s", "s", "s", "s", "s")
    assert ("function", 3) == (choices.sort, at(choices))
    pressed(choices, "/", "e", keys.ENTER)  # it is not among them
    assert 0 == at(choices)


def test_the_cursor_that_was_not_moved_stays_at_the_first_row() -> None:
    watch = watching([function("a", 1), function("b", 2)])
    choices = Choices()
    assert b"b" == choices.rows(watch)[choices.cursor(choices.rows(watch))].function
    watch.told(0, Snapshot("", "", [function("a", 9), function("b", 2)]), 9.0)
    assert b"a" == choices.rows(watch)[choices.cursor(choices.rows(watch))].function


def test_the_screen_follows_the_cursor() -> None:
    choices = Choices()
    assert range(3) == choices.visible(choices.rows(WATCH), HEIGHT)
    pressed(choices, keys.END)
    assert range(1, 4) == choices.visible(choices.rows(WATCH), HEIGHT)
    pressed(choices, keys.HOME)
    assert range(3) == choices.visible(choices.rows(WATCH), HEIGHT)
    assert range(0) == choices.visible(choices.rows(WATCH), 0)


def test_pages() -> None:
    choices = pressed(Choices(), keys.DOWN, keys.ENTER)
    assert (Page.INSIDE, b"gamma") == (choices.page, choices.selected)
    pressed(choices, keys.DOWN, keys.DOWN)
    assert 2 == choices.inside_first
    assert Page.FUNCTIONS is pressed(choices, keys.ESCAPE).page
    assert Page.HELP is pressed(choices, "?").page
    assert (Page.FUNCTIONS, False) == (pressed(choices, "q").page, choices.ended)
    pressed(choices, keys.RIGHT, keys.LEFT, keys.ENTER, "p")
    assert (Page.INSIDE, True) == (choices.page, choices.paused)
    assert pressed(choices, "q").ended


def test_nothing_to_enter() -> None:
    choices = Choices(pattern="nothing is like that")
    assert Page.FUNCTIONS is pressed(choices, keys.ENTER, keys.DOWN, keys.END).page
