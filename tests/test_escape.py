"""What a peer sent, made safe to show."""

from __future__ import annotations

import pytest

from gearcli.escape import percent_decoded, percent_encoded, row_field, shown, shown_lines


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
        (b"a\tb\nc", b"a\tb\\x0ac"),
        (b"\x1b\x7f\0", b"\\x1b\\x7f\\x00"),
        ("größer".encode(), "größer".encode()),
        (b"\xff", b"\xff"),
    ],
)
def test_a_row_field_loses_only_its_control_bytes_but_tabs(name: bytes, field: bytes) -> None:
    assert field == row_field(name)


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (b"resize", "resize"),
        (b"two words", "two%20words"),
        (b"prefix\tname", "prefix%09name"),
        (b'50%"\\', "50%25%22%5C"),
        (b"\xff\x00", "%FF%00"),
        (b"App::Jobs/[x]~!#$&'()*+,-.:;<=>?@^_`{|}", "App::Jobs/[x]~!#$&'()*+,-.:;<=>?@^_`{|}"),
    ],
)
def test_a_name_is_one_word_and_back(name: bytes, word: str) -> None:
    assert word == percent_encoded(name)
    assert name == percent_decoded(word.encode())


def test_a_percent_sign_that_begins_no_code_stands_for_itself() -> None:
    assert b"100%!%zz%a" == percent_decoded(b"100%!%zz%a")
    assert b"j" == percent_decoded(b"%6a") == percent_decoded(b"%6A")


def test_every_byte_survives() -> None:
    every = bytes(range(256))
    assert every == percent_decoded(percent_encoded(every).encode())
    assert percent_encoded(every).isascii()
    assert percent_encoded(every).isprintable()
