"""What a peer sent, made safe to show."""

from __future__ import annotations

import pytest

from gearcli.escape import row_field, shown, shown_lines


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"resize", "resize"),
        ("größer 日本".encode(), "größer 日本"),
        (b"", ""),
        (b"a b", "a b"),
        (b"\x1b[2Jgone", "\\x1b[2Jgone"),
        (b"row\nforged", "row\\nforged"),
        (b"tab\there\r", "tab\\there\\r"),
        (b"\x9b31m", "\\x9b31m"),
        ("\u009b31m".encode(), "\\x9b31m"),
        (b"not utf-8: \xff\xfe", "not utf-8: \\xff\\xfe"),
        ("turn\u202eed".encode(), "turn\\u202eed"),
        ("line\u2028two".encode(), "line\\u2028two"),
        ("\U000e0041".encode(), "\\U000e0041"),
        (b"\0\x7f", "\\x00\\x7f"),
    ],
)
def test_shown_is_one_printable_line(raw: bytes, expected: str) -> None:
    assert expected == shown(raw)
    assert shown(raw).isprintable()


def test_text_is_shown_as_bytes_are() -> None:
    assert "\\x1b[0m" == shown("\x1b[0m")


def test_every_single_byte_is_shown_as_something_printable() -> None:
    assert all(shown(bytes([byte])).isprintable() for byte in range(256))


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\r\ntwo", ["one", "two"]),
        (b"one\n\ntwo", ["one", "", "two"]),
        (b"\x1b[1mone\n", ["\\x1b[1mone"]),
        (b"", [""]),
    ],
)
def test_lines_of_a_message_are_shown_one_by_one(raw: bytes, lines: list[str]) -> None:
    assert lines == shown_lines(raw)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (b"App\\Job::run now", b"App\\Job::run now"),
        (b"a\tb\nc", b"a\\x09b\\x0ac"),
        (b"\x1b\x7f\0", b"\\x1b\\x7f\\x00"),
        ("größer".encode(), "größer".encode()),
        (b"\xff", b"\xff"),
    ],
)
def test_a_row_field_loses_only_its_control_bytes(name: bytes, field: bytes) -> None:
    assert field == row_field(name)
