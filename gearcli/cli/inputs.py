"""Where jobs come from: arguments, files, standard input; whole or in records."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Sequence
from typing import NamedTuple

from gearcli.client.records import Given, Source, Splitter, Stream
from gearcli.errors import InputError, UsageError, reason_of


class Input(NamedTuple):
    """Where the jobs come from: WORKLOAD arguments, files or standard input.

    `delimiter` ends a record; without one each is one job as a whole.
    """

    workloads: Sequence[str]
    files: Sequence[str]
    delimiter: bytes | None

    @property
    def many(self) -> bool:
        """Whether it may be more than one job."""
        return self.delimiter is not None or len(self.workloads) + len(self.files) > 1

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.files[0] if len(self.files) == 1 else "the input" if self.files else "standard input"

    def source(self) -> Source:
        """The records, or whole workloads.  Raises InputError."""
        if self.delimiter is None:
            return whole_source(self.workloads, self.files)
        return record_source(self.delimiter, self.files)


def given(
    workloads: Sequence[str] | None, files: Sequence[str] | None, delimiter: bytes | None, *, jsonl: bool
) -> Input:
    """The input that arguments and options name.  Raises UsageError where they contradict each other."""
    if jsonl and delimiter is not None:
        raise UsageError("--jsonl reads lines; -n, -0 and --delimiter do not go with it")
    if (jsonl or delimiter is not None) and workloads:
        raise UsageError("WORKLOAD arguments and records from a stream exclude each other")
    return Input(workloads or [], files or [], b"\n" if jsonl else delimiter)


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
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise unreadable(path, error) from None
    return descriptor


def _whole(descriptor: int, name: str) -> bytes:
    try:
        with open(descriptor, "rb", buffering=0, closefd=descriptor != 0) as file:
            return file.readall()
    except OSError as error:
        raise unreadable(name, error) from None


def unreadable(name: str, error: OSError) -> InputError:
    """The error to raise where something cannot be read."""
    return InputError(f"cannot read {name}: {reason_of(error)}")
