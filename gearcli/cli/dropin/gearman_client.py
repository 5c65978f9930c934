"""`gearman` as a client: one workload after the other, each to every function.

A workload waits until the one before is done, as in the original, because
scripts rely on it.  Jobs in the background need not wait for each other.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from gearcli.cli.counts import whole
from gearcli.cli.dropin.saying import complain, pass_on_words, say
from gearcli.cli.dropin.uniques import hashed
from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.cli.inputs import unreadable
from gearcli.cli.output import write
from gearcli.client.connection import expired
from gearcli.client.dispatch import Dispatch, Happening, ServerLost
from gearcli.client.records import Splitter
from gearcli.client.tasks import Event, Local, Task, random_unique, server_error
from gearcli.errors import TimeLimit
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType

if TYPE_CHECKING:
    from gearcli.cli.dropin.gearman_options import Asked

_WINDOW = 1000
"""Jobs in the background whose names the server may still owe us."""
_READ = 1 << 16


def submit(asked: Asked, servers: Sequence[Address]) -> int:
    """Submit all jobs and print what is said of them; the exit status.

    Raises ServerGone, ProtocolError, TimeLimit and InputError.
    """
    with Dispatch(servers) as dispatch:
        batch = _Batch(asked, dispatch)
        for workload in _workloads(asked):
            batch.submit(workload)
        batch.wait(most=0)
    return worst(batch.statuses)


def _workloads(asked: Asked) -> Iterator[bytes]:
    """The words of the command line, or an empty workload, or lines, or all of standard input."""
    if asked.words:
        yield from asked.words
    elif asked.empty:
        yield b""
    elif asked.lines:
        splitter = Splitter(b"\n", keep=not asked.strip)
        while data := _read():
            yield from splitter.feed(data)
        yield from splitter.end()
    else:
        yield b"".join(iter(_read, b""))


def _read() -> bytes:
    """The next bytes of standard input.  Raises InputError."""
    try:
        return os.read(0, _READ)
    except OSError as error:
        raise unreadable("standard input", error) from None


class _Batch:
    """The jobs of one command line."""

    def __init__(self, asked: Asked, dispatch: Dispatch) -> None:
        self.statuses: set[ExitStatus] = set()
        """What went wrong with jobs."""
        self._asked = asked
        self._dispatch = dispatch
        self._open = 0
        # Who wants to see the names of jobs wants to see them at once.
        self._most_open = _WINDOW if asked.background and not asked.verbose else 0

    def submit(self, workload: bytes) -> None:
        """Submit a workload to every function, and wait as long as has to be."""
        for function in self._asked.functions:
            self._dispatch.submit(self._task(function, workload))
            self._open += 1
        self.wait(most=self._most_open)

    def _task(self, function: bytes, workload: bytes) -> Task:
        given = self._asked.unique
        return Task(
            function,
            workload,
            hashed(workload) if given == b"#" else given or random_unique(),
            priority=self._asked.priority,
            background=self._asked.background,
            shared=False,  # the original knows but one order of servers, whatever the unique
        )

    def wait(self, *, most: int) -> None:
        """Wait until no more than so many jobs are open.  Raises TimeLimit after too long a silence."""
        timeout = self._asked.timeout
        heard_at = time.monotonic()
        while self._open > most:
            deadline = None if timeout is None else heard_at + timeout
            for happening in self._dispatch.turn(deadline):
                heard_at = time.monotonic()
                self._take(happening)
            if expired(deadline) and heard_at + (timeout or 0) == deadline:
                raise TimeLimit(f"nothing was heard of the job for {timeout:g} s")

    def _take(self, happening: Happening) -> None:
        if isinstance(happening, ServerLost):
            say("gearman", f"{happening.reason}; the job is submitted again")
            return
        self._open -= happening.ends
        if happening.kind in _SAYINGS:
            _SAYINGS[happening.kind](self, happening)

    def _prefix(self, event: Event) -> bytes:
        return event.task.function + b": " if self._asked.prefix else b""

    def _created(self, event: Event) -> None:
        if self._asked.verbose:
            write(f"Task created: {shown(event.task.handle)}\n".encode())

    def _data(self, event: Event) -> None:
        write(self._prefix(event) + event.fields[0])

    def _words(self, event: Event) -> None:
        pass_on_words(self._prefix(event), event.fields[0])

    def _progress(self, event: Event) -> None:
        numerator, denominator = (whole(field) or 0 for field in event.fields)
        percent = numerator * 100 // denominator if denominator else 0
        write(self._prefix(event) + b"%d%% Complete\n" % percent)

    def _exception(self, event: Event) -> None:
        self._words(event)
        self._failed(event)

    def _failed(self, event: Event) -> None:
        complain(f"{shown(self._prefix(event))}Job failed\n")
        self.statuses.add(ExitStatus.FAILED)

    def _refused(self, event: Event) -> None:
        error = server_error(*event.fields)
        say("gearman", f"{shown(event.task.function)}: {error}")
        self.statuses.add(exit_status(error))

    def _lost(self, event: Event) -> None:
        say("gearman", f"{shown(event.task.function)}: {shown(event.fields[0])}")
        self.statuses.add(ExitStatus.UNREACHABLE)


_SAYINGS: dict[PacketType | Local, Callable[[_Batch, Event], None]] = {
    PacketType.JOB_CREATED: _Batch._created,
    PacketType.WORK_DATA: _Batch._data,
    PacketType.WORK_COMPLETE: _Batch._data,
    PacketType.WORK_WARNING: _Batch._words,
    PacketType.WORK_STATUS: _Batch._progress,
    PacketType.WORK_EXCEPTION: _Batch._exception,
    PacketType.WORK_FAIL: _Batch._failed,
    PacketType.ERROR: _Batch._refused,
    Local.LOST: _Batch._lost,
}
"""What is said of what happens to a job."""
