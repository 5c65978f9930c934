"""The store's thread: one transaction at a time, of all that has gathered; what becomes of failures."""

from __future__ import annotations

import select
import threading
from collections.abc import Iterator

import pytest

from gearcli.errors import StoreBroken, StoreError
from gearcli.protocol.packets import Packet
from gearcli.protocol.packets import PacketType as P
from gearcli.server.commits import LAZINESS, RETRY, Commits
from gearcli.server.engine import Engine
from gearcli.server.log import Level, Log
from gearcli.server.store import RESERVED, Changes
from tests.server.stores import Disk, MemoryStore, job
from tests.server.test_journal import Gated
from tests.support import DEADLINE


class SlowStore(MemoryStore):
    """A store whose transactions wait until they are let through."""

    def __init__(self, disk: Disk) -> None:
        super().__init__(disk)
        self.open = threading.Event()
        self.open.set()
        self.commits: list[int] = []
        self.bug = self.full = False

    def commit(self, changes: Changes) -> None:
        assert self.open.wait(DEADLINE)
        if self.bug:
            raise ZeroDivisionError
        if self.full and changes.added:
            raise StoreError("full")
        super().commit(changes)
        self.commits.append(len(changes.added))


class Lines:
    def __init__(self) -> None:
        self.said: list[str] = []

    def put(self, text: str, level: Level) -> None:
        self.said.append(text)

    def reopen(self) -> None:
        pass


class House:
    def __init__(self) -> None:
        self.engine = Engine(b"H:")
        self.store = SlowStore(Disk())
        self.store.disk.jobs[4] = job(4)
        self.lines = Lines()
        log = Log(descriptor=None)
        log.outlets.append(self.lines)
        self.commits = Commits(self.engine, self.store, b"H:", log)
        self.client = Gated(self.engine)
        self.heard: list[Packet] = []

    def submit(self) -> None:
        self.heard += self.client.say(P.SUBMIT_JOB_BG, b"f", b"", b"w")

    def settle(self, now: float = 0.0) -> None:
        """Wait for the bell."""
        assert select.select([self.commits.bell], [], [], DEADLINE)[0]
        self.commits.settle(now)


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.store.open.set()
    house.commits.close()


def test_what_was_stored_is_queued(house: House) -> None:
    assert 1 == house.commits.restored
    assert b"workload 4" == Gated(house.engine).can_do(b"f").grab()


def test_what_gathers_during_a_transaction_is_the_next(house: House) -> None:
    house.store.open.clear()
    house.submit()
    house.commits.hand_over(0.0)
    for _ in range(5):
        house.submit()
        house.commits.hand_over(0.0)
    house.store.open.set()
    house.settle()
    house.commits.hand_over(0.0)
    house.settle()
    assert [1, 5] == house.store.commits
    assert 6 == len(house.heard + house.client.heard())
    assert [] == house.commits.settle(0.0), "the bell rings without reason"


def test_ends_wait_a_little_for_company(house: House) -> None:
    house.submit()
    house.commits.hand_over(0.0)
    house.settle(now=10.0)
    worker = Gated(house.engine).can_do(b"f")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    house.commits.hand_over(10.0)
    assert 10.0 + LAZINESS == house.commits.due
    house.commits.hand_over(house.commits.due)
    house.settle()
    assert [b"w"] == [stored.workload for stored in house.store.load()]


def test_a_failure_is_told_once_and_so_is_its_end(house: House) -> None:
    house.store.failure = StoreError("cannot store jobs in x: disk full")
    for _ in range(2):
        house.submit()
        house.commits.hand_over(0.0)
        house.settle()
    house.store.failure = None
    house.submit()
    house.commits.hand_over(0.0)
    house.settle()
    house.heard += house.client.heard()
    assert [P.ERROR, P.ERROR, P.JOB_CREATED] == [type_ for type_, _ in house.heard]
    assert [
        "cannot store jobs in x: disk full; until it can, new background jobs are refused",
        "background jobs are stored again",
    ] == house.lines.said


def test_ends_are_tried_again_after_a_pause(house: House) -> None:
    worker = Gated(house.engine).can_do(b"f")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    house.store.failure = StoreError("full")
    house.commits.hand_over(1.0)
    house.settle(now=1.0)
    assert 1.0 + RETRY == house.commits.due
    house.store.failure = None
    house.commits.hand_over(1.0 + RETRY)
    house.settle()
    assert {} == house.store.disk.jobs


def test_numbers_are_set_aside_before_they_are_needed(house: House) -> None:
    disk, registry = house.store.disk, house.engine.registry
    first = registry.next_number
    assert first + RESERVED == disk.next
    house.commits.hand_over(0.0)
    assert [] == house.store.commits
    registry.number_from(first + RESERVED // 2 + 1)
    house.store.failure = StoreError("full")
    house.commits.hand_over(1.0)
    house.settle(now=1.0)
    house.store.failure = None
    house.commits.hand_over(1.0)
    assert 1.0 + RETRY == house.commits.due, "nobody waits for it, so it may take its time"
    house.commits.hand_over(1.0 + RETRY)
    house.settle()
    assert first + RESERVED // 2 + 1 + RESERVED == disk.next
    house.commits.hand_over(2.0)
    assert [0] == house.store.commits


def test_the_end_gives_back_what_was_set_aside(house: House) -> None:
    house.submit()
    number = house.engine.registry.next_number
    house.commits.close()
    assert number == house.store.disk.next
    house.commits = House().commits


@pytest.mark.parametrize("bug", [False, True])
def test_a_broken_store_ends_everything(house: House, bug: bool) -> None:
    house.store.failure, house.store.bug = StoreBroken("a failed fsync"), bug
    house.submit()
    house.commits.hand_over(0.0)
    with pytest.raises(StoreBroken, match="nobody thought of" if bug else "a failed fsync"):
        house.settle()
    assert [] == house.client.heard()
    assert [] == house.store.commits


def test_the_end_stores_what_is_left(house: House) -> None:
    house.submit()
    house.commits.hand_over(0.0)
    worker = Gated(house.engine).can_do(b"f")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    house.commits.close()
    assert [b"w"] == [stored.workload for stored in house.store.load()]
    assert [] == house.lines.said
    house.commits = House().commits


def test_the_end_does_not_wait_for_what_fails(house: House) -> None:
    house.store.failure = StoreError("full")
    house.submit()
    house.commits.close()
    assert "may run again" in house.lines.said[-1]
    house.commits = House().commits


def test_the_end_removes_what_is_over_though_new_jobs_find_no_room(house: House) -> None:
    house.store.full = True
    worker = Gated(house.engine).can_do(b"f")
    worker.say(P.WORK_COMPLETE, worker.take(), b"")
    house.submit()
    house.commits.close()
    assert {} == house.store.disk.jobs
    assert ["full; until it can, new background jobs are refused", "background jobs are stored again"] == (
        house.lines.said
    )
    house.commits = House().commits


@pytest.mark.parametrize("there", [True, False])
def test_what_is_kept_where_nobody_will_find_it_is_not_called_kept(house: House, there: bool) -> None:
    house.store.there = there
    house.store.failure = StoreError("gone")
    house.submit()
    house.commits.look()
    assert house.engine.registry.journal is not None
    assert there == house.engine.registry.journal.lasting
    house.commits.close()
    assert there == ("may run again" in house.lines.said[-1])
    house.commits = House().commits
