"""Names that somebody may have meant."""

from __future__ import annotations

import pytest

from gearcli.client.likeness import Names

NAMES = Names([b"resize", b"image::rotate", b"App.Mail.send", b"ab"])


@pytest.mark.parametrize(
    ("name", "meant", "differs"),
    [
        (b"Resize", b"resize", "case, spaces or dashes"),
        (b"resize ", b"resize", "case, spaces or dashes"),
        (b"re-size\n", b"resize", "case, spaces or dashes"),
        (b"image::resize", b"resize", "the namespace"),
        (b"rotate", b"image::rotate", "the namespace"),
        (b"img\t rotate", b"image::rotate", "the namespace"),
        (b"Shop\\Mail\\Send", b"App.Mail.send", "the namespace"),
        (b"rezise", b"resize", "a letter"),
        (b"reszie", b"resize", "a letter"),
        (b"resiz", b"resize", "a letter"),
        (b"resizes", b"resize", "a letter"),
        (b"resive", b"resize", "a letter"),
    ],
)
def test_the_name_that_was_meant(name: bytes, meant: bytes, differs: str) -> None:
    assert (meant, differs) == NAMES.like(name)


@pytest.mark.parametrize("name", [b"resolve", b"crop", b"ac", b"", b" ", b"::", b"\xff\n", b"a" * 5000])
def test_a_name_that_is_like_none(name: bytes) -> None:
    assert NAMES.like(name) is None


def test_ten_thousand_names_are_looked_up_in_tables() -> None:
    names = Names(b"function-number-%d" % number for number in range(10_000))
    assert (b"function-number-77", "case, spaces or dashes") == names.like(b"Function_Number_77")
    assert (b"function-number-9999", "a letter") == names.like(b"fumction-number-9999")
