"""What a store in SQLite does beyond the contract: its file, who else may use it, what it cannot read."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from gearcli.errors import InputError, OutputError, StoreDamaged, StoreError, StoreInUse
from gearcli.server import sqlite
from gearcli.server.sqlite import SqliteStore
from tests.server.stores import changes, job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


def filled(path: Path, count: int = 3) -> None:
    store = SqliteStore(str(path))
    store.prefix(b"H:one-")
    store.begin()
    store.commit(changes(*map(job, range(1, count + 1))))
    store.close()


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
    with pytest.raises(OutputError, match="cannot open the store"):
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


def test_a_database_of_somebody_else(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE gearman_queue (x)")
    connection.close()
    with pytest.raises(OutputError, match="gear store import"):
        SqliteStore(str(path))


def test_another_format(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(OutputError, match="another version of gear"):
        SqliteStore(str(path))


def test_no_database_at_all(path: Path) -> None:
    path.write_bytes(b"this is no database" * 500)
    with pytest.raises(StoreDamaged, match="gear store check"):
        SqliteStore(str(path))


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE job SET workload = x'00' WHERE number = 2",
        "DELETE FROM job WHERE number = 2",
        "DELETE FROM file",
        "UPDATE job SET function = 7 WHERE number = 2",
        "UPDATE job SET died = x'00' WHERE number = 2",
        "UPDATE job SET losses = 'many' WHERE number = 2",
        "UPDATE job SET reason = x'00' WHERE number = 2",
    ],
)
def test_nothing_is_dropped_in_silence(path: Path, damage: str) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    connection.close()
    store = SqliteStore(str(path))
    with pytest.raises(StoreDamaged, match="gear store check"):
        list(store.load())
    store.close()


def test_a_lock_of_somebody_else_fails_the_transaction_in_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.05)
    store = SqliteStore(str(path))
    store.prefix(b"H:")
    store.begin()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="locked by another process"):
        store.commit(changes(job(1)))
    other.execute("ROLLBACK")
    store.commit(changes(job(2)))
    other.close()
    assert [2] == [stored.number for stored in store.load()]
    store.close()


def test_the_wal_does_not_grow_without_end(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "_CHECKPOINT_BYTES", 100_000)
    store = SqliteStore(str(path))
    store.prefix(b"H:")
    store.begin()
    for number in range(1, 60):
        store.commit(changes(job(number, workload=bytes(20_000)), ended=[number - 1]))
    assert os.stat(f"{path}-wal").st_size < 1_000_000
    store.close()


def test_compacting_gives_room_back(path: Path) -> None:
    filled(path, 3000)
    before = path.stat().st_size
    store = SqliteStore(str(path))
    store.commit(changes(ended=[*range(1, 2999)]))
    store.compact()
    assert 2 == len(list(store.load()))
    store.close()
    assert path.stat().st_size < before / 4


def test_it_can_be_given_to_somebody(path: Path) -> None:
    store = SqliteStore(str(path))
    store.give(os.getuid(), os.getgid())
    store.close()
    assert os.getuid() == path.stat().st_uid
