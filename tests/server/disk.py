"""A disk that forgets what was not synchronised, and one that fails: SQLite's files as apsw shows them.

SQLite's calls to the disk are written down.  At any point among them the power
may go: every write since the file's last sync is then there, or not, or torn
at a sector's border, as a seed says.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import apsw

SECTOR = 512


class Call(NamedTuple):
    """A call that changes a file, or makes durable what was changed."""

    kind: str
    """write, truncate, sync or delete."""
    file: str
    """The end of the file's name."""
    offset: int = 0
    data: bytes = b""


class Disk(apsw.VFS):
    """Hands SQLite's calls on to the real files, notes them, and fails where it is told to."""

    def __init__(self, path: str) -> None:
        self.name = f"disk-{id(self)}"
        self.path = path
        self.calls: list[Call] = []
        self.fails_from: int | None = None
        """The number of the call from which on calls fail."""
        self.fails_for = 1
        self.count = 0
        super().__init__(self.name, "")

    def note(self, call: Call) -> None:
        """Note a call, or fail it."""
        self.count += 1
        if self.fails_from is not None and 0 <= self.count - self.fails_from < self.fails_for:
            error: Any = apsw.IOError("the disk fails")
            codes = {"sync": apsw.SQLITE_IOERR_FSYNC, "truncate": apsw.SQLITE_IOERR_TRUNCATE}
            error.extendedresult = codes.get(call.kind, apsw.SQLITE_IOERR_WRITE)
            raise error
        self.calls.append(call)

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return File(self, name, flags, str(path).removeprefix(self.path))

    def xDelete(self, name: str, sync: bool) -> None:
        self.note(Call("delete", name.removeprefix(self.path)))
        super().xDelete(name, sync)


class File(apsw.VFSFile):
    def __init__(self, disk: Disk, name: Any, flags: list[int], ending: str) -> None:
        self._disk = disk
        self._ending = ending
        super().__init__("", name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.note(Call("write", self._ending, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self._disk.note(Call("truncate", self._ending, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        self._disk.note(Call("sync", self._ending))  # and no real one, which would take longer


class Cursor:
    """What sqlite3 gives for a statement."""

    def __init__(self, rows: Iterator[Any], connection: apsw.Connection) -> None:
        self._rows = rows
        self.rowcount = connection.changes()
        self.lastrowid = connection.last_insert_rowid()

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchall(self) -> list[Any]:
        return list(self._rows)


class Connection:
    """A connection of apsw that behaves as one of sqlite3, as far as the store wants it to."""

    def __init__(self, path: str, disk: Disk) -> None:
        self._connection = apsw.Connection(path, vfs=disk.name)
        self.execute("PRAGMA locking_mode = EXCLUSIVE")  # apsw has no shared memory

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Cursor:
        try:
            rows = iter(list(self._connection.execute(statement, tuple(values))))
        except apsw.Error as error:
            code = getattr(error, "extendedresult", 0)
            translated = sqlite3.OperationalError(str(error))
            translated.sqlite_errorcode = code
            translated.sqlite_errorname = str(apsw.mapping_extended_result_codes.get(code, "SQLITE_IOERR"))
            raise translated from None
        return Cursor(rows, self._connection)

    def executescript(self, script: str) -> None:
        self.execute(script)

    def close(self) -> None:
        self._connection.close()


class Image:
    """What a disk has of some files."""

    def __init__(self, path: str) -> None:
        """As it is now, all of it synchronised."""
        self.files: dict[str, bytearray] = {}
        for ending in ("", "-wal"):
            if Path(path + ending).exists():
                self.files[ending] = bytearray(Path(path + ending).read_bytes())
        self._unsynced: dict[str, list[Call]] = {}

    def apply(self, call: Call) -> None:
        """Take a call."""
        if call.kind == "delete":
            self.files.pop(call.file, None)
            self._unsynced.pop(call.file, None)
        elif call.kind == "sync":
            for each in self._unsynced.pop(call.file, []):
                self._change(self.files, each)
        else:
            self._unsynced.setdefault(call.file, []).append(call)

    def after_power_loss(self, chance: random.Random) -> dict[str, bytearray]:
        """The files as they may be found: any part of what was not synchronised may be there."""
        files = {ending: bytearray(content) for ending, content in self.files.items()}
        for ending, calls in self._unsynced.items():
            fate = chance.random()
            for call in calls:
                kept = fate < 0.2 or (fate < 0.8 and chance.random() < 0.5)
                if kept:
                    self._change(files, call)
                elif call.kind == "write" and chance.random() < 0.5:
                    self._change(files, torn(call, chance))
            files.setdefault(ending, bytearray())
        return files

    def _change(self, files: dict[str, bytearray], call: Call) -> None:
        content = files.setdefault(call.file, bytearray())
        if call.kind == "truncate":
            del content[call.offset :]
        else:
            content.extend(bytes(max(0, call.offset - len(content))))
            content[call.offset : call.offset + len(call.data)] = call.data


def torn(call: Call, chance: random.Random) -> Call:
    """The first or the last sectors of a write."""
    cut = chance.randrange(0, len(call.data) + SECTOR, SECTOR)
    if chance.random() < 0.5:
        return call._replace(data=call.data[:cut])
    return call._replace(data=call.data[cut:], offset=call.offset + cut)
