"""The help of `gear top` on the screen."""

from __future__ import annotations

from gearcli.cli.top_choices import Choices, Page
from tests.cli.watching import drawn, scene, watching


def helping() -> Choices:
    choices = Choices()
    choices.page = Page.HELP
    return choices


def test_it_fits_on_a_usual_screen_whole() -> None:
    rows = drawn(scene(watching([]), helping()))
    assert 24 == len(rows)
    assert not any(row.endswith("…") for row in rows)
    assert "QUEUED BEFORE  jobs that waited in the last five minutes, on the right now" in rows
    assert "any key goes back" == rows[-1]


def test_it_tells_every_key() -> None:
    said = "\n".join(drawn(scene(watching([]), helping())))
    for key in ("q ", "p ", "s  S", "/ ", "e ", "Enter", "Esc", "?", "page up", "Home"):
        assert key in said


def test_small_screens() -> None:
    for height in range(1, 24):
        assert height == len(drawn(scene(watching([]), helping(), ascii_only=True), 30, height))
