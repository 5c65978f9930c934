"""Reading the queue of gearmand's libsqlite3.

Its table is ``gearman_queue(unique_key, function_name, priority, data, when_to_run)``;
the priority is a number as ours, ``when_to_run`` is 0 or seconds since 1970
(libgearman-server/plugins/queue/sqlite/instance.cc).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Container
from pathlib import Path

from gearcli.errors import InputError
from gearcli.escape import shown
from gearcli.protocol.packets import Priority
from gearcli.server.store import StoredJob

TABLE = "gearman_queue"
"""The name that gearmand's --libsqlite3-table has unless told otherwise."""

_QUERY = """
SELECT CAST(function_name AS BLOB), CAST(unique_key AS BLOB), CAST(data AS BLOB), priority, when_to_run
FROM {} ORDER BY rowid
"""


def read(
    path: str, table: str, first: int, now: float, known: Container[tuple[bytes, bytes]]
) -> list[StoredJob]:
    """The jobs of gearmand's file, numbered from `first`, as submitted `now`.

    Those with the function and unique of a `known` one are left out: they are identical.  Raises InputError.
    """
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
        if not unique or (function, unique) not in known:
            number = first + len(jobs)
            named = function or b"", unique or b"", data or b""
            jobs.append(StoredJob(number, *named, _priority(priority), now, float(due) if due else None))
    return jobs


def _priority(value: object) -> int:
    return value if isinstance(value, int) and value in tuple(Priority) else int(Priority.NORMAL)
