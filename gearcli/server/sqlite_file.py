"""The file of a store in SQLite: made, kept from other processes, and known as one of ours."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import struct

from gearcli.errors import GearError, InputError, OutputError, StoreDamaged, StoreInUse, reason_of
from gearcli.escape import shown
from gearcli.server.sqlite_room import WAL_LIMIT

APPLICATION = 0x47656172
"""Says in a file's header that it is one of ours: `Gear`."""
VERSION = 1
_HEADER, _MAGIC, _VERSION_OFFSET = 100, b"SQLite format 3\0", 60

_SCHEMA = f"""
CREATE TABLE file (
    jobs INTEGER NOT NULL,
    next INTEGER NOT NULL,
    handle_prefix BLOB NOT NULL,
    start BLOB NOT NULL
);
INSERT INTO file VALUES (0, 1, x'', x'');
CREATE TABLE job (
    number INTEGER PRIMARY KEY,
    function BLOB NOT NULL,
    "unique" BLOB NOT NULL,
    priority INTEGER NOT NULL,
    submitted REAL NOT NULL,
    due REAL,
    losses INTEGER NOT NULL,
    reducer BLOB NOT NULL,
    died REAL,
    reason TEXT NOT NULL,
    checksum INTEGER NOT NULL,
    workload BLOB NOT NULL
);
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
"""
"""`file` has how many rows `job` has, the next start's first number, and a mark of the last start."""

FIELDS = 'number, function, "unique", workload, priority, submitted, due, losses, reducer, died, reason'
"""The columns that make a `StoredJob`."""

_PATIENCE = 30.0
"""Seconds for which another process may lock the file before a transaction fails."""


def locked(path: str, create: bool) -> int:
    """A descriptor of a file that no other process of ours has; it is made if it is missing and `create`.

    Nothing changes in a file that is not ours.  Raises StoreInUse, StoreDamaged, InputError
    for what is no store, and OutputError, or InputError where nothing shall be made.
    It must not be closed while the connection is open: that would let go of SQLite's locks.
    """
    kind = OutputError if create else InputError
    descriptor, made = _opened(path, create, kind)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise kind(f"cannot use {shown(path)} as a store: it is not a regular file")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if made:
            _sync_folder_of(path)
        header = os.pread(descriptor, _HEADER, 0)
        if header or not create:
            _require_ours(header, path)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreInUse(f"{shown(path)} is in use by another gear process; stop it first") from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _opened(path: str, create: bool, kind: type[GearError]) -> tuple[int, bool]:
    """A descriptor of the file, and whether it was made.  Raises what `kind` is."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        try:
            return os.open(path, flags), False
        except FileNotFoundError:
            if not create:
                raise
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600), True
    except OSError as error:
        why = reason_of(error)
        if os.path.islink(path):
            why = f"it is a symbolic link; name the file itself, {shown(os.path.realpath(path))}"
        raise kind(f"cannot open the store {shown(path)}: {why}") from None


def _require_ours(header: bytes, path: str) -> None:
    """Look at the first bytes of a file (https://sqlite.org/fileformat2.html), before SQLite sees it.

    Raises InputError for one of somebody else, and StoreDamaged for what is left of one of ours.
    """
    version, application = struct.unpack_from(">I4xI", header.ljust(_HEADER, b"\0"), _VERSION_OFFSET)
    of_sqlite = header.startswith(_MAGIC)
    if _torn(header, application):
        raise damaged(path, "it does not begin as a database of SQLite does")
    if application != APPLICATION:
        what = "is no store of gear" if header else "is empty, and so no store of gear"
        hint = "'gear store import' reads the queues of gearmand"
        raise InputError(
            f"{shown(path)} {what}; {hint if of_sqlite or not header else 'it is no database of SQLite'}"
        )
    if version != VERSION:
        words = f"was made by another version of gear (format {version}, not {VERSION})"
        raise InputError(f"{shown(path)} {words}")


def _torn(header: bytes, application: int) -> bool:
    """Whether a file has lost its beginning, or most of what followed, rather than being no database.

    What a disk forgets is zeros afterwards.
    """
    if header.startswith(_MAGIC):
        return len(header) < _HEADER
    return application == APPLICATION or (bool(header) and (_MAGIC.startswith(header) or not any(header)))


def _sync_folder_of(path: str) -> None:
    """Have the name of a new file survive a power loss."""
    folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def connected(path: str) -> sqlite3.Connection:
    """A connection to a file of ours, which an empty file becomes.  Raises StoreDamaged and OutputError."""
    connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        _make(connection)
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "wal_autocheckpoint = 0",
            "trusted_schema = OFF",
            "secure_delete = OFF",  # else to remove jobs takes as much room in the WAL as they have
            f"journal_size_limit = {WAL_LIMIT}",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.OperationalError as error:
        connection.close()
        raise OutputError(f"cannot use the store {shown(path)}: {words_of(error)}") from None
    except sqlite3.DatabaseError as error:
        connection.close()
        raise damaged(path, words_of(error)) from None
    except UnicodeDecodeError:  # of a message that quotes the schema
        connection.close()
        raise damaged(path, "its schema is no text") from None
    except BaseException:
        connection.close()
        raise
    return connection


def _make(connection: sqlite3.Connection) -> None:
    """Make an empty file ours, before there is a WAL: what it is must stand in the file itself."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        connection.executescript(f"BEGIN;{_SCHEMA}COMMIT;")


def damaged(path: str, found: str) -> StoreDamaged:
    """The error for a file that does not have what was put into it."""
    return StoreDamaged(
        f"{shown(path)} is damaged: {shown(found)}. 'gear store check' says what is left, and can save it"
    )


def name_of(error: sqlite3.Error) -> str:
    """SQLite's name of what has failed; empty if it has none."""
    return getattr(error, "sqlite_errorname", "")


def words_of(error: sqlite3.Error) -> str:
    """What has failed, in words and by SQLite's name of it."""
    words = "it is locked by another process" if name_of(error) == "SQLITE_BUSY" else str(error)
    return f"{words} ({name_of(error)})" if name_of(error).startswith("SQLITE_IOERR") else words
