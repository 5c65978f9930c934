"""Pictures of the terminal: what an emulator holds becomes text in an SVG."""

from __future__ import annotations

from xml.etree import ElementTree

import pyte
import pytest

from tools.pictures import DOCS, HIGH, MARGIN, PICTURES, WIDE, picture

SVG = "{http://www.w3.org/2000/svg}"


def drawn(said: str) -> ElementTree.Element:
    screen = pyte.Screen(20, 3)
    pyte.Stream(screen).feed(said)
    return ElementTree.fromstring(picture(screen, "a title", rows=2))


def texts(svg: ElementTree.Element) -> list[str]:
    return [(each.text or "").rstrip() for each in svg.iter(f"{SVG}text")]


def test_rows_are_texts_below_the_title() -> None:
    svg = drawn("one\r\ntwo\r\nthree")
    assert ["$ a title", "one", "two"] == texts(svg)
    heights = [float(each.attrib["y"]) for each in svg.iter(f"{SVG}text")]
    assert heights == sorted(heights)
    assert float(svg.attrib["width"]) == 20 * WIDE + 2 * MARGIN


def test_neighbours_of_one_style_are_one_text() -> None:
    svg = drawn("a \x1b[1;31mred\x1b[0m b")
    assert ["$ a title", "a", "red", " b"] == texts(svg)
    red = list(svg.iter(f"{SVG}text"))[2]
    assert ("bold", "#e06c75") == (red.attrib["font-weight"], red.attrib["fill"])
    assert float(red.attrib["x"]) == pytest.approx(2 * WIDE + MARGIN)
    assert float(red.attrib["textLength"]) == pytest.approx(3 * WIDE)


def test_a_reversed_row_has_a_ground() -> None:
    (everything, ground) = drawn("\x1b[7mover\x1b[0m").iter(f"{SVG}rect")
    assert "100%" == everything.attrib["width"]
    assert float(ground.attrib["width"]) == pytest.approx(4 * WIDE)
    assert float(ground.attrib["height"]) == HIGH


def test_a_chosen_colour_stays() -> None:
    assert "#f92672" in {each.attrib["fill"] for each in drawn("\x1b[38;2;249;38;114mx").iter(f"{SVG}text")}


def test_markup_is_text() -> None:
    assert "<script>&amp;" in texts(drawn("<script>&amp;"))


@pytest.mark.parametrize(
    ("name", "words"),
    [("top.svg", ["thumbnail", "QUEUED"]), ("batch.svg", ["encode record", " done, 0 failed"])],
)
def test_the_pictures_of_the_documents_show_what_they_should(name: str, words: list[str]) -> None:
    assert name in PICTURES
    said = " ".join(texts(ElementTree.parse(DOCS / name).getroot()))
    assert all(word in said for word in words)
    assert "127.0.0.1" not in said
