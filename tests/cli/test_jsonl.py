"""The records of `gear submit --jsonl`."""

from __future__ import annotations

import pytest

from gearcli.cli.jsonl import Record, parse
from gearcli.errors import UsageError
from gearcli.protocol.packets import Priority


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"{}", Record()),
        (b' {"workload": "a"}\r\n', Record(workload=b"a")),
        (b'\xef\xbb\xbf{"workload": "a"}', Record(workload=b"a")),
        ('{"workload": "→\\u2192\\u0000"}'.encode(), Record(workload="→→\0".encode())),
        (b'{"workload": "\\ud83d\\ude00"}', Record(workload="😀".encode())),
        (b'{"workload": ""}', Record(workload=b"")),
        (b'{"workload_base64": "/wA="}', Record(workload=b"\xff\0")),
        (b'{"workload_base64": ""}', Record(workload=b"")),
        (b'{"function": "r\xc3\xa9size", "unique": "k"}', Record(function="résize".encode(), unique=b"k")),
        (b'{"unique": "-"}', Record(unique=b"-")),
        (b'{"priority": "high"}', Record(priority=Priority.HIGH)),
        (b'{"priority": "normal"}', Record(priority=Priority.NORMAL)),
        (b'{"priority": "low"}', Record(priority=Priority.LOW)),
        (b'{"background": true}', Record(background=True)),
        (b'{"background": false}', Record(background=False)),
        (b'{"at": "2026-11-24 08:00"}', Record(at="2026-11-24 08:00")),
        (b'{"at": "08:00"}', Record(at="08:00")),
        (b'{"at": 1767225600}', Record(at="@1767225600")),
        (b'{"at": 1767225600.5}', Record(at="@1767225600.5")),
        (b'{"at": 1.7672256e9}', Record(at="@1767225600.0")),
    ],
)
def test_a_record(line: bytes, expected: Record) -> None:
    assert expected == parse(line, 1, "records.jsonl")


@pytest.mark.parametrize("line", [b"", b"\n", b" \t\r\n"])
def test_an_empty_line_is_none(line: bytes) -> None:
    assert parse(line, 1, "records.jsonl") is None


def fault(line: bytes) -> str:
    """What is said of a line, without the words that name it."""
    with pytest.raises(UsageError) as caught:
        parse(line, 3, "records.jsonl")
    place, _, words = str(caught.value).partition(": ")
    assert "line 3 of records.jsonl" == place
    return words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"workload": "a"', "not JSON at column 17: Expecting ',' delimiter"),
        (b"{'workload': 1}", "not JSON at column 2: Expecting property name"),
        (b'{"a\nb', "not JSON at column 4: Invalid control character"),
        (b"{} {}", "not JSON at column 4: Extra data"),
        (b'{"at": NaN}', "not JSON: NaN"),
        (b'{"at": -Infinity}', "not JSON: -Infinity"),
        (b'{"workload": "\xff"}', "not UTF-8 at byte 15; use workload_base64 for bytes"),
        (b"[" * 100_000, "too many brackets within brackets"),
        (b'{"at": ' + b"9" * 5000 + b"}", "a number with too many digits"),
    ],
)
def test_a_line_that_is_not_json(line: bytes, words: str) -> None:
    assert words == fault(line)[: len(words)]


@pytest.mark.parametrize("line", [b"null", b"[]", b'"a"', b"1", b"true"])
def test_a_line_that_is_not_an_object(line: bytes) -> None:
    assert 'not an object; write {"workload": "…"}' == fault(line)


def test_an_unknown_key_and_those_that_there_are() -> None:
    known = "function, workload, workload_base64, unique, priority, background, at"
    assert f'unknown key "work\\x1bload"; there are {known}' == fault(b'{"work\\u001bload": "a"}')


@pytest.mark.parametrize(
    "line", [b'{"workload": "a", "workload": "b"}', b'{"workload": [{"workload": 1, "workload": 2}]}']
)
def test_a_key_that_stands_there_twice(line: bytes) -> None:
    assert 'the key "workload" stands there twice' == fault(line)


@pytest.mark.parametrize("key", ["function", "workload", "workload_base64", "unique"])
@pytest.mark.parametrize("value", ["1", "true", "null", "[]", "{}"])
def test_a_text_that_is_none(key: str, value: str) -> None:
    assert f"{key} must be text in quotes" == fault(f'{{"{key}": {value}}}'.encode())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"priority": 1}', "priority must be high, normal or low, in quotes"),
        (b'{"background": 1}', "background must be true or false"),
        (b'{"background": "true"}', "background must be true or false"),
        (b'{"at": true}', "at must be a time as for --at, in quotes, or epoch seconds"),
        (b'{"at": null}', "at must be a time as for --at, in quotes, or epoch seconds"),
    ],
)
def test_another_value_of_the_wrong_type(line: bytes, words: str) -> None:
    assert words == fault(line)


@pytest.mark.parametrize("priority", ["urgent", "HIGH", ""])
def test_a_priority_that_is_none(priority: str) -> None:
    expected = f'"{priority}" is no priority; write high, normal or low, in quotes'
    assert expected == fault(f'{{"priority": "{priority}"}}'.encode())


def test_two_workloads() -> None:
    words = "workload and workload_base64 exclude each other"
    assert words == fault(b'{"workload": "a", "workload_base64": "YQ=="}')


@pytest.mark.parametrize("text", ["YQ", "YQ=", "YQ==\\n", "Y Q==", "YQ==YQ==", "=", "-_==", "é", "\\ud800"])
def test_base64_is_strict(text: str) -> None:
    assert fault(f'{{"workload_base64": "{text}"}}'.encode()).startswith("workload_base64 is not base64: ")


@pytest.mark.parametrize("key", ["function", "unique"])
def test_names_that_the_protocol_cannot_carry(key: str) -> None:
    assert f"{key} must not be empty; leave it out" == fault(f'{{"{key}": ""}}'.encode())
    assert f"{key} cannot contain a NUL" == fault(f'{{"{key}": "a\\u0000"}}'.encode())


@pytest.mark.parametrize("key", ["function", "workload", "unique"])
def test_half_of_a_surrogate_pair(key: str) -> None:
    words = f"{key} has half of a surrogate pair as character 2, which is no character"
    assert words == fault(f'{{"{key}": "a\\ud83d"}}'.encode())


@pytest.mark.parametrize(
    "value",
    ['"tomorrow"', '""', "-1", "1e400", "1767225600000", "1e-9", "9" * 4000],
    ids=lambda text: text[:20],
)
def test_a_time_that_is_none(value: str) -> None:
    assert "is not a time; write 2026-11-24 08:00" in fault(f'{{"at": {value}}}'.encode())
