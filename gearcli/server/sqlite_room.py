"""The room that a store in SQLite has on its disk: taken before it is needed, and never given away.

Where a disk is full, a store must still be able to forget jobs, or it is full
for ever.  In WAL mode a commit needs room in the WAL, and a checkpoint needs
room in the file, but only where that grows.  So two things are always true:

- Before a transaction is committed the file is as long as all of its pages,
  and the disk has given it that room.  So whatever the WAL holds can be moved
  to its place, after which the WAL is written from its beginning again.
- The WAL keeps the room that it has once had, up to a share, and has some from
  the first transaction on.  So what removes jobs fits, in small steps if need be.

A file that is longer than its pages is nothing special to SQLite (its own
SQLITE_FCNTL_CHUNK_SIZE makes such), nor are zeros behind the frames of a WAL.
On a file system that copies what is written over (btrfs, ZFS) no room can be
promised to anybody: there it is as good as they make it.
"""

from __future__ import annotations

import contextlib
import errno
import os

WAL_LIMIT = 16 << 20
"""Bytes that the WAL keeps at most when it is begun again."""
_WAL_RESERVES = 1 << 20, 128 << 10
"""Bytes that it has from the beginning, or, where those are not to be had, at least.

To remove a job takes its page, at worst those beside and above it, and a page
for each thousand that become free: of 64 MiB of workload that is 16.
"""
_AHEAD = 1 << 20
"""Bytes by which the file grows at a time."""
_CANNOT = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)
"""What a file system says that does not give room before it is used."""


class Room:
    """The room of the files of a store, of which `file` is a descriptor."""

    def __init__(self, path: str, file: int) -> None:
        self._path = path
        self._file = file
        self._wal: int | None = None
        self._reserve = 0
        self._size = 0
        self.look()

    def look(self) -> None:
        """Look how long the file is now: a checkpoint cuts off what no page needs."""
        self._size = os.fstat(self._file).st_size

    def take(self, size: int) -> None:
        """Have room for a file of `size` bytes, and for a WAL.  Raises OSError where there is none.

        To be called in a transaction, when there is a WAL and nobody else makes the file shorter.
        """
        if self._wal is None:
            self._wal = self._wal_with_room()
        if size <= self._size:
            return
        try:
            self._grow(self._size + max(_AHEAD, size - self._size))
        except OSError:
            self._grow(size)

    def share_of_wal(self) -> int | None:
        """The bytes that the WAL may keep on a full disk, if it has more; None if it has not."""
        if self._wal is None:
            return None
        share = min(max(self._size // 4, self._reserve), WAL_LIMIT)
        return share if os.fstat(self._wal).st_size > share else None

    def _grow(self, size: int) -> None:
        try:
            _allocate(self._file, self._size, size)
        except OSError:
            with contextlib.suppress(OSError):  # some file systems keep the part that they had
                os.ftruncate(self._file, self._size)
            raise
        self._size = size

    def _wal_with_room(self) -> int:
        """A descriptor of the WAL, which has its room.  (SQLite holds no lock on this file.)"""
        wal = os.open(f"{self._path}-wal", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        self._reserve, least = _WAL_RESERVES
        try:
            try:
                _allocate(wal, 0, self._reserve)
            except OSError:
                self._reserve = least
                _allocate(wal, 0, least)
        except OSError:
            os.close(wal)
            raise
        return wal

    def is_there(self) -> bool:
        """Whether the names still lead to the files that are used: who starts next finds these or none."""
        return _leads_to(self._path, self._file) and (
            self._wal is None or _leads_to(f"{self._path}-wal", self._wal)
        )

    def close(self) -> None:
        """Let go of what was opened here."""
        if self._wal is not None:
            os.close(self._wal)
            self._wal = None


def _allocate(descriptor: int, begin: int, end: int) -> None:
    """Have the disk give a part of a file its room; no byte changes, but for zeros at its end."""
    try:
        os.posix_fallocate(descriptor, begin, end - begin)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


def _leads_to(path: str, descriptor: int) -> bool:
    try:
        found = os.stat(path, follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # not ours to see any longer: another user runs the server now
        return True
    return os.path.samestat(found, os.fstat(descriptor))
