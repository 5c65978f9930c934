"""Where jobs come from: arguments, files, standard input; whole or in records."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gearcli.client.records import Given, Source, Splitter, Stream
from gearcli.errors import InputError, UsageError


def record_delimiter(lines: bool, null: bool, delimiter: str | None) -> bytes | None:
    """What ends a record, by the options -n, -0 and --delimiter; None without any of them.

    Raises UsageError where they contradict each other.
    """
    if lines + null + (delimiter is not None) > 1:
        raise UsageError("-n, -0 and --delimiter exclude each other; choose one")
    if delimiter is not None:
        return _unescaped(delimiter)
    return b"\n" if lines else b"\0" if null else None


def _unescaped(text: str) -> bytes:
    """The bytes of a delimiter as typed, with backslash escapes."""
    try:
        raw = os.fsencode(text).decode("latin-1").encode("latin-1", "backslashreplace")
        delimiter = raw.decode("unicode_escape").encode("latin-1")
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise UsageError(f"--delimiter {text!r} has an escape that is none; write it like \\t") from None
    if not delimiter:
        raise UsageError("--delimiter needs at least one character")
    return delimiter


def record_source(delimiter: bytes, files: Sequence[str], *, keep: bool = False) -> Source:
    """Records from files, or from standard input; all files are opened before any is read."""
    if not files:
        return Stream([0], ["standard input"], Splitter(delimiter, keep=keep))
    return Stream([_opened(path) for path in files], files, Splitter(delimiter, keep=keep))


def whole_source(workloads: Sequence[str], files: Sequence[str]) -> Source:
    """A job for each argument and each file; without any, standard input is one job.

    A terminal is not read: then the one workload is empty.
    """
    given = [os.fsencode(workload) for workload in workloads]
    given += [_whole(_opened(path), path) for path in files]
    if not given:
        given = [b"" if os.isatty(0) else _whole(0, "standard input")]
    return Given(given)


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _unreadable(path, error) from None


def _whole(descriptor: int, name: str) -> bytes:
    try:
        with open(descriptor, "rb", buffering=0, closefd=descriptor != 0) as file:
            return file.readall()
    except OSError as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: OSError) -> InputError:
    return InputError(f"cannot read {name}: {(error.strerror or str(error)).lower()}")
