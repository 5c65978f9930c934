"""What is read of a store that is damaged, and put into a new one."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from gearcli.errors import OutputError
from gearcli.server.salvage import UNKNOWN_PREFIX, rescue, salvage
from gearcli.server.sqlite import SqliteStore
from gearcli.server.store import RESERVED
from tests.server.stores import changes, job


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.db"
    for numbers in (range(1, 40), range(40, 60)):
        store = SqliteStore(str(path))
        store.prefix(b"H:one-")
        store.begin()
        store.commit(changes(*(job(number, workload=bytes(1000)) for number in numbers)))
        store.close()
    return path


def broken(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


def test_what_is_whole_is_found_whole(path: Path) -> None:
    found = salvage(str(path))
    assert (59, [], 0) == (len(found.jobs), found.changed, found.lost)


def test_what_has_changed_is_named(path: Path) -> None:
    broken(path, "UPDATE job SET workload = x'00' WHERE number = 7")
    broken(path, "UPDATE job SET function = 5 WHERE number = 8")
    found = salvage(str(path))
    assert [7, 8] == found.changed
    assert 2 == found.lost


def test_what_may_change_of_a_job_has_to_be_of_its_kind(path: Path, tmp_path: Path) -> None:
    """Its checksum does not say so, and no store would load it again."""
    broken(path, "UPDATE job SET died = 'soon' WHERE number = 7")
    broken(path, "UPDATE job SET losses = 'many' WHERE number = 8")
    broken(path, "UPDATE job SET reason = x'00' WHERE number = 9")
    found = salvage(str(path))
    assert [7, 8, 9] == found.changed
    rescue(found, str(tmp_path / "new.db"))
    store = SqliteStore(str(tmp_path / "new.db"))
    assert 56 == len(list(store.load()))
    store.close()


def test_what_is_missing_is_counted(path: Path) -> None:
    broken(path, "DELETE FROM job WHERE number > 50")
    assert 9 == salvage(str(path)).lost


def test_without_the_count_nobody_knows(path: Path) -> None:
    broken(path, "DROP TABLE file")
    found = salvage(str(path))
    assert found.lost is None
    assert UNKNOWN_PREFIX == found.prefix


def test_a_page_that_is_gone_costs_what_was_on_it(path: Path) -> None:
    content = bytearray(path.read_bytes())
    middle = len(content) // 4096 // 2 * 4096
    content[middle : middle + 4096] = bytes(4096)
    path.write_bytes(content)
    found = salvage(str(path))
    assert 0 < (found.lost or 0) < 10
    numbers = [stored.number for stored in found.jobs]
    assert 1 in numbers
    assert 59 in numbers


def test_what_is_saved_has_its_handle(path: Path, tmp_path: Path) -> None:
    broken(path, "DELETE FROM job WHERE number = 3")
    new = tmp_path / "new.db"
    rescue(salvage(str(path)), str(new))
    store = SqliteStore(str(new))
    numbers = [stored.number for stored in store.load()]
    assert b"H:one-" == store.prefix(b"H:other-")
    assert 1 + 2 * RESERVED == store.begin(), "numbers are not given again"
    store.close()
    assert [1, 2, *range(4, 60)] == numbers
    with pytest.raises(OutputError, match="exists"):
        rescue(salvage(str(path)), str(new))
