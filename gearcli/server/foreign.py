"""Reading the queue of gearmand's libsqlite3.

Its table is ``gearman_queue(unique_key, function_name, priority, data, when_to_run)``;
the priority is a number as ours, ``when_to_run`` is 0 or seconds since 1970
(libgearman-server/plugins/queue/sqlite/instance.cc).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container, Iterable
from pathlib import Path

from gearcli.errors import InputError
from gearcli.escape import shown
from gearcli.protocol.packets import FUNCTION_LIMIT, Priority
from gearcli.server.store import StoredJob

TABLE = "gearman_queue"
"""The name that gearmand's --libsqlite3-table has unless told otherwise."""

_QUERY = """
SELECT CAST(function_name AS BLOB), CAST(unique_key AS BLOB), CAST(data AS BLOB), priority, when_to_run
FROM {} ORDER BY rowid
"""


def read(path: str, table: str, now: float) -> list[StoredJob]:
    """The jobs of gearmand's file, as submitted `now`, still without numbers.  Raises InputError."""
    try:
        connection = sqlite3.connect(f"{Path(path).absolute().as_uri()}?mode=ro", uri=True)
        try:
            rows = connection.execute(_QUERY.format('"' + table.replace('"', '""') + '"')).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise InputError(f"cannot read gearmand's queue from {shown(path)}: {error}") from None
    jobs = list[StoredJob]()
    for function, unique, data, priority, due in rows:
        if len(function or b"") > FUNCTION_LIMIT:
            raise InputError(
                f"nothing is imported: {shown(path)} has a function whose name has {len(function)} bytes; "
                f"a gear server takes {FUNCTION_LIMIT} at most"
            )
        named = function or b"", unique or b"", data or b""
        jobs.append(StoredJob(0, *named, _priority(priority), now, float(due) if due else None))
    return jobs


def numbered(jobs: Iterable[StoredJob], first: int, known: Container[tuple[bytes, bytes]]) -> list[StoredJob]:
    """Jobs that were read, numbered from `first`.

    Those with the function and unique of a `known` one are left out: they are identical.
    """
    new = (job for job in jobs if not job.unique or (job.function, job.unique) not in known)
    return [job._replace(number=number) for number, job in enumerate(new, first)]


def _priority(value: object) -> int:
    return value if isinstance(value, int) and value in tuple(Priority) else int(Priority.NORMAL)
