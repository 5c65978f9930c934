"""What a store in SQLite does beyond the contract: what it cannot read, how its files grow and shrink."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from gearcli.errors import StoreDamaged, StoreError
from gearcli.server import sqlite, sqlite_file
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
    monkeypatch.setattr(sqlite_file, "_PATIENCE", 0.05)
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
        store.commit(changes(job(number, workload=bytes(60_000)), ended=[number - 1]))
    assert os.stat(f"{path}-wal").st_size < 1_500_000
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
