"""Which page is shown."""

from __future__ import annotations

import pytest

from gearcli.cli.top_choices import Choices, Page
from gearcli.cli.top_page import page_height
from tests.cli.watching import drawn, function, scene, watching


@pytest.mark.parametrize(
    ("page", "words"),
    [(Page.FUNCTIONS, "1 function:"), (Page.INSIDE, "asking for its jobs"), (Page.HELP, "any key goes back")],
)
def test_each_page_is_shown(page: Page, words: str) -> None:
    choices = Choices()
    choices.page, choices.selected = page, b"f"
    rows = drawn(scene(watching([function("f")]), choices))
    assert any(row.startswith(words) for row in rows)
    assert rows[0].startswith("gear top")


def test_a_page_is_as_high_as_there_is_room() -> None:
    assert 20 == page_height(scene(watching([])), (80, 24))
    assert 0 == page_height(scene(watching([])), (80, 1))
