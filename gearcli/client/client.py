"""The Python client: submit jobs, many in flight, wait for them, and ask about others."""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import NamedTuple, Self

from gearcli.client.connection import CONNECT_TIMEOUT, expired
from gearcli.client.dispatch import Dispatch, Happening, ServerLost
from gearcli.client.jobs import Job
from gearcli.client.tasks import Task, random_unique
from gearcli.errors import ConnectionLost, GearError, ProtocolError, ServerGone, TimeLimit, UsageError
from gearcli.protocol.address import Address, named
from gearcli.protocol.packets import PacketType, Priority

CLOSING = 5.0
"""Seconds that `Client.close` waits for servers to take the background jobs."""
WINDOW = 64
"""How many jobs `Client.map` keeps in flight unless told otherwise."""


class JobStatus(NamedTuple):
    """What the server knows of a job; `listeners` only where it was asked for by unique."""

    known: bool
    running: bool
    numerator: int
    denominator: int
    listeners: int | None = None


class Client:
    """A client of the first of some servers that can be reached.

    `servers` is one address or several, as texts (``host:port``,
    ``unix:/path``) or addresses; without it the environment says which, as for
    the command line.  With several, a job goes to the next one when the first
    is down, and with `unique` to the one where the unique belongs, so that
    identical jobs of all clients meet.  When all are lost they are tried again
    for `patience` seconds, and jobs without an answer are submitted again.

    Raises ConnectFailed when none can be reached.  Use it as a context
    manager, or call `close`: only then, or after their `result`, are background
    jobs surely taken.  A client is for one thread.

        >>> from gearcli import Client
        >>> with Client(server) as client:
        ...     client.submit("reverse", b"hello").result()
        b'olleh'
    """

    def __init__(
        self,
        servers: str | Address | Sequence[str | Address] | None = None,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        patience: float = 0.0,
    ) -> None:
        self._addresses = named(servers, os.environ)
        self._dispatch = Dispatch(self._addresses, connect_timeout=connect_timeout, patience=patience)
        self._jobs: dict[Task, Job] = {}
        self._refused: list[Job] = []
        """Background jobs that no server has taken."""
        self._closed = False
        self.address = self._dispatch.connect()
        """The server that was reached first."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except GearError:
            if error is None:  # else that one goes on
                raise

    def close(self) -> None:
        """End the connections, once the servers have taken the background jobs.

        Other jobs fail with ConnectionLost; servers drop those of them that
        wait and that nobody else listens to.  Raises the error of a background
        job that was not taken, if nobody has asked for it with `Job.result`
        or `Job.exception`, so that none is lost in silence.
        """
        if self._closed:
            return
        self.wait([job for job in self._jobs.values() if job.background], CLOSING)
        self._closed = True
        self._fail_all(ConnectionLost("the client was closed before the job had ended"))
        errors = [error for job in self._refused if (error := job.unseen) is not None]
        if errors:
            raise errors[0]

    # -- jobs -------------------------------------------------------------------

    def submit(
        self,
        function: str | bytes,
        workload: str | bytes = b"",
        *,
        unique: str | bytes | None = None,
        priority: str | Priority = Priority.NORMAL,
        background: bool = False,
        at: float | None = None,
        on_status: Callable[[int, int], None] | None = None,
        on_data: Callable[[bytes], None] | None = None,
        on_warning: Callable[[bytes], None] | None = None,
    ) -> Job:
        """Submit a job and return it at once.

        Identical jobs (same function and `unique`) are done once; every one
        gets the result.  A `background` job is done when the server has taken
        it, also one that is due `at` some time (seconds since 1970).
        `on_status` is called with numerator and denominator, `on_data` and
        `on_warning` with bytes.  Raises UsageError for what the protocol
        cannot carry, and when the client is closed.

            >>> job = client.submit("count", b"3", on_status=lambda n, d: print(f"{n} of {d}"))
            >>> job.result()
            1 of 3
            2 of 3
            3 of 3
            b'done'
        """
        if self._closed:
            raise UsageError("the client is closed")
        task = Task(
            _bytes(function),
            _bytes(workload),
            random_unique() if unique is None else _bytes(unique),
            priority=_priority(priority),
            background=background,
            at=_moment(at),
            shared=unique is not None,
        )
        job = Job(self, task, on_status=on_status, on_data=on_data, on_warning=on_warning)
        self._dispatch.submit(task)
        self._dispatch.flush()
        self._jobs[task] = job
        return job

    def wait(self, jobs: Iterable[Job], timeout: float | None = None) -> bool:
        """Wait until jobs have ended, at most `timeout` seconds; whether all have."""
        waiting = deque(jobs)
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            while waiting and waiting[0].done:
                waiting.popleft()
            if not waiting:
                return True
            self.pump(deadline)
            if expired(deadline):
                return all(job.done for job in waiting)

    def as_completed(self, jobs: Iterable[Job], timeout: float | None = None) -> Iterator[Job]:
        """The jobs in the order in which they end.  Raises TimeLimit after `timeout` seconds.

        >>> jobs = [client.submit("reverse", word) for word in ("one", "two")]
        >>> sorted(job.result() for job in client.as_completed(jobs))
        [b'eno', b'owt']
        """
        finished: deque[Job] = deque()
        waiting = 0
        for job in jobs:
            job.call_when_done(finished.append)
            waiting += 1
        deadline = None if timeout is None else time.monotonic() + timeout
        while waiting:
            if not finished:
                self._pump_until(finished, deadline)
            yield finished.popleft()
            waiting -= 1

    def _pump_until(self, finished: deque[Job], deadline: float | None) -> None:
        while not finished:
            self.pump(deadline)
            if expired(deadline) and not finished:
                raise TimeLimit("the jobs did not end in time; they go on")

    def map(
        self, function: str | bytes, workloads: Iterable[str | bytes], *, window: int = WINDOW
    ) -> Iterator[bytes]:
        """The results of a function for many workloads, in their order, `window` jobs in flight.

        Raises what `Job.result` raises, at the place of the job that failed.

            >>> list(client.map("reverse", ["one", "two", "three"]))
            [b'eno', b'owt', b'eerht']
        """
        flying: deque[Job] = deque()
        for workload in workloads:
            flying.append(self.submit(function, workload))
            if len(flying) >= window:
                yield flying.popleft().result()
        while flying:
            yield flying.popleft().result()

    def pump(self, deadline: float | None = None) -> None:
        """Wait for news until `deadline` (monotonic seconds), and give it to the jobs.

        Jobs that wait when no server is left fail with ServerGone.  What a
        callback raises comes out here; what has arrived besides is not lost.
        """
        try:
            for happening in self._dispatch.turn(deadline):
                self._take(happening)
        except (ServerGone, ProtocolError) as error:
            self._fail_all(error)

    def _take(self, happening: Happening) -> None:
        if isinstance(happening, ServerLost):
            for task in happening.tasks:
                if task in self._jobs:
                    self._jobs[task].lost()
            return
        job = self._jobs.get(happening.task)
        if job is None:
            return
        if happening.ends:
            del self._jobs[happening.task]
            if job.background and happening.kind is not PacketType.JOB_CREATED:
                self._refused.append(job)
        job.take(happening)

    def _fail_all(self, error: GearError) -> None:
        jobs, self._jobs = self._jobs, {}
        self._dispatch.forget()
        self._refused += [job for job in jobs.values() if job.background]
        for job in jobs.values():
            job.fail(error)

    # -- for an event loop --------------------------------------------------------

    def descriptors(self) -> dict[int, int]:
        """What an event loop has to wait for before `pump`: masks of `select.poll` by descriptor."""
        return self._dispatch.descriptors()

    @property
    def due(self) -> float | None:
        """When `pump` is to be called even if nothing is ready, in monotonic seconds."""
        return self._dispatch.due

    # -- questions --------------------------------------------------------------

    def status(self, handle: str | bytes) -> JobStatus:
        """What the servers know of the job with a handle."""
        return self._status(PacketType.GET_STATUS, _bytes(handle), PacketType.STATUS_RES)

    def status_unique(self, unique: str | bytes) -> JobStatus:
        """What the servers know of the job with a unique."""
        return self._status(PacketType.GET_STATUS_UNIQUE, _bytes(unique), PacketType.STATUS_RES_UNIQUE)

    def _status(self, question: PacketType, name: bytes, answer: PacketType) -> JobStatus:
        """The answer of the first server that knows the job, else of the last that can be reached."""
        found, failure = None, None
        for address in self._addresses:
            try:
                found = _status(*self._dispatch.ask(question, name, answer, address=address)[1:])
            except ServerGone as error:
                failure = error
            if found is not None and found.known:
                return found
        if found is None:
            raise failure or ProtocolError("no server has answered")
        return found

    def echo(self, workload: bytes) -> float:
        """The seconds that a round trip of `workload` takes."""
        start = time.perf_counter()
        self._dispatch.ask(PacketType.ECHO_REQ, workload, PacketType.ECHO_RES)
        return time.perf_counter() - start


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)


def _priority(given: str | Priority) -> Priority:
    """A priority by its name.  Raises UsageError."""
    try:
        return Priority[given.upper()] if isinstance(given, str) else Priority(given)
    except (KeyError, ValueError):
        raise UsageError(f"{given!r} is no priority: high, normal or low") from None


def _moment(at: float | None) -> float | None:
    """When a job is due, not before 1970.  Raises UsageError."""
    if at is not None and not math.isfinite(at):
        raise UsageError(f"{at} is no time; at is seconds since 1970")
    return None if at is None else max(0.0, at)


def _status(known: bytes, running: bytes, *numbers: bytes) -> JobStatus:
    with contextlib.suppress(ValueError):
        return JobStatus(known == b"1", running == b"1", *(int(number or b"0") for number in numbers))
    raise ProtocolError("the server answered a status with numbers that are none")
