"""Power losses and failing disks: what was acknowledged is there, what was refused is not.

POINTS in the environment is the number of power losses, PAGES that of changed pages:
`POINTS=20000 PAGES=1000 pytest tests/server/test_sqlite_disk.py`.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gearcli.errors import InputError, StoreBroken, StoreError
from gearcli.server import sqlite
from gearcli.server.sqlite import SqliteStore
from gearcli.server.store import Changes, StoredJob
from tests.server.disk import Connection, Disk, Image
from tests.server.stores import changes, job

POINTS = int(os.environ.get("POINTS", "500"))
TRANSACTIONS = 300

pytestmark = pytest.mark.timeout(120 + POINTS // 10)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is such a thing: real synchronisation would only take its time."""
    memory = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


class On:
    """A store on a disk whose calls are seen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
        self.disk = Disk(path)
        with monkeypatch.context() as patch:
            patch.setattr("gearcli.server.sqlite.sqlite3.connect", self._connect)
            self.store = SqliteStore(path)
        self.store.prefix(b"H:")
        self.store.begin()

    def _connect(self, path: str, **_: Any) -> Connection:
        return Connection(path, self.disk)


class Made(NamedTuple):
    """A transaction that was made between two calls of the disk."""

    begin: int
    end: int
    changes: Changes


def workload(chance: random.Random) -> Iterator[Changes]:
    """Transactions as a server makes them: jobs come and go, in one transaction or in many."""
    number, waiting = 0, list[int]()
    for _ in range(TRANSACTIONS):
        added = []
        for _ in range(chance.choice((0, 1, 1, 2, 20))):
            number += 1
            size = chance.choice((0, 10, 10, 500, 9000))
            added.append(job(number, workload=chance.randbytes(size), unique=chance.choice((b"", b"-"))))
        chance.shuffle(waiting)
        ended = [waiting.pop() for _ in range(min(len(waiting), chance.choice((0, 0, 1, 15))))]
        waiting += [each.number for each in added]
        losses = {waiting[0]: 1} if waiting and chance.random() < 0.1 else {}
        yield changes(*added, ended=ended, losses=losses)


def test_a_power_loss_loses_nothing_that_was_acknowledged(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(sqlite, "_CHECKPOINT_COMMITS", 25)
    path = str(folder / "jobs.db")
    on, chance, made = On(monkeypatch, path), random.Random(8), list[Made]()
    image = Image(path)
    on.disk.calls.clear()
    for each in workload(chance):
        begin = len(on.disk.calls)
        on.store.commit(each)
        made.append(Made(begin, len(on.disk.calls), each))
    calls = list(on.disk.calls)
    on.store.close()
    assert {"write", "sync"} <= {call.kind for call in calls}
    assert "" in {call.file for call in calls}, "no checkpoint was seen"
    points, applied = sorted(chance.randrange(len(calls) + 1) for _ in range(POINTS)), 0
    for index, point in enumerate(points):
        for call in calls[applied:point]:
            image.apply(call)
        applied = point
        after = folder / "after"
        after.mkdir(exist_ok=True)
        for ending in ("", "-wal", "-shm"):
            (after / f"jobs.db{ending}").unlink(missing_ok=True)
        for ending, content in image.after_power_loss(random.Random(index)).items():
            (after / f"jobs.db{ending}").write_bytes(content)
        assert_nothing_is_lost(after / "jobs.db", made, point, index)


def assert_nothing_is_lost(path: Path, made: list[Made], point: int, seed: int) -> None:
    promised: dict[int, StoredJob] = {}
    may_be_gone: set[int] = set()
    for each in made:
        if each.end <= point:
            promised.update((stored.number, stored) for stored in each.changes.added)
        if each.begin <= point:
            may_be_gone.update(each.changes.ended)
    store = SqliteStore(str(path))
    try:
        found = {stored.number: stored for stored in store.load()}
    finally:
        os.close(store._lock)
        store._connection.close()
    missing = [n for n, stored in promised.items() if n not in may_be_gone and not same(found.get(n), stored)]
    assert [] == missing, f"seed {seed}, call {point}"


def same(found: StoredJob | None, stored: StoredJob) -> bool:
    return found is not None and found._replace(losses=0) == stored


@pytest.mark.parametrize("fails_for", [1, 10**9], ids=["transient", "sticky"])
def test_a_failing_call_fails_its_transaction_and_no_other(
    monkeypatch: pytest.MonkeyPatch, folder: Path, fails_for: int
) -> None:
    """Every call of the disk fails once, in some run."""
    monkeypatch.setattr(sqlite, "_CHECKPOINT_COMMITS", 3)
    broken = refused = 0
    over = False
    for number in range(1, 1000):
        path = str(folder / f"{fails_for}-{number}.db")
        on = On(monkeypatch, path)
        on.disk.fails_for = fails_for
        on.disk.fails_from = on.disk.count + number
        stored, unknown = set[int](), set[int]()
        for each in range(1, 9):
            ended = [each - 2] if each - 2 in stored else []
            try:
                on.store.commit(changes(job(each, workload=bytes(3000)), ended=ended))
            except StoreBroken:
                broken += 1
                unknown |= {each, *ended}
                break
            except StoreError:
                refused += 1
            else:
                stored = stored - {*ended} | {each}
        over = on.disk.count < on.disk.fails_from
        on.disk.fails_from = None
        on.store._connection.close()  # as the death of the process does
        os.close(on.store._lock)
        assert_kept(path, stored, unknown)
        if over:
            break
    assert over
    assert broken > 3
    assert (fails_for == 1) == (refused == 0), "what fails once is tried once more"


def assert_kept(path: str, stored: set[int], unknown: set[int]) -> None:
    store = SqliteStore(path)
    try:
        found = {each.number for each in store.load()}
    finally:
        store.close()
    assert stored - unknown == found - unknown


_TOLD_WRONGLY = (513, 644, 806)
"""Pages of which not all was told once: rows that were found twice, a message that was no text."""


@pytest.mark.parametrize("seed", sorted({*range(int(os.environ.get("PAGES", "30"))), *_TOLD_WRONGLY}))
def test_a_changed_page_is_noticed_and_the_rest_is_saved(folder: Path, seed: int) -> None:
    """A page is changed: either nothing of it mattered, or it is told, and what is lost is counted."""
    from gearcli.errors import StoreDamaged
    from gearcli.server.salvage import salvage

    path, chance = folder / "jobs.db", random.Random(seed)
    store = SqliteStore(str(path))
    store.prefix(b"H:")
    store.begin()
    jobs = {n: job(n, workload=chance.randbytes(chance.choice((10, 300, 6000)))) for n in range(1, 80)}
    store.commit(changes(*jobs.values()))
    store.close()
    content = bytearray(path.read_bytes())
    page = chance.randrange(len(content) // 4096)
    for _ in range(chance.choice((1, 40, 4000))):
        content[page * 4096 + chance.randrange(4096)] = chance.randrange(256)
    path.write_bytes(content)
    try:
        store = SqliteStore(str(path))
        try:
            assert jobs == {each.number: each for each in store.load()}
        finally:
            store.close()
    except StoreDamaged:
        found = salvage(str(path))
        saved = {each.number: each for each in found.jobs}
        assert saved.items() <= jobs.items()
        assert found.lost in (None, len(jobs) - len(saved))
    except InputError:
        assert page == 0
