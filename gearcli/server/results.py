"""What became of background jobs, kept for a while so that it can be asked for.

Only a server that keeps results has this.  Its handlers come before those of
`reports`: they note what the workers say of background jobs and hand it on,
so that clients hear the same as ever.  Of jobs that end without a report the
registry tells, and of those that begin again.

All together is bounded: what is kept and what has come of results that are not
complete.  Where room is needed, the oldest goes first.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.registry import Registry
from gearcli.server.reports import Reports

RESULTS_LIMIT = 64 << 20
"""Bytes that all results may take together unless told otherwise."""
OVERHEAD = 512
"""Bytes that a kept result takes besides its names and what was said, reckoned high: it is some 400."""
WARNINGS_LIMIT = 4096
"""Bytes of a job's warnings that are kept, the last ones: many a worker says so why a job failed."""

DONE, FAILED = "done", "failed"

_NO_ROOM = "there was no room for its {} bytes"
_TOO_LATE = "a part of it came before the job was a background job"


class Kept(NamedTuple):
    """A background job that is over."""

    handle: bytes
    function: bytes
    unique: bytes
    state: str
    """DONE or FAILED."""
    attempt: int
    """How often it had been handed to a worker."""
    ended: float
    """When it ended: seconds since 1970, UTC."""
    until: float
    """How long it is kept: seconds, monotonic."""
    size: int
    """Bytes of the result, whether or not they are kept."""
    result: bytes | None
    """All its parts in one; None if they are not kept.  What fails may have had parts too."""
    exception: bytes | None
    warnings: bytes
    reason: str | None
    """Why it failed if no worker said so, or why its result is not kept."""

    @property
    def room(self) -> int:
        """The bytes that it takes."""
        parts = (self.handle, self.function, self.unique, self.result, self.exception, self.warnings)
        return OVERHEAD + sum(len(part) for part in parts if part is not None)


class _Said:
    """What a worker has said of a job that it still has."""

    __slots__ = ("data", "missing", "size", "warnings")

    def __init__(self) -> None:
        self.data = bytearray()
        self.size = 0
        """Bytes of data, whether or not they are here."""
        self.missing: str | None = None
        """Why the data is not here, if it is not."""
        self.warnings = b""

    @property
    def room(self) -> int:
        """The bytes that it takes."""
        return len(self.data) + len(self.warnings)


