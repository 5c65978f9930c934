"""Workers in Python: a callable for every function, one job at a time, from several servers at once.

No threads: while a callable works, nothing else is done.  The servers are in
`gearcli.worker.servers`, a job and its end in `gearcli.worker.assigned`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self, TypeVar

from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.errors import UsageError
from gearcli.escape import shown
from gearcli.protocol.address import Address, named
from gearcli.protocol.packets import PacketType, request
from gearcli.worker.assigned import PATIENCE, Work, ended, report
from gearcli.worker.sense import check_function
from gearcli.worker.servers import Servers
from gearcli.worker.worker import Job

_Work = TypeVar("_Work", bound=Work)


class Worker:
    """Does jobs by calling Python.

        >>> from gearcli import Client, Worker
        >>> with Worker(server) as worker, Client(server) as client:
        ...     worker.register("shout", lambda job: job.workload.upper())
        ...     job = client.submit("shout", "hello")
        ...     worker.run(jobs=1)
        ...     job.result()
        1
        b'HELLO'

    `servers` are ``host:port``, ``unix:/path`` or addresses, one or several;
    without any they are those of the environment.  `client_id` is the name
    that the servers show.  `connect_timeout` is how many seconds a server may
    take to be reached, and how long one that does not answer is waited for at
    the end.  Connections stay open from one `run` to the next, until `stop`
    or `close`.

    A callable gets an `AssignedJob` and returns the result.  If it raises
    JobFailed, the job fails, with its words as a warning; of any other
    exception the submitter gets ``TypeName: words``.  KeyboardInterrupt and
    its like leave the job to the next worker and end `run`.

    `stop`, `register` and `forget` may be called from anywhere, also from
    signal handlers and callables.  Raises UsageError and AddressError.
    """

    def __init__(
        self,
        servers: str | Address | Sequence[str | Address] | None = None,
        *,
        client_id: str = "",
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        if "\0" in client_id:
            raise UsageError(f"{shown(client_id)}: a client_id cannot contain a NUL byte")
        self._servers = Servers(named(servers, os.environ), client_id.encode(), connect_timeout)
        self._connect_timeout = connect_timeout
        self._callables: dict[bytes, Work] = {}
        self._running = self._closed = False
        self._stop_at: float | None = None
        self._jobs: int | None = None
        self._idle: float | None = None
        self._idle_since = 0.0
        self._done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def register(self, function: str | bytes, callable: Work, *, timeout: int | None = None) -> None:
        """Do the jobs of a function from now on; the one registered first has the first turn.

        When a job takes longer than `timeout` milliseconds, if given, its
        server takes it for failed (gear) or offers it to others (gearmand);
        less than 1000 are 1000.  Perl's server takes the number for seconds.
        Raises UsageError.
        """
        name = _function_name(function)
        if timeout is None:
            packet = request(PacketType.CAN_DO, name)
        elif timeout > 0:
            packet = request(PacketType.CAN_DO_TIMEOUT, name, b"%d" % timeout)
        else:
            raise UsageError(f"a job cannot be done within {timeout} ms; for no limit give no timeout")
        self._callables[name] = callable
        self._servers.can_do(name, packet)

    def function(self, name: str | bytes, *, timeout: int | None = None) -> Callable[[_Work], _Work]:
        """Decorate a callable to `register` it.  Raises UsageError."""

        def registered(callable: _Work) -> _Work:
            self.register(name, callable, timeout=timeout)
            return callable

        return registered

    def forget(self, function: str | bytes) -> None:
        """Take no more jobs of a function; one that is being done is done.  Raises UsageError."""
        self._servers.cannot_do(_function_name(function))

    def run(self, *, jobs: int | None = None, idle: float | None = None) -> int:
        """Do jobs until stopped, until so many are done, or until none came for `idle` seconds.

        Returns how many were done, failed ones included.  With an `idle` of 0
        that is all the jobs that are there.  A stop before it is not missed.
        Raises ConnectFailed when no server can be reached at the start,
        ProtocolError when the only one that can breaks the protocol again and
        again, Forbidden when one does not permit the work, and UsageError when
        nothing was registered or it runs already.
        """
        self._begin(jobs, idle)
        try:
            if self._stop_at is None and jobs != 0:
                self._servers.gather()
                self._idle_since = time.monotonic()
            while not self._finished():
                self._turn()
            self._servers.rest()
        except BaseException:
            self._servers.part(PATIENCE)
            raise
        finally:
            self._end()
        return self._done

    def stop(self) -> None:
        """Have `run` return when the current job is done."""
        if self._stop_at is None:
            self._stop_at = time.monotonic()
        self._servers.no_more = True
        self._servers.wake()

    def close(self) -> None:
        """End the connections; if it runs, after the current job."""
        self._closed = True
        self.stop()
        if not self._running:
            self._servers.close()

    def _begin(self, jobs: int | None, idle: float | None) -> None:
        if self._running or self._closed:
            raise UsageError("the worker runs already" if self._running else "the worker is closed")
        if not self._callables:
            raise UsageError("a worker needs a function; register one before it runs")
        self._running = True
        self._jobs, self._idle, self._done = jobs, idle, 0

    def _end(self) -> None:
        self._running, self._stop_at, self._servers.no_more = False, None, False
        if self._closed:
            self._servers.close()

    def _turn(self) -> None:
        """Ask for a job, wait for something to happen, and act on it."""
        self._servers.ask()
        self._servers.wait(self._ends_at())
        for job in self._servers.jobs():
            self._work(job)

    def _ends_at(self) -> float | None:
        """When waiting ends if nothing happens.  A job that may be on its way is waited for some time."""
        ends = self._stop_at
        if ends is None and self._idle is not None:
            ends = self._idle_since + self._idle
        if ends is not None and (self._servers.asked or self._servers.worked):
            ends += self._connect_timeout
        return ends

    def _finished(self) -> bool:
        if self._jobs is not None and self._done >= self._jobs:
            return True
        if self._stop_at is not None and self._servers.worked:
            return True
        ends = self._ends_at()
        return ends is not None and time.monotonic() >= ends

    def _work(self, job: Job) -> None:
        """Do a job and report how it ended, unless the server has gone meanwhile."""
        end = ended(self._callables[job.function], job)
        connection = job.session.connection
        connection.exchange()
        if connection.lost is None:
            report(job, end)
            self._done += 1
        self._idle_since = time.monotonic()


def _function_name(function: str | bytes) -> bytes:
    """A function's name on the wire.  Raises UsageError."""
    name = function.encode() if isinstance(function, str) else function
    check_function(name)
    return name
