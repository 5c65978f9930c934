"""Jobs that are over, noted in memory that a kill does not reach."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.server import ended as ending
from gearcli.server.ended import MOST, Ended
from gearcli.server.sqlite import SqliteStore
from gearcli.server.store import RESERVED
from tests.server.stores import changes, job


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A descriptor of a store's file, whose notes are in a folder of their own."""
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(ending, "FOLDER", str(tmp_path / "memory"))
    descriptor = os.open(tmp_path / "jobs.db", os.O_RDWR | os.O_CREAT, 0o600)
    yield descriptor
    os.close(descriptor)


def test_notes_outlive_who_made_them(store: int) -> None:
    first = Ended(store)
    first.begin(b"H:one-")
    first.note([3, 5])
    first.note([9])
    first.close(forget=False)
    second = Ended(store)
    assert [3, 5, 9] == second.of(b"H:one-")
    assert [] == second.of(b"H:two-")
    second.begin(b"H:two-")
    assert [] == second.of(b"H:two-") == second.of(b"H:one-")
    second.close(forget=True)
    assert [] == Ended(store).of(b"H:two-")


@pytest.mark.parametrize("owner", [b"ends in NUL\0", b"\0", bytes(16), b"x" * 200])
def test_an_owner_may_be_any_bytes(store: int, owner: bytes) -> None:
    notes = Ended(store)
    notes.begin(owner)
    notes.note([3])
    assert [3] == notes.of(owner)
    assert [] == notes.of(b"another")
    notes.close(forget=True)


def test_of_too_many_the_last_are_known(store: int) -> None:
    notes = Ended(store)
    notes.begin(b"H:")
    notes.note(range(MOST + 10))
    assert {*range(10, MOST + 10)} == set(notes.of(b"H:"))
    notes.close(forget=True)
    notes.close(forget=True)


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_file_that_others_may_write_or_read_is_not_used(store: int, tmp_path: Path, mode: int) -> None:
    Ended(store).close(forget=False)
    (file,) = (tmp_path / "memory").iterdir()
    file.chmod(mode)
    notes = Ended(store)
    notes.begin(b"H:")
    notes.note([1])
    assert [] == notes.of(b"H:")


def test_where_there_is_no_such_memory(store: int, tmp_path: Path) -> None:
    (tmp_path / "memory").rmdir()
    notes = Ended(store)
    notes.note([1])
    notes.begin(b"H:")
    notes.close(forget=True)
    assert [] == notes.of(b"H:")


def test_a_killed_server_runs_nothing_again_that_was_over(tmp_path: Path) -> None:
    path = str(tmp_path / "jobs.db")
    killed = SqliteStore(path)
    killed.prefix(b"H:one-")
    killed.begin()
    killed.commit(changes(*map(job, range(1, 6))))
    killed.over([2, 4])
    killed._connection.close()
    os.close(killed._lock)
    for again in (1, 2):
        store = SqliteStore(path)
        assert [1, 3, 5] == [stored.number for stored in store.load()]
        assert 1 + again * RESERVED == store.begin()
        store._connection.close()
        os.close(store._lock)
    SqliteStore(path).close()
