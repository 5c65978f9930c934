"""The contract of a store, and each store held to it.  A new engine is one more line in `STORES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gearcli.server.sqlite import SqliteStore
from gearcli.server.store import ALIVE, RESERVED, Changes, Store, StoredJob
from tests.server.stores import Disk, MemoryStore, changes, job

Opener = Callable[[], Store]


def in_memory(_: Path) -> Opener:
    disk = Disk()
    return lambda: MemoryStore(disk)


def in_sqlite(folder: Path) -> Opener:
    return lambda: SqliteStore(str(folder / "jobs.db"))


STORES = [in_memory, in_sqlite]
"""For each store what makes, from an empty folder, what opens the same store again and again."""


class Opened:
    """A store that is opened, closed and opened again; it is closed in the end."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.store = opener()
        self.store.prefix(b"H:one-")
        self.store.begin()

    def again(self) -> int:
        """Close it and open it again, as a restart does; the first free number."""
        self.store.close()
        self.store = self._opener()
        return self.store.begin()

    def jobs(self) -> list[StoredJob]:
        return list(self.store.load())


@pytest.fixture(params=STORES, ids=lambda param: param.__name__)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    store = Opened(request.param(tmp_path))
    yield store
    store.store.close()


class TestContract:
    def test_a_new_store_is_empty(self, opened: Opened) -> None:
        assert [] == opened.jobs()
        assert 1 + RESERVED == opened.again()

    def test_a_job_comes_back_as_it_was(self, opened: Opened) -> None:
        stored = StoredJob(7, b"f\n\xff", b"u", b"\0any\xffbytes", 0, 12.25, 1e9 + 0.5, 3, b"reducer")
        opened.store.commit(changes(stored))
        assert 1 + RESERVED == opened.again()
        assert [stored] == opened.jobs()

    def test_jobs_come_in_the_order_of_their_numbers(self, opened: Opened) -> None:
        opened.store.commit(changes(job(3), job(1)))
        opened.store.commit(changes(job(2)))
        assert [1, 2, 3] == [stored.number for stored in opened.jobs()]

    def test_uniques_may_be_alike(self, opened: Opened) -> None:
        opened.store.commit(changes(*(job(number, unique=b"-") for number in range(1, 4))))
        assert 3 == len(opened.jobs())

    def test_handles_begin_as_they_did(self, opened: Opened) -> None:
        opened.again()
        assert b"H:one-" == opened.store.prefix(b"H:two-") == opened.store.prefix()

    def test_no_number_is_given_twice(self, opened: Opened) -> None:
        assert 1 + RESERVED == opened.again(), "some that were set aside are not stored"
        opened.store.commit(changes(next_number=5 * RESERVED))
        assert 5 * RESERVED == opened.again()
        opened.store.commit(changes(next_number=5 * RESERVED + 3))
        assert 5 * RESERVED + 3 == opened.again(), "who ends in peace gives back what was set aside"
        opened.store.commit(changes(job(9 * RESERVED)))
        assert 9 * RESERVED + 1 == opened.again()

    def test_what_has_ended_is_gone(self, opened: Opened) -> None:
        opened.store.commit(changes(*map(job, range(1, 1001))))
        opened.store.commit(changes(ended=[*range(1, 1001, 2)]))
        opened.again()
        assert [*range(2, 1001, 2)] == [stored.number for stored in opened.jobs()]

    def test_what_is_added_and_ends_at_once_is_gone(self, opened: Opened) -> None:
        opened.store.commit(changes(job(1), job(2), ended=[1]))
        assert [job(2)] == opened.jobs()

    def test_losses_are_noted(self, opened: Opened) -> None:
        opened.store.commit(changes(job(1), job(2)))
        opened.store.commit(changes(losses={2: 4, 99: 1}))
        opened.again()
        assert [job(1), job(2, losses=4)] == opened.jobs()

    def test_deaths_are_noted_and_taken_back(self, opened: Opened) -> None:
        opened.store.commit(changes(job(1), job(2), job(3)))
        dying = changes(losses={1: 3, 2: 3, 9: 3})
        dying.deaths = {1: (1234.5, "why\nso\x00"), 2: (1234.5, ""), 9: (1.0, "")}
        for _ in range(2):
            opened.store.commit(dying)
        opened.again()
        dead = job(1, losses=3, died=1234.5, reason="why\nso\x00")
        assert [dead, job(2, losses=3, died=1234.5), job(3)] == opened.jobs()
        revived = changes(losses={1: 0}, ended=[2])
        revived.deaths = {1: ALIVE}
        opened.store.commit(revived)
        opened.again()
        assert [job(1), job(3)] == opened.jobs()

    def test_twice_is_once(self, opened: Opened) -> None:
        for _ in range(2):
            opened.store.commit(changes(job(1), job(2), losses={2: 1}, ended=[1, 5]))
        opened.again()
        assert [job(2, losses=1)] == opened.jobs()

    def test_nothing_changes_nothing(self, opened: Opened) -> None:
        opened.store.commit(changes(job(1)))
        opened.store.commit(Changes())
        assert not Changes()
        assert [job(1)] == opened.jobs()

    def test_big_and_many(self, opened: Opened) -> None:
        jobs = [job(number, workload=bytes(number * 40)) for number in range(1, 1300)]
        opened.store.commit(changes(*jobs))
        opened.again()
        assert jobs == opened.jobs()
