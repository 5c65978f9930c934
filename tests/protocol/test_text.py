"""The text protocol: command lines and reply rows, byte for byte as gearmand writes them."""

from __future__ import annotations

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol import text
from gearcli.protocol.text import COMMANDS, ROWS, ConnectionRow, FunctionRow, JobRow, PriorityRow


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


def test_a_number_may_not_be_endless() -> None:
    with pytest.raises(ProtocolError, match="row that is none"):
        text.parse_status([b"f\t1\t2\t" + b"9" * 5000])


def test_prioritystatus_rows_are_read_back() -> None:
    rows = [PriorityRow(b"a\tb", 1, 2, 3, 4), PriorityRow(b"", 0, 0, 0, 0)]
    assert rows == text.parse_priority_status(text.priority_status_reply(rows).split(b"\n")[:-2])


def test_show_jobs_rows_are_read_back() -> None:
    rows = [JobRow(b"H:1", 2, True, False), JobRow(b"H:2", 0, False, True)]
    assert rows == text.parse_show_jobs(text.show_jobs_reply(rows).split(b"\n")[:-2])


def test_workers_rows_are_read_back() -> None:
    rows = [
        ConnectionRow(37, b"127.0.0.1", b"-", ()),
        ConnectionRow(38, b"::1", b"two words", (b"a", b"b")),
        ConnectionRow(39, b"unix", b"", (b":",)),
    ]
    assert rows == text.parse_workers(text.workers_reply(rows).split(b"\n")[:-2])


@pytest.mark.parametrize(
    "row", [b"", b"37", b"x ::1 - : f", b"1 ::1 id", b"9" * 21 + b" ::1 - :", b"-1 ::1 - :"]
)
def test_a_row_of_workers_that_is_none(row: bytes) -> None:
    with pytest.raises(ProtocolError, match="the server's workers has a row that is none"):
        text.parse_workers([row])


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (b"ERR UNKNOWN_JOB", ("UNKNOWN_JOB", "UNKNOWN_JOB")),
        (b"ERR QUEUE_ERROR Job+queue+is+full", ("QUEUE_ERROR", "Job queue is full")),
        (b"ERR unknown_command Unknown+server+command", ("unknown_command", "Unknown server command")),
        (b"err unknown_job No+such", ("unknown_job", "No such")),
        (b"ERR function not found", ("function not found", "function not found")),
        (b"ERR \x1b[2J", ("\\x1b[2J", "\\x1b[2J")),
        (b"ERR " + b"x" * 5000, ("x" * 996, "x" * 996)),
    ],
)
def test_a_refusal_is_read(line: bytes, refusal: tuple[str, str]) -> None:
    assert refusal == text.parse_refusal(line)


@pytest.mark.parametrize("line", [b"OK", b"ERR", b"ERRATIC\t1\t0\t0", b"ERR or\t1\t0\t0", b"."])
def test_what_is_no_refusal(line: bytes) -> None:
    assert text.parse_refusal(line) is None


def test_every_command_is_answered_by_rows_or_by_a_line() -> None:
    assert {"status", "show", "functions", "result"} < ROWS
    assert {"version", "getpid", "verbose", "maxqueue", "cancel", "create", "drop", "shutdown"} == set(
        COMMANDS
    ) - ROWS
