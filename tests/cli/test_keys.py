"""Keys from bytes, also when they come in pieces."""

from __future__ import annotations

import pytest

from gearcli.cli import keys
from gearcli.cli.keys import Keys


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"qp?", ["q", "p", "?"]),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D", [keys.UP, keys.DOWN, keys.RIGHT, keys.LEFT]),
        (b"\x1bOA\x1bOB", [keys.UP, keys.DOWN]),
        (b"\x1b[5~\x1b[6~\x1b[1~\x1b[4~", [keys.PAGE_UP, keys.PAGE_DOWN, keys.HOME, keys.END]),
        (b"\x1b[H\x1b[F\x1b[7~\x1b[8~", [keys.HOME, keys.END] * 2),
        (b"\r\n\x1bOM", [keys.ENTER] * 3),
        (b"\x7f\x08\t\x0c\x15", [keys.BACKSPACE, keys.BACKSPACE, keys.TAB, keys.REDRAW, keys.CLEAR]),
        ("ä世".encode(), ["ä", "世"]),
        (b"a\xff\xfeb", ["a", "b"]),  # no UTF-8
        (b"\x00\x01a", ["a"]),
        (b"\x1b[15~\x1b[1;5A\x1b[<0;3;4Ma", ["a"]),  # F5, Ctrl-up, a mouse: no keys of ours
        (b"\x1b\x1b[A", [keys.ESCAPE, keys.UP]),
        (b"\x1bq", [keys.ESCAPE, "q"]),
    ],
)
def test_keys_whole_and_byte_by_byte(data: bytes, expected: list[str]) -> None:
    assert expected == Keys().feed(data)
    pieces = Keys()
    assert expected == [key for byte in data for key in pieces.feed(bytes([byte]))]
    assert not pieces.pending


@pytest.mark.parametrize("data", [b"\x1b", b"\x1b[", b"\x1b[1;"])
def test_an_escape_is_a_key_when_nothing_follows(data: bytes) -> None:
    decoder = Keys()
    assert [] == decoder.feed(data)
    assert decoder.pending
    assert [keys.ESCAPE] == decoder.flush()
    assert not decoder.pending
    assert [] == decoder.flush()


def test_a_sequence_without_end_is_none() -> None:
    decoder = Keys()
    pressed = decoder.feed(b"\x1b[" + b"1" * 1000)
    assert keys.ESCAPE == pressed[0]
    assert not decoder.pending
