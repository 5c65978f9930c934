"""`Client` for asyncio code: the same jobs, awaited instead of waited for."""

from __future__ import annotations

import asyncio
import select
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import Any, Self

from gearcli.client.client import Client
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.client.jobs import Job
from gearcli.protocol.address import Address


class AsyncClient:
    """A client that never blocks the event loop: its connections are among those the loop watches.

    Only names are looked up as the system does it, which may block when a
    lost server is reached again.  The arguments are those of `Client`.

        >>> import asyncio
        >>> from gearcli import AsyncClient
        >>> async def main():
        ...     async with AsyncClient(server) as client:
        ...         jobs = [client.submit("reverse", word) for word in ("one", "two")]
        ...         return [await client.result(job) for job in jobs]
        >>> asyncio.run(main())
        [b'eno', b'owt']
    """

    def __init__(
        self,
        servers: str | Sequence[str | Address] | None = None,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        patience: float = 0.0,
    ) -> None:
        self._arguments: dict[str, Any] = {"connect_timeout": connect_timeout, "patience": patience}
        self._servers = servers
        self._watched: dict[int, int] = {}
        self._alarm: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._client = await asyncio.to_thread(Client, self._servers, **self._arguments)
        self._watch()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unwatch()
        await asyncio.to_thread(self._client.__exit__, kind, error, trace)

    def submit(self, function: str | bytes, workload: str | bytes = b"", **options: Any) -> Job:
        """Submit a job and return it at once; the options are those of `Client.submit`.

        Only within ``async with``.
        """
        job = self._client.submit(function, workload, **options)
        self._watch()
        return job

    async def result(self, job: Job) -> bytes:
        """The result of a job, when it has one.  Raises what `Job.result` raises."""
        if not job.done:
            ended = asyncio.Event()
            job.call_when_done(lambda _: ended.set())
            await ended.wait()
        return job.result()

    async def as_completed(self, jobs: Iterable[Job]) -> AsyncIterator[Job]:
        """The jobs in the order in which they end."""
        finished: asyncio.Queue[Job] = asyncio.Queue()
        waiting = 0
        for job in jobs:
            job.call_when_done(finished.put_nowait)
            waiting += 1
        for _ in range(waiting):
            yield await finished.get()

    def _pump(self) -> None:
        """Take in what has arrived; it waits for nothing."""
        try:
            self._client.pump(0.0)
        finally:  # what a callback raises is the loop's, but jobs go on
            self._watch()

    def _watch(self) -> None:
        """Have the loop watch what the client waits for."""
        self._unwatch()
        for descriptor, mask in self._client.descriptors().items():
            if mask & select.POLLIN:
                self._loop.add_reader(descriptor, self._pump)
            if mask & select.POLLOUT:
                self._loop.add_writer(descriptor, self._pump)
            self._watched[descriptor] = mask
        if self._client.due is not None:
            self._alarm = self._loop.call_later(max(0.0, self._client.due - time.monotonic()), self._pump)

    def _unwatch(self) -> None:
        for descriptor in self._watched:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)
        self._watched.clear()
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
