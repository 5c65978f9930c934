"""`gear store`: the file in which `gear serve --store` keeps background jobs."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from gearcli.cli.exits import ExitStatus
from gearcli.cli.handles import handle_prefix
from gearcli.cli.output import message, text_or_base64, write_text
from gearcli.errors import StoreDamaged
from gearcli.escape import percent_encoded, shown
from gearcli.protocol.packets import Priority
from gearcli.server.foreign import TABLE, numbered, read
from gearcli.server.salvage import Salvaged, rescue, salvage
from gearcli.server.sqlite import SqliteStore
from gearcli.server.store import Changes, StoredJob
from gearcli.units import counted

HELP = """Look after the file of `gear serve --store`.

No server may use it meanwhile: exit status 75 says that one does.
"""

File = Annotated[str, typer.Argument(metavar="FILE", help="What `gear serve --store` was given.")]

_NAMES = {int(priority): priority.name.lower() for priority in Priority}


@contextlib.contextmanager
def _store(path: str, *, create: bool = False) -> Iterator[SqliteStore]:
    store = SqliteStore(path, create=create)
    try:
        yield store
    finally:
        store.close()


# -- import ------------------------------------------------------------------------------


def import_(
    file: File,
    source: Annotated[str, typer.Argument(metavar="GEARMANDS", help="What --libsqlite3-db was given.")],
    table: Annotated[str, typer.Option("--table", metavar="NAME", help="As --libsqlite3-table.")] = TABLE,
) -> int:
    """Copy the queue of gearmand's libsqlite3 into FILE, which is made if it is not there.

    Stop gearmand before, or its jobs run twice.  A job whose function and
    unique FILE has already is left out, so that importing twice is importing once.
    """
    jobs = read(source, table, time.time())
    with _store(file, create=True) as store:
        store.prefix(handle_prefix())
        known = {(job.function, job.unique) for job in store.load() if job.unique and job.died is None}
        changes, first = Changes(), store.begin()
        changes.added += numbered(jobs, first, known)
        changes.next = first + len(changes.added)
        store.commit(changes)
    message(f"{counted(len(changes.added), 'job')} imported into {file}")
    return ExitStatus.DONE


# -- export ------------------------------------------------------------------------------


def export(file: File) -> int:
    """Print the jobs as `gear submit --jsonl` takes them: an object a line.

    What cannot be said so is left out and told; the exit status is 1 then.
    Dead jobs are left out too: they would no longer be dead.
    """
    left_out = dead = 0
    with _store(file) as store:
        prefix = store.prefix()
        for job in store.load():
            if job.died is not None:
                dead += 1
                continue
            line, missing = _line(job)
            if missing:
                left_out += 1
                message(f"{shown(prefix + b'%d' % job.number)}: {missing}")
            if line is not None:
                write_text(line + "\n")
    if dead:
        message(
            f"left out: {counted(dead, 'dead job')}; 'gear retry' queues them on a server with this store"
        )
    return ExitStatus.FAILED if left_out or dead else ExitStatus.DONE


def _line(job: StoredJob) -> tuple[str | None, str]:
    """A job as a line, if there is one, and what it does not say."""
    if not job.function or _text(job.function) is None:
        return None, "left out: its function is no text"
    fields: dict[str, object] = {"function": _text(job.function), **text_or_base64("workload", job.workload)}
    missing = "its reducer is left out" if job.reducer else ""
    if job.unique:
        fields["unique"] = _text(job.unique)
        if fields["unique"] is None:
            del fields["unique"]
            missing = "its unique is left out, which is no text"
    if job.priority != Priority.NORMAL:
        fields["priority"] = _NAMES[job.priority]
    if job.due is not None and job.due > 0:
        fields["at"] = job.due
    return json.dumps({**fields, "background": True}), missing


def _text(raw: bytes) -> str | None:
    """Bytes as text; None for what is none."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


# -- check -------------------------------------------------------------------------------


def check(
    file: File,
    into: Annotated[
        str | None,
        typer.Option(
            "--salvage", metavar="NEW", help="Put what can be read into this new file.", show_default=False
        ),
    ] = None,
) -> int:
    """Say whether every job is there unchanged, and count: FUNCTION, jobs, of which due later, dead jobs.

    Exit status 1: the file is damaged; what can be read is counted, the rest is told.
    """
    damage = ""
    try:
        with _store(file) as store:
            jobs = list(store.load())
        found = None
    except StoreDamaged as error:
        damage, found = str(error), salvage(file)
        jobs = found.jobs
    _count(jobs)
    if found is None:
        dead = sum(job.died is not None for job in jobs)
        also = f", {counted(dead, 'dead job')}" if dead else ""
        message(f"{file}: no damage, {counted(len(jobs) - dead, 'job')}{also}")
        found = salvage(file)
    else:
        _say_what_is_lost(damage, found)
    if into is not None:
        rescue(found, into)
        message(f"{into} has {counted(len(found.jobs), 'job')}")
    return ExitStatus.FAILED if damage else ExitStatus.DONE


def _count(jobs: Iterable[StoredJob]) -> None:
    now, total, later, dead = time.time(), Counter[bytes](), Counter[bytes](), Counter[bytes]()
    for job in jobs:
        alive = job.died is None
        total[job.function] += alive
        later[job.function] += alive and job.due is not None and job.due > now
        dead[job.function] += not alive
    for function, count in sorted(total.items()):
        write_text(f"{percent_encoded(function)}\t{count}\t{later[function]}\t{dead[function]}\n")


def _say_what_is_lost(damage: str, found: Salvaged) -> None:
    message(damage)
    lost = "nobody knows how many" if found.lost is None else str(found.lost)
    message(f"{counted(len(found.jobs), 'job')} can be read; lost: {lost}")
    for number in found.changed:
        message(f"lost: the job whose handle ends in -{number}, which has changed")


# -- compact -----------------------------------------------------------------------------


def compact(file: File) -> int:
    """Give back the room that FILE no longer needs."""
    with _store(file) as store:
        for _ in store.load():  # what is damaged is not made anew: it would lose what could be saved
            pass
        before = os.path.getsize(file)
        store.compact()
    message(f"{file}: {before} bytes before, {os.path.getsize(file)} now")
    return ExitStatus.DONE


GROUP = {"import": import_, "export": export, "check": check, "compact": compact}