class Results:
    """Keeps results for `seconds`, at most `limit` bytes of them; begins to listen to the registry."""

    def __init__(
        self, registry: Registry, reports: Reports, seconds: float, limit: int = RESULTS_LIMIT
    ) -> None:
        self._registry = registry
        self._reports = reports
        self._seconds = seconds
        self._limit = limit
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()  # by handle, the oldest first
        self._said: dict[Job, _Said] = {}
        self._used = 0  # bytes of both
        self._coming = 0  # bytes of the second
        self._timed = False  # whether somebody will call `_expire`
        registry.results = self

    def get(self, handle: bytes) -> Kept | None:
        """What became of a job; None if that is not, or no longer, known."""
        return self._kept.get(handle)

    # -- what workers report ------------------------------------------------------------

    def work_data(self, peer: Peer, handle: bytes, data: bytes) -> None:
        """Note a part of a result."""
        job = peer.running.get(handle)
        if job is not None:
            self._add_data(job, data)
        self._reports.work_data(peer, handle, data)

    def work_warning(self, peer: Peer, handle: bytes, warning: bytes) -> None:
        """Note a warning."""
        job = peer.running.get(handle)
        if job is not None and job.background:
            self._add_warning(job, warning)
        self._reports.work_warning(peer, handle, warning)

    def work_complete(self, peer: Peer, handle: bytes, result: bytes) -> None:
        """Keep a result."""
        job = peer.running.get(handle)
        if job is not None:
            self._keep(job, DONE, rest=result)
        self._reports.work_complete(peer, handle, result)

    def work_exception(self, peer: Peer, handle: bytes, exception: bytes) -> None:
        """Keep the words of an exception.  A WORK_FAIL comes by way of the registry."""
        job = peer.running.get(handle)
        if job is not None:
            self._keep(job, FAILED, exception=exception)
        self._reports.work_exception(peer, handle, exception)

    # -- what the registry tells ----------------------------------------------------------

    def lost(self, job: Job) -> None:
        """A job has lost its worker: what that said is no part of a result."""
        self._take(job)

    def began(self, job: Job) -> bool:
        """Whether a part of a job's result has come: it is not whole without that."""
        said = self._said.get(job)
        return said is not None and said.size > 0

    def failed(self, job: Job, reason: str | None) -> None:
        """A job that is still known has failed; without a reason because its worker said so."""
        self._keep(job, FAILED, reason=reason)

    def forget(self, handle: bytes) -> None:
        """A job that had failed is queued again."""
        kept = self._kept.pop(handle, None)
        if kept is not None:
            self._used -= kept.room

    # -- of jobs that run -------------------------------------------------------------------

    def _about(self, job: Job) -> _Said:
        """What was said of a job, to write to."""
        if job not in self._said:
            self._said[job] = _Said()
        return self._said[job]

    def _add_data(self, job: Job, data: bytes) -> None:
        """Collect a part of a result; what cannot be whole is not kept at all."""
        said = self._about(job)
        said.size += len(data)
        if said.missing is not None:
            return
        if job.background and self._make_room(len(data)):
            self._coming += len(data)
            self._used += len(data)
            said.data += data
        else:
            self._drop_data(said)
            said.missing = _NO_ROOM if job.background else _TOO_LATE

    def _drop_data(self, said: _Said) -> None:
        self._coming -= len(said.data)
        self._used -= len(said.data)
        said.data = bytearray()

    def _add_warning(self, job: Job, warning: bytes) -> None:
        """Collect a warning, a line of its own, where there is room."""
        said = self._about(job)
        lines = b"\n".join(filter(None, (said.warnings.removesuffix(b"\n"), warning)))[-WARNINGS_LIMIT:]
        more = len(lines) - len(said.warnings)
        if self._make_room(more):
            self._coming += more
            self._used += more
            said.warnings = lines

    def _take(self, job: Job) -> _Said:
        """What was said of a job, which is nobody's any longer."""
        said = self._said.pop(job, None) or _Said()
        self._coming -= said.room
        self._used -= said.room
        return said

    # -- of jobs that are over ----------------------------------------------------------------

    def _keep(
        self,
        job: Job,
        state: str,
        *,
        rest: bytes = b"",
        exception: bytes | None = None,
        reason: str | None = None,
    ) -> None:
        """Keep how a job ended, if it is one in the background; `rest` ends its result."""
        said = self._take(job)
        if not job.background:
            return
        size, result = said.size + len(rest), None
        if said.missing is None:
            result = b"".join((said.data, rest)) if said.data else rest
        elif state == DONE:
            reason = said.missing.format(size)
        kept = Kept(
            handle=job.handle,
            function=job.queue.name,
            unique=job.unique,
            state=state,
            attempt=job.attempt,
            ended=self._registry.wall,
            until=self._registry.now + self._seconds,
            size=size,
            result=result,
            exception=exception,
            warnings=said.warnings,
            reason=reason,
        )
        self._put(kept)

    def _put(self, kept: Kept) -> None:
        """Add what is kept, without its bytes where they are too many."""
        if not self._make_room(kept.room):
            reason = _NO_ROOM.format(kept.size) if kept.state == DONE else kept.reason
            kept = kept._replace(result=None, exception=None, warnings=b"", reason=reason)
            if not self._make_room(kept.room):
                return
        self._kept[kept.handle] = kept
        self._used += kept.room
        if not self._timed:
            self._timed = True
            self._registry.call_at(kept.until, self._expire)

    def _make_room(self, size: int) -> bool:
        """Have room for so many bytes more at the cost of the oldest; whether that is possible."""
        if self._coming + size > self._limit:
            return False
        while self._used + size > self._limit:
            self._drop_oldest()
        return True

    def _drop_oldest(self) -> None:
        _, kept = self._kept.popitem(last=False)
        self._used -= kept.room

    def _expire(self) -> None:
        """Drop what has been kept long enough, and come again when the next has."""
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.until > self._registry.now:
                self._registry.call_at(oldest.until, self._expire)
                return
            self._drop_oldest()
        self._timed = False
