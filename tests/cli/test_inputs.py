"""Where jobs come from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gearcli.cli.inputs import record_delimiter, record_source, whole_source
from gearcli.client.records import Source
from gearcli.errors import InputError, UsageError


def records(source: Source) -> list[bytes]:
    """All records of a source."""
    while not source.ended:
        source.read()
    return list(source.records)


@pytest.mark.parametrize(
    ("lines", "null", "delimiter", "expected"),
    [
        (False, False, None, None),
        (True, False, None, b"\n"),
        (False, True, None, b"\0"),
        (False, False, ";;", b";;"),
        (False, False, r"\t", b"\t"),
        (False, False, r"\x1e\n", b"\x1e\n"),
        (False, False, "→", "→".encode()),
        (False, False, os.fsdecode(b"\xff"), b"\xff"),
        (False, False, "\\\\", b"\\"),
    ],
)
def test_what_ends_a_record(lines: bool, null: bool, delimiter: str | None, expected: bytes | None) -> None:
    assert expected == record_delimiter(lines, null, delimiter)


@pytest.mark.parametrize(
    "options",
    [(True, True, None), (True, False, ";"), (False, True, ";"), (True, True, ";")],
)
def test_delimiters_exclude_each_other(options: tuple[bool, bool, str | None]) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        record_delimiter(*options)


@pytest.mark.parametrize("delimiter", ["", r"\x", r"\u12", r"\N{SNOWMAN}", "\\"])
def test_delimiters_that_are_none(delimiter: str) -> None:
    with pytest.raises(UsageError, match="--delimiter"):
        record_delimiter(False, False, delimiter)


def test_arguments_and_files_are_a_job_each(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in\0file\n")
    source = whole_source(["one", "", os.fsdecode(b"\xff")], [str(tmp_path / "file")])
    assert [b"one", b"", b"\xff", b"in\0file\n"] == records(source)


def test_records_of_files(tmp_path: Path) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    paths[0].write_bytes(b"a\nb")
    paths[1].write_bytes(b"c\n")
    names = [str(path) for path in paths]
    assert [b"a", b"b", b"c"] == records(record_source(b"\n", names))
    assert [b"a\n", b"b", b"c\n"] == records(record_source(b"\n", names, keep=True))


def test_all_files_are_opened_before_any_is_read(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"a\n")
    names = [str(tmp_path / "there"), str(tmp_path / "missing")]
    with pytest.raises(InputError, match=f"cannot read {names[1]}: no such file or directory"):
        record_source(b"\n", names)


def test_a_folder_cannot_be_a_workload(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"cannot read {tmp_path}: is a directory"):
        whole_source([], [str(tmp_path)])
