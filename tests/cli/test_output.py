"""Data to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator

import pytest

from gearcli.cli import output
from gearcli.cli.output import (
    failure,
    message,
    missing_end,
    on_terminal,
    text_or_base64,
    unwritable,
    with_tabs,
    write,
    write_text,
)
from gearcli.errors import OutputError


@contextlib.contextmanager
def output_to(descriptor: int) -> Iterator[None]:
    """Standard output is something else for a while."""
    saved = os.dup(1)
    os.dup2(descriptor, 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)
        os.close(descriptor)


def test_data_leaves_unchanged(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write(bytes(range(256)))
    assert (bytes(range(256)), b"") == capfdbinary.readouterr()


def test_nothing_is_written_for_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with output_to(os.open("/dev/full", os.O_WRONLY)):
        write(b"")


def test_text_is_utf_8_whatever_the_locale(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write_text("→\udcff\n")
    assert "→\\udcff\n".encode() == capfdbinary.readouterr().out


def test_a_full_disk_is_an_error() -> None:
    with (
        pytest.raises(OutputError, match="cannot write the output: no space left on device"),
        output_to(os.open("/dev/full", os.O_WRONLY)),
    ):
        write(b"x")


def test_a_reader_that_has_gone_is_another() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError), output_to(writing):
        write(b"x")


def test_a_message_is_one_harmless_line(capfd: pytest.CaptureFixture[str]) -> None:
    message("no \x1b[31m\nhost")
    assert ("", "gear: no \\x1b[31m\\nhost\n") == capfd.readouterr()


def test_a_message_that_cannot_be_said_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "wb", buffering=0) as full:
        stream = io.TextIOWrapper(full, write_through=True)
        for _ in ("full", "closed"):
            monkeypatch.setattr(sys, "stderr", stream)
            message("nobody hears this")
            monkeypatch.undo()
            stream.close()


def test_a_pipe_is_no_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert not on_terminal()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no space left on device"),
        (OSError("Something else"), "something else"),
    ],
)
def test_what_cannot_be_written_is_said_with_the_reason(error: OSError, words: str) -> None:
    assert f"cannot write the log: {words}" == str(unwritable("the log", error))


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        ("ü\0\n".encode(), {"result": "ü\0\n"}),
        (b"", {"result": ""}),
        (b"\xff\xfe", {"result_base64": "//4="}),
    ],
)
def test_bytes_in_json(data: bytes, keys: dict[str, str]) -> None:
    assert keys == text_or_base64("result", data)


def test_tabs_of_a_name_stay() -> None:
    assert "namespace\t\\x1bname\\n" == with_tabs(b"namespace\t\x1bname\n")


@pytest.mark.parametrize("words", ["a:1 is busy", "busy"])
def test_a_failure_names_its_server_once(words: str) -> None:
    assert 1 == failure("a:1", OSError(words)).count("a:1")


@pytest.mark.parametrize(("data", "end"), [(b"x", b"\n"), (b"x\n", b""), (b"", b"")])
def test_a_terminal_wants_a_line_end(data: bytes, end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    assert b"" == missing_end(data)
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    assert end == missing_end(data)
