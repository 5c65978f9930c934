"""What can still be read of a store that is damaged."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from gearcli.errors import OutputError
from gearcli.escape import shown
from gearcli.server.sqlite import READ, SqliteStore, is_whole
from gearcli.server.store import Changes, StoredJob

UNKNOWN_PREFIX = b"H:salvaged-"
"""What handles begin with if that can no longer be read."""

_PATIENCE = 10_000
"""Numbers that are looked up in vain, one after the other, before the search ends."""

Row = tuple[Any, ...]


class Salvaged(NamedTuple):
    """What was found in a store."""

    prefix: bytes
    """What handles begin with."""
    jobs: list[StoredJob]
    changed: list[int]
    """Numbers of jobs of which not every byte is what it was."""
    next: int | None
    """The first number that the next start may give; None if that can no longer be read."""
    expected: int | None
    """How many jobs there must be; None if that can no longer be read."""

    @property
    def lost(self) -> int | None:
        """How many jobs are missing or have changed; None if nobody knows."""
        return None if self.expected is None else max(0, self.expected - len(self.jobs))


def salvage(path: str) -> Salvaged:
    """Read all that can be read.  Raises OutputError when that is nothing at all."""
    try:
        connection = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise OutputError(f"cannot open {shown(path)}: {error}") from None
    try:
        about = _tolerant(lambda: connection.execute("SELECT jobs, next, handle_prefix FROM file"))
        expected, following, prefix = next(iter(about), (None, None, None))
        whole, changed = dict[int, StoredJob](), dict[int, None]()
        for checksum, *fields in _rows(connection):
            job = StoredJob(*fields)
            if is_whole(job, checksum):
                whole.setdefault(job.number, job)  # a damaged index may lead to a row twice
            else:
                changed[job.number] = None
        return Salvaged(
            prefix if isinstance(prefix, bytes) and prefix else UNKNOWN_PREFIX,
            list(whole.values()),
            [number for number in changed if number not in whole],
            following if isinstance(following, int) else None,
            expected if isinstance(expected, int) else None,
        )
    finally:
        connection.close()


def _tolerant(read: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    """The rows up to the first that cannot be read."""
    try:
        yield from read()
    except (sqlite3.Error, OverflowError, MemoryError, UnicodeDecodeError):  # of a message that quotes
        return


def _rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """Every row that can be read: from the front, from the back, and one by one what is between."""
    front, back = -(2**63), 2**63 - 1

    def read(condition: str, *numbers: int) -> Iterator[Row]:
        return _tolerant(lambda: connection.execute(f"{READ} WHERE {condition}", numbers))

    for row in read("number > ? ORDER BY number", front):
        front = row[1]
        yield row
    for row in read("number > ? ORDER BY number DESC", front):
        back = row[1]
        yield row
    number = gap = max(0, front + 1)
    while number < back and number - gap < _PATIENCE:
        for row in read("number = ?", number):
            gap = number
            yield row
        number += 1


def rescue(salvaged: Salvaged, path: str) -> None:
    """Put what was found into a new store.  Raises OutputError, also if there is such a file."""
    if os.path.lexists(path):
        raise OutputError(f"{shown(path)} exists; name a file that does not")
    store = SqliteStore(path)
    try:
        changes = Changes()
        changes.added += salvaged.jobs
        changes.next = salvaged.next
        store.prefix(salvaged.prefix)
        store.commit(changes)
    finally:
        store.close()
