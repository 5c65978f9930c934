"""The room of a store's files: taken before it is needed, kept, and enough to get out of a full disk."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gearcli.errors import StoreError
from gearcli.server.sqlite import SqliteStore
from gearcli.server.sqlite_room import Room
from tests.server.stores import changes, job

PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.db"
    path.write_bytes(bytes(PAGE))
    Path(f"{path}-wal").touch()
    return path


@pytest.fixture
def file(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDWR)
    yield descriptor
    os.close(descriptor)


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file of this process may become longer."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# -- the files ----------------------------------------------------------------------------


def test_room_is_taken_before_it_is_needed(path: Path, file: int) -> None:
    room = Room(str(path), file)
    room.take(3 * PAGE)
    assert 3 * PAGE < path.stat().st_size < 3 * PAGE + (2 << 20)
    assert path.stat().st_blocks * 512 >= 3 * PAGE, "a file with holes has no room"
    wal = Path(f"{path}-wal").stat()
    assert wal.st_size == 1 << 20 <= wal.st_blocks * 512
    room.close()


def test_where_there_is_little_just_enough_is_taken(path: Path, file: int) -> None:
    room = Room(str(path), file)
    with files_up_to(200 << 10):
        room.take(30 * PAGE)
        assert 30 * PAGE == path.stat().st_size
        with pytest.raises(OSError, match="too large"):
            room.take(60 * PAGE)
        assert 30 * PAGE == path.stat().st_size
    assert 128 << 10 == Path(f"{path}-wal").stat().st_size
    room.close()


def test_without_room_for_the_wal_there_is_none(path: Path, file: int) -> None:
    with files_up_to(100 << 10), pytest.raises(OSError, match="too large"):
        Room(str(path), file).take(PAGE)


def test_after_a_checkpoint_room_is_taken_again(path: Path, file: int) -> None:
    room = Room(str(path), file)
    room.take(3 * PAGE)
    os.truncate(path, 2 * PAGE)
    room.look()
    room.take(3 * PAGE)
    assert 3 * PAGE <= path.stat().st_size
    room.close()


def test_a_file_system_that_gives_no_room_is_used_all_the_same(
    path: Path, file: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fallocate(*_: int) -> None:
        raise OSError(errno.EOPNOTSUPP, "not supported")

    monkeypatch.setattr(os, "posix_fallocate", fallocate)
    room = Room(str(path), file)
    room.take(3 * PAGE)
    assert room.is_there()
    room.close()


@pytest.mark.parametrize("ending", ["", "-wal"])
def test_a_file_that_is_elsewhere_is_noticed(path: Path, file: int, ending: str) -> None:
    room = Room(str(path), file)
    room.take(PAGE)
    assert room.is_there()
    moved = Path(f"{path}{ending}").rename(path.parent / "moved")
    assert not room.is_there()
    Path(f"{path}{ending}").touch()
    assert not room.is_there()
    moved.rename(f"{path}{ending}")
    assert room.is_there()
    room.close()


def test_the_wal_may_keep_a_quarter_of_what_the_file_has(path: Path, file: int) -> None:
    room = Room(str(path), file)
    assert room.share_of_wal() is None
    room.take(PAGE)
    assert room.share_of_wal() is None
    os.truncate(f"{path}-wal", 20 << 20)
    assert 1 << 20 == room.share_of_wal()
    room.take(8 << 20)
    assert 2 << 20 == room.share_of_wal()
    os.truncate(path, 80 << 20)
    room.look()
    assert 16 << 20 == room.share_of_wal()
    room.close()


# -- a full disk --------------------------------------------------------------------------


def filled(store: SqliteStore, size: int, first: int = 1) -> list[int]:
    """Add jobs until no more are taken; the numbers of those that were."""
    stored, together = list[int](), max(1, 20_000 // size)
    for number in range(first, first + 100_000, together):
        numbers = range(number, number + together)
        try:
            store.commit(changes(*(job(each, workload=bytes(size)) for each in numbers)))
        except StoreError:
            return stored
        stored += numbers
    raise AssertionError("it is never full")


@pytest.mark.parametrize("size", [100, 3900, 300_000])
def test_what_is_over_always_leaves(tmp_path: Path, size: int) -> None:
    """All at once, with a new job that is refused, and each time as many find room as before."""
    store = SqliteStore(str(tmp_path / "jobs.db"))
    store.prefix(b"H:")
    store.begin()
    with files_up_to(1500 << 10):
        stored = filled(store, size)
        count = len(stored)
        for cycle in range(1, 3):
            with pytest.raises(StoreError):
                store.commit(changes(job(9_999_999, workload=bytes(2 << 20)), ended=stored))
            assert [] == list(store.load())
            stored = filled(store, size, first=cycle * 100_000)
            assert count * 0.9 - 1 <= len(stored)
        left = list(store.load())
        assert stored == [each.number for each in left]
        store.close()
    assert count > 1


ON_A_DISK = """
import json, os, subprocess, sys
subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={sys.argv[2]}", "tmpfs", sys.argv[1]], check=True)
from gearcli.errors import StoreError
from gearcli.server.sqlite import SqliteStore
from tests.server.stores import changes, job
from tests.server.test_sqlite_room import filled

def opened():
    store = SqliteStore(sys.argv[1] + "/jobs.db")
    store.prefix(b"H:")
    store.begin()
    return store

store, size, counts = opened(), int(sys.argv[3]), []
for cycle in range(5):
    stored = filled(store, size, first=1 + cycle * 100_000)
    counts.append(len(stored))
    store.commit(changes(ended=stored[:-1]))
    assert stored[-1:] == [each.number for each in store.load()]
    store.commit(changes(ended=stored))
    if cycle == 2:  # the file has all room but for what the WAL needs to begin with
        store.close()
        store = opened()
        store.commit(changes(*(job(n, workload=bytes(size)) for n in range(10**6, 10**6 + counts[0] // 3))))
        store.commit(changes(ended=range(10**6, 10**6 + counts[0])))
store.close()
print(json.dumps([counts, sorted(os.listdir(sys.argv[1]))]))
"""


@pytest.mark.parametrize(("disk", "size"), [("512k", 1000), ("24m", 30_000)])
def test_a_disk_for_all_files_together(tmp_path: Path, disk: str, size: int) -> None:
    """Filled and emptied again and again; after a restart the jobs of a big transaction fit too."""
    alone = ["unshare", "--mount", "--user", "--map-root-user"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody mount a disk of his own")
    script = [sys.executable, "-c", ON_A_DISK, str(tmp_path), disk, str(size)]
    done = subprocess.run([*alone, *script], capture_output=True, text=True, check=False)
    assert "" == done.stderr
    counts, files = json.loads(done.stdout)
    assert ["jobs.db"] == files
    assert min(counts) > 0.7 * counts[0] > 50
