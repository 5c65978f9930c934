"""gearmand's own table, read: by hand here, from the real one in tests/cli/test_store.py."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gearcli.errors import InputError
from gearcli.server.foreign import TABLE, numbered, read
from gearcli.server.store import StoredJob


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "queue.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE gearman_queue (unique_key TEXT, function_name TEXT, priority INTEGER, data BLOB,"
            " when_to_run INTEGER, PRIMARY KEY (unique_key, function_name))"
        )
        rows = [("u", "f", 0, b"\0w", 0), ("v", "f", 2, b"x", 2_000_000_000), ("", "g", 9, None, None)]
        connection.executemany("INSERT INTO gearman_queue VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
    return path


def test_every_field(path: Path) -> None:
    assert [
        StoredJob(0, b"f", b"u", b"\0w", 0, 10.0),
        StoredJob(0, b"f", b"v", b"x", 2, 10.0, 2e9),
        StoredJob(0, b"g", b"", b"", 1, 10.0),
    ] == read(str(path), TABLE, 10.0)


def test_what_is_known_is_left_out(path: Path) -> None:
    jobs = numbered(read(str(path), TABLE, 10.0), 5, {(b"f", b"u"), (b"g", b"")})
    assert [(5, b"v"), (6, b"")] == [(each.number, each.unique) for each in jobs]


@pytest.mark.parametrize("table", ["other", 'a"b; DROP TABLE gearman_queue'])
def test_no_such_table(path: Path, table: str) -> None:
    with pytest.raises(InputError, match="cannot read gearmand's queue"):
        read(str(path), table, 0.0)
    assert 3 == len(read(str(path), TABLE, 0.0))


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read(str(tmp_path / "none"), TABLE, 0.0)


def test_a_name_that_no_server_of_ours_takes(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gearman_queue SET function_name = ?", ["f" * 513])
    connection.close()
    with pytest.raises(InputError, match=r"nothing is imported: .* 513 bytes"):
        read(str(path), TABLE, 0.0)
