"""The file of a store: who may use it, whose it is, and what is no such file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from gearcli.errors import InputError, OutputError, StoreDamaged, StoreInUse
from gearcli.server import ended
from gearcli.server.sqlite import SqliteStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


def test_only_its_owner_may_read_it(path: Path) -> None:
    store = SqliteStore(str(path))
    store.prefix(b"H:")
    store.begin()
    modes = {os.stat(f"{path}{ending}").st_mode & 0o777 for ending in ("", "-wal", "-shm")}
    store.close()
    assert {0o600} == modes


def test_one_at_a_time(path: Path) -> None:
    store = SqliteStore(str(path))
    with pytest.raises(StoreInUse, match="in use by another gear process"):
        SqliteStore(str(path))
    store.close()
    SqliteStore(str(path)).close()


def test_a_link_is_not_followed(path: Path, tmp_path: Path) -> None:
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match=r"is a symbolic link; name the file itself, .*/elsewhere"):
        SqliteStore(str(path))
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["/dev/null", "/no/such/folder/jobs.db", "/tmp"])
def test_what_is_no_file(name: str) -> None:
    with pytest.raises(OutputError):
        SqliteStore(name)


def test_a_missing_file_is_made_only_where_that_is_meant(path: Path) -> None:
    with pytest.raises(InputError):
        SqliteStore(str(path), create=False)
    assert not path.exists()


def test_a_database_of_somebody_else(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(ended, "FOLDER", str(tmp_path / "memory"))
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE gearman_queue (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(InputError, match="gear store import"):
        SqliteStore(str(path))
    with pytest.raises(InputError, match="gear store import"):
        SqliteStore(str(path), create=False)
    assert before == path.read_bytes(), "nothing of it changes"
    assert [path] == [each for each in tmp_path.iterdir() if each.is_file()]
    assert [] == list((tmp_path / "memory").iterdir()), "nothing is left behind"


def test_an_empty_file_becomes_a_store_only_where_that_is_meant(path: Path) -> None:
    path.touch()
    with pytest.raises(InputError, match="is empty"):
        SqliteStore(str(path), create=False)
    assert b"" == path.read_bytes()
    SqliteStore(str(path)).close()
    SqliteStore(str(path), create=False).close()


def test_a_store_is_known_before_its_first_checkpoint(path: Path, tmp_path: Path) -> None:
    """A server that is killed at once leaves the rest in the WAL."""
    store = SqliteStore(str(path))
    store.prefix(b"H:")
    for ending in ("", "-wal"):
        (tmp_path / f"copy.db{ending}").write_bytes(Path(f"{path}{ending}").read_bytes())
    store.close()
    store = SqliteStore(str(tmp_path / "copy.db"), create=False)
    assert b"H:" == store.prefix()
    store.close()


def test_another_format(path: Path) -> None:
    SqliteStore(str(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(InputError, match="another version of gear"):
        SqliteStore(str(path))


def test_no_database_at_all(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)
    before = path.read_bytes()
    for create in (True, False):
        with pytest.raises(InputError, match=r"jobs\.db is no store of gear; it is no database of SQLite"):
            SqliteStore(str(path), create=create)
    assert before == path.read_bytes()


@pytest.mark.parametrize(
    "tear",
    [
        lambda content: content[:7],
        lambda content: content[:50],
        lambda content: bytes(16) + content[16:],
        lambda content: bytes(4096) + content[4096:],
    ],
    ids=["seven bytes are left", "not all of the header is left", "its mark is lost", "a page is zeros"],
)
def test_what_is_left_of_a_store_is_damaged(path: Path, tear: Callable[[bytes], bytes]) -> None:
    SqliteStore(str(path)).close()
    path.write_bytes(tear(path.read_bytes()))
    with pytest.raises(StoreDamaged, match="gear store check"):
        SqliteStore(str(path))
