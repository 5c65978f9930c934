"""The text protocol: command lines and reply rows, byte for byte as gearmand writes them."""

from __future__ import annotations

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol import text
from gearcli.protocol.text import ConnectionRow, FunctionRow


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"status\n", [b"status"]),
        (b"status\r\n", [b"status"]),
        (b"show   unique  jobs \n", [b"show", b"unique", b"jobs"]),
        (b"  status  \n", [b"", b"status"]),
        (b"maxqueue f\t1 2\n", [b"maxqueue", b"f\t1", b"2"]),
        (b"\n", [b""]),
        (b"   \r\n", [b""]),
    ],
)
def test_words_are_separated_by_spaces(line: bytes, words: list[bytes]) -> None:
    assert words == text.words_of(line)


def test_replies_of_one_line() -> None:
    assert b"OK\r\n" == text.ok()
    assert b"OK 1234\n" == text.ok("1234")
    assert b"ERR UNKNOWN_JOB\r\n" == text.err("UNKNOWN_JOB")
    assert b"ERR INVALID_ARGUMENTS An+incomplete+set\r\n" == text.err(
        "INVALID_ARGUMENTS", "An incomplete set"
    )


def test_an_unknown_command_is_named_without_a_space_before_it() -> None:
    assert b"ERR UNKNOWN_COMMAND Unknown+server+commandfoo\r\n" == text.unknown_command(b"foo")
    assert b"ERR UNKNOWN_COMMAND Unknown+server+command\\x1b[2J\r\n" == text.unknown_command(b"\x1b[2J")


def test_status_rows() -> None:
    rows = [FunctionRow(b"resize", 3, 1, 2), FunctionRow(b"mail", 0, 0, 0)]
    assert b"resize\t3\t1\t2\nmail\t0\t0\t0\n.\n" == text.status_reply(rows)
    assert b".\n" == text.status_reply([])


def test_workers_rows() -> None:
    rows = [ConnectionRow(37, b"127.0.0.1", b"-", ()), ConnectionRow(38, b"::1", b"w1", (b"a", b"b c"))]
    assert b"37 127.0.0.1 - :\n38 ::1 w1 : a b c\n.\n" == text.workers_reply(rows)


def test_names_cannot_forge_rows() -> None:
    assert b"f\\x0a.\t\t1\t0\t0\n.\n" == text.status_reply([FunctionRow(b"f\n.\t", 1, 0, 0)])
    forger = ConnectionRow(5, b"unix", b"id\n6 ::1", (b"f\r\n.",))
    assert b"5 unix id\\x0a6 ::1 : f\\x0d\\x0a.\n.\n" == text.workers_reply([forger])


def test_status_rows_are_read_back() -> None:
    rows = [FunctionRow(b"resize", 3, 1, 2), FunctionRow(b"with space", 0, 0, 0)]
    assert rows == text.parse_status(text.status_reply(rows).split(b"\n")[:-2])


def test_a_function_of_perl_may_hold_a_tab() -> None:
    assert [FunctionRow(b"namespace\tresize", 3, 1, 2)] == text.parse_status([b"namespace\tresize\t3\t1\t2"])


def test_queued_jobs_are_those_that_do_not_run() -> None:
    assert 2 == FunctionRow(b"resize", 3, 1, 2).queued


@pytest.mark.parametrize("row", [b"", b"resize", b"resize\t1\t2", b"resize\t1\t2\tx", b"resize\t1\t2\t-1"])
def test_a_row_that_is_none_is_an_error(row: bytes) -> None:
    with pytest.raises(ProtocolError, match="row that is none"):
        text.parse_status([row])
