"""A store in one SQLite file.

WAL with full synchronisation: a transaction that adds jobs is on the disk
when COMMIT returns; one that only removes them is in the hands of the system,
which outlives the server.  Checkpoints are asked for and their errors looked
at: left to itself SQLite would try a failed fsync again, and the second try
of an fsync succeeds without having written anything.

On a full disk new jobs are refused, and those that are over still leave: see
`sqlite_room` for why they can.  What does not fit at once is removed in smaller
and smaller transactions, each into a WAL that is begun again; and where little
is left in a big file, the file gives its room back, which new jobs may need in
the WAL.  So a queue that was drained takes jobs again, whatever it held.

Many rows go into one statement, because Python lets go of its lock and waits
for it again in each.  SQLite itself would not notice bytes that have changed,
so each row has a checksum, and the file says how many rows it has.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from collections.abc import Generator, Iterator, Sequence
from typing import Any
from zlib import crc32

from gearcli.errors import StoreBroken, StoreDamaged, StoreError, reason_of
from gearcli.escape import shown
from gearcli.server.ended import Ended
from gearcli.server.sqlite_file import (
    FIELDS,
    VERSION,
    connected,
    damaged,
    locked,
    name_of,
    words_of,
)
from gearcli.server.sqlite_room import Room
from gearcli.server.store import RESERVED, Changes, StoredJob

READ = f"SELECT checksum, {FIELDS} FROM job"
"""Reads rows of which `is_whole` tells whether they are what was put there."""
_KINDS = {(int, str, float), (int, str, type(None))}
"""Of what kinds `losses`, `reason` and `died` may be, which the checksum does not cover."""
_INSERT = f"INSERT OR IGNORE INTO job ({FIELDS}, checksum) VALUES "
_PLACES = f"({', '.join('?' * 12)})"
_CHUNKS = (512, 64, 8, 1)
"""Rows of a statement: few kinds of statements, so that each is compiled once."""

_CHECKPOINT_BYTES, _CHECKPOINT_COMMITS = 8 << 20, 1000
"""What a WAL may gather, about."""
_FEW_PAGES = 1000
"""Pages that are worth being written anew so that a file which had many more gives its room back."""
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE")
"""A full disk, a used up quota, a file that must not be longer."""
_FATAL = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC", "SQLITE_CORRUPT", "SQLITE_NOTADB")


class SqliteStore:
    """Keeps jobs in a file, which nobody else of us uses meanwhile."""

    def __init__(self, path: str, *, create: bool = True) -> None:
        """Raises StoreInUse, StoreDamaged, and OutputError, or InputError where nothing shall be made."""
        self.path = os.path.abspath(path)
        self._gathered = self._commits = 0
        self._lock = locked(self.path, create)
        try:
            self._connection = connected(self.path)
        except BaseException:
            os.close(self._lock)
            raise
        self._ended = Ended(self._lock)
        self._room = Room(self.path, self._lock)
        (self._page,) = self._run("PRAGMA page_size").fetchone()

    # -- the contract -----------------------------------------------------------------

    def prefix(self, proposed: bytes = b"") -> bytes:
        """What handles begin with; see `Store`."""
        with self._failing_well():
            if proposed:
                self._run("UPDATE file SET handle_prefix = ? WHERE handle_prefix = x''", [proposed])
            found = self._run("SELECT handle_prefix FROM file").fetchone()
        if found is None or not isinstance(found[0], bytes):
            raise self._damaged("nothing says what handles begin with")
        return found[0]

    def begin(self) -> int:
        """A server starts; see `Store`."""
        start = os.urandom(16)
        with self._failing_well():
            self._run("PRAGMA synchronous = FULL")
            self._run("BEGIN IMMEDIATE")
            (first,) = self._run(
                "SELECT max(next, 1 + coalesce((SELECT max(number) FROM job), 0)) FROM file"
            ).fetchone()
            self._run("UPDATE file SET next = ?, start = ?", [first + RESERVED, start])
            self._run("COMMIT")
        self._ended.begin(start)
        return int(first)

    def over(self, numbers: Sequence[int]) -> None:
        """Note ends for the case that the process dies; see `Store`."""
        self._ended.note(numbers)

    def load(self) -> Iterator[StoredJob]:
        """All jobs; see `Store`."""
        try:
            (found,) = self._run("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise self._damaged(found)
            self._remove_noted()
            count = yield from self._rows()
            (expected,) = self._run("SELECT jobs FROM file").fetchone()
        except (sqlite3.Error, TypeError) as error:  # TypeError: `file` has lost its row
            raise self._damaged(str(error)) from None
        if count != expected:
            raise self._damaged(f"{expected} jobs were put into it, {count} are there")

    def _remove_noted(self) -> None:
        """Remove the jobs whose end the last server could not store because it was killed."""
        (start,) = self._run("SELECT start FROM file").fetchone()
        changes = Changes()
        changes.ended += self._ended.of(start)
        if changes:
            self.commit(changes)

    def _rows(self) -> Generator[StoredJob, None, int]:
        """All jobs; returns how many there were."""
        count = 0
        for checksum, *fields in self._run(f"{READ} ORDER BY number"):
            job = StoredJob(*fields)
            if not is_whole(job, checksum):
                raise self._damaged(f"the job of number {job.number} has changed")
            count += 1
            yield job
        return count

    def commit(self, changes: Changes) -> None:
        """Make changes; see `Store`."""
        with self._failing_well():
            if not self._room.is_there():
                raise self._gone()
            try:
                self._transact(changes)
            except sqlite3.Error as error:
                if name_of(error) not in _FULL:
                    raise
                self._undo()
                self._cut_wal()
                self._remove_in_steps(changes)
                self._shrink()
                self._transact(changes)  # once more: the WAL is empty now
            self._checkpoint(changes)

    def is_there(self) -> bool:
        """Whether its file is still where it was; see `Store`."""
        return self._room.is_there()

    def close(self) -> None:
        """Let go of the file."""
        with contextlib.suppress(sqlite3.Error):
            self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()
        self._room.close()
        self._ended.close(forget=True)
        os.close(self._lock)

    def compact(self) -> None:
        """Give back what the file does not need.  Raises StoreError."""
        with self._failing_well():
            self._run("VACUUM")
            self._run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    # -- transactions -------------------------------------------------------------------

    def _transact(self, changes: Changes) -> None:
        """Make changes in one transaction, for which there is room on the disk."""
        durable = changes.added or changes.next is not None
        self._run("PRAGMA synchronous = FULL" if durable else "PRAGMA synchronous = NORMAL")
        self._run("BEGIN IMMEDIATE")
        more = self._insert(changes.added) - self._delete(changes.ended)
        for number, losses in changes.losses.items():
            self._run("UPDATE job SET losses = ? WHERE number = ?", [losses, number])
        for number, death in changes.deaths.items():
            self._run("UPDATE job SET died = ?, reason = ? WHERE number = ?", [*death, number])
        if more:
            self._run("UPDATE file SET jobs = jobs + ?", [more])
        if changes.next is not None:
            self._run("UPDATE file SET next = ?", [changes.next])
        self._take_room()
        self._run("COMMIT")

    def _take_room(self) -> None:
        """Have room for all pages before they are committed.  Raises sqlite3.Error."""
        (pages,) = self._run("PRAGMA page_count").fetchone()
        try:
            self._room.take(pages * self._page)
        except OSError as error:
            full = sqlite3.OperationalError(reason_of(error))
            full.sqlite_errorname = "SQLITE_FULL"
            raise full from None

    def _run(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _insert(self, jobs: list[StoredJob]) -> int:
        """Add jobs that are not there yet; how many those were."""
        more = 0
        for chunk in _chunks(jobs):
            values = [value for job in chunk for value in (*job, _checksum_of(job))]
            more += self._run(_INSERT + ", ".join([_PLACES] * len(chunk)), values).rowcount
        return more

    def _delete(self, numbers: list[int]) -> int:
        """Remove jobs that are still there; how many those were."""
        less = 0
        for chunk in _chunks(numbers):
            less += self._run(
                f"DELETE FROM job WHERE number IN ({', '.join('?' * len(chunk))})", chunk
            ).rowcount
        return less

    def _checkpoint(self, changes: Changes) -> None:
        """Move what the WAL has gathered to its place, now and then; that the file is locked is no matter."""
        self._commits += 1
        self._gathered += sum(len(job.workload) + 200 for job in changes.added) + 200 * len(changes.ended)
        if self._gathered > _CHECKPOINT_BYTES or self._commits > _CHECKPOINT_COMMITS:
            self._gathered = self._commits = 0
            try:
                self._run("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._room.look()
            except sqlite3.Error as error:
                if name_of(error) in _FATAL:
                    raise

    # -- on a full disk -----------------------------------------------------------------

    def _cut_wal(self) -> None:
        """Give the file what the WAL has had more than its share."""
        share = self._room.share_of_wal()
        if share is not None:
            try:
                self._run(f"PRAGMA journal_size_limit = {share}")
                self._run(f"PRAGMA user_version = {VERSION}")  # changes nothing, but SQLite cuts at a commit
            except sqlite3.Error as error:
                if name_of(error) in _FATAL:
                    raise
            self._undo()

    def _remove_in_steps(self, changes: Changes) -> None:
        """Of changes that do not fit do all that needs no room: in halves, in quarters, one by one."""
        steps = [changes.ended]
        while steps:
            numbers = steps.pop()
            if self._fits(ended=numbers):
                continue
            if len(numbers) == 1:
                return
            middle = len(numbers) // 2
            steps += numbers[middle:], numbers[:middle]
        self._fits(losses=changes.losses, deaths=changes.deaths)

    def _fits(self, **changes: Any) -> bool:
        """Make some changes, if there is room for them, into a WAL that can be begun again."""
        part = Changes()
        for name, value in changes.items():
            setattr(part, name, value)
        if not part:
            return True
        try:
            self._transact(part)
        except sqlite3.Error as error:
            if name_of(error) in _FATAL:
                raise
            return False
        else:
            return True
        finally:
            self._undo()

    def _shrink(self) -> None:
        """Give room back if little is left in a big file."""
        (pages,) = self._run("PRAGMA page_count").fetchone()
        (free,) = self._run("PRAGMA freelist_count").fetchone()
        if free < pages // 2 or pages - free > _FEW_PAGES:
            return
        try:
            self._run("VACUUM")
        except sqlite3.Error as error:
            if name_of(error) in _FATAL:
                raise
        self._undo()

    @contextlib.contextmanager
    def _failing_well(self) -> Iterator[None]:
        """Undo what has failed.  Raises StoreError and StoreBroken."""
        try:
            yield
        except sqlite3.Error as error:
            if name_of(error) in _FATAL:
                raise self._broken(error) from None
            self._undo()
            raise StoreError(f"cannot store jobs in {shown(self.path)}: {words_of(error)}") from None

    def _undo(self) -> None:
        """Leave no transaction open, and have the WAL begun again: it may take more then."""
        try:
            if self._connection.in_transaction:
                self._run("ROLLBACK")
            self._run("PRAGMA wal_checkpoint(RESTART)").fetchall()
        except sqlite3.Error as error:
            if name_of(error) in _FATAL:
                raise self._broken(error) from None
        self._room.look()

    def _gone(self) -> StoreError:
        return StoreError(
            f"cannot store jobs in {shown(self.path)}: it, or {shown(self.path + '-wal')}, was removed or "
            "replaced while in use, and what it keeps is lost when the server ends. Put both back, "
            "or have all jobs done (signal USR1 waits for that) and start again"
        )

    def _broken(self, error: sqlite3.Error) -> StoreBroken:
        return StoreBroken(
            f"cannot store jobs in {shown(self.path)}: {words_of(error)}. "
            "It is not known what is on the disk; look after the disk, then start again"
        )

    def _damaged(self, found: str) -> StoreDamaged:
        return damaged(self.path, found)


def is_whole(job: StoredJob, checksum: object) -> bool:
    """Whether a job that was read is what it was; of what may change of it only the kind is known."""
    try:
        same = _checksum_of(job) == checksum
    except (TypeError, struct.error):  # any value may have become any other
        return False
    return same and (type(job.losses), type(job.reason), type(job.died)) in _KINDS


def _checksum_of(job: StoredJob) -> int:
    """The checksum of what never changes of a job."""
    due = float("-inf") if job.due is None else job.due
    numbers = struct.pack("<qqdd", job.number, job.priority, job.submitted, due)
    return crc32(job.workload, crc32(b"\0".join((numbers, job.function, job.unique, job.reducer))))


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    """The items in lists of a few sizes."""
    position = 0
    for size in _CHUNKS:
        while len(items) - position >= size:
            yield items[position : position + size]
            position += size
