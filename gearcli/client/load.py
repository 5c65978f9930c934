"""Load on one server, and how it bears it: four workloads of jobs that do nothing.

submit    background jobs are queued, and nobody works
drain     workers take and complete what is queued
cycle     clients submit foreground jobs while workers complete them
latency   one job at a time, from one client to one worker and back

The clock runs only while jobs do: connections are made before.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from gearcli.client.connection import Connection, connect
from gearcli.client.crowd import Crowd, Member
from gearcli.client.figures import Figures
from gearcli.client.members import Caller, Submitter, Taker
from gearcli.errors import TimeLimit
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, request

M = TypeVar("M", bound=Member)

WORKLOADS = ("submit", "drain", "cycle", "latency")
"""In an order in which each finds what it needs."""

ANSWER_TIMEOUT = 5.0
"""Seconds that an answer may take which the server gives at once."""

_LATENCY_SHARE = 10
"""One job at a time takes its time: so many times fewer of them."""


@dataclass(frozen=True)
class Plan:
    """Where the load goes and how much it is.

    `window` is how many jobs a connection has in flight, `timeout` the
    seconds each workload may take.
    """

    address: Address
    function: bytes
    workload: bytes
    jobs: int
    connections: int
    workers: int
    window: int
    timeout: float
    connect_timeout: float


class Load:
    """The workloads of a plan, one after the other.

    When one raises, its connections stay open: `clear` needs them to leave
    nothing behind.
    """

    def __init__(self, plan: Plan, crowd: Crowd) -> None:
        self.queued = 0
        """Background jobs that may be on the server and are not known to be completed."""
        self._plan = plan
        self._crowd = crowd

    def run(self, workload: str) -> Figures:
        """One of WORKLOADS.

        Raises TimeLimit, ConnectFailed, ConnectionLost, ProtocolError,
        ServerError for what the server refuses, JobFailed.
        """
        plan = self._plan
        steps: dict[str, Callable[[float], Figures]] = {
            "submit": self._submit,
            "drain": self._drain,
            "cycle": lambda deadline: self._cycle(
                plan.jobs, plan.connections, plan.workers, plan.window, deadline
            ),
            "latency": lambda deadline: self._cycle(max(1, plan.jobs // _LATENCY_SHARE), 1, 1, 1, deadline),
        }
        deadline = time.monotonic() + plan.timeout
        try:
            figures = steps[workload](deadline)
            self._part(deadline)
        except TimeLimit:
            raise TimeLimit(
                f"{workload} was not done within {plan.timeout:g} s; allow it more with --timeout"
            ) from None
        return figures

    def clear(self, seconds: float) -> None:
        """Take from the server what was put there, within so many seconds, and close every connection.

        Raises TimeLimit, ServerGone, ProtocolError or ServerError where that
        is not possible; then jobs may be left.
        """
        crowd = self._crowd
        crowd.dismiss_lost()
        if not self.queued and not crowd.members:
            return
        deadline = time.monotonic() + seconds
        submitters = [member for member in crowd.members if isinstance(member, Submitter)]
        for submitter in submitters:
            submitter.stop()
        takers = [member for member in crowd.members if isinstance(member, Taker)] or self._takers(
            self._plan.workers
        )
        crowd.run(lambda: all(s.done for s in submitters) and _all_asleep(takers), deadline)
        # A job may have come after its worker had fallen asleep; the call that wakes it may be on its way.
        for taker in takers:
            taker.look()
        crowd.run(lambda: _all_asleep(takers), deadline)
        self.queued = 0
        self._part(deadline)

    def forget(self) -> None:
        """Have the server drop the function from its list, if it can; nobody may use it any longer.

        Raises TimeLimit, ServerGone or ProtocolError.
        """
        connection = self._connect()
        try:
            connection.send(b"drop function %b\r\n" % self._plan.function)
            connection.next_packet(time.monotonic() + ANSWER_TIMEOUT)
        finally:
            connection.close()

    # -- the workloads --------------------------------------------------------------

    def _submit(self, deadline: float) -> Figures:
        """Queue the plan's jobs; the clock stops when the server has named the last."""
        plan = self._plan
        packet = request(PacketType.SUBMIT_JOB_BG, plan.function, b"", plan.workload)
        shares = _shares(plan.jobs, plan.connections)
        submitters = [self._joined(Submitter(self._connect(), packet, n, plan.window)) for n in shares]
        self.queued += plan.jobs
        seconds = self._timed(submitters, deadline)
        return Figures(plan.jobs, seconds, connections=len(submitters), window=plan.window)

    def _drain(self, deadline: float) -> Figures:
        """Complete what is queued; the clock stops when the server has nothing left for any worker."""
        if not self.queued:
            self._submit(deadline)
            self._part(deadline)
        takers = self._takers(self._plan.workers)
        start = time.perf_counter()
        self._crowd.run(lambda: _all_asleep(takers), deadline)
        seconds = time.perf_counter() - start
        self.queued = 0
        return Figures(sum(taker.completed for taker in takers), seconds, workers=len(takers))

    def _cycle(self, jobs: int, connections: int, workers: int, window: int, deadline: float) -> Figures:
        """Have foreground jobs done; the clock stops when the last client has its last result."""
        if self.queued:
            self._drain(deadline)
            self._part(deadline)
        takers = self._takers(workers)
        self._crowd.run(lambda: _all_asleep(takers), deadline)
        packet = request(PacketType.SUBMIT_JOB, self._plan.function, b"", self._plan.workload)
        shares = _shares(jobs, connections)
        callers = [self._joined(Caller(self._connect(), packet, n, window)) for n in shares]
        seconds = self._timed(callers, deadline)
        latencies = sorted(latency for caller in callers for latency in caller.latencies)
        return Figures(len(latencies), seconds, len(callers), len(takers), window, latencies)

    def _timed(self, clients: list[Submitter] | list[Caller], deadline: float) -> float:
        """The seconds that clients take for all their jobs."""
        start = time.perf_counter()
        for client in clients:
            client.start()
        self._crowd.run(lambda: all(client.done for client in clients), deadline)
        return time.perf_counter() - start

    def _part(self, deadline: float) -> None:
        """End the connections, those of workers after the server has noticed that they work no longer."""
        takers = [member for member in self._crowd.members if isinstance(member, Taker)]
        for taker in takers:
            taker.leave()
        self._crowd.run(lambda: all(taker.gone for taker in takers), deadline)
        self._crowd.dismiss()

    def _takers(self, count: int) -> list[Taker]:
        """Workers of the function."""
        return [self._joined(Taker(self._connect(), self._plan.function)) for _ in range(count)]

    def _joined(self, member: M) -> M:
        """A member that is in the crowd."""
        self._crowd.add(member)
        return member

    def _connect(self) -> Connection:
        return connect(self._plan.address, self._plan.connect_timeout)


def _all_asleep(takers: list[Taker]) -> bool:
    return all(taker.asleep for taker in takers)


def _shares(jobs: int, connections: int) -> list[int]:
    """How many jobs each connection gets; none gets nothing."""
    each, more = divmod(jobs, connections)
    return [each + (number < more) for number in range(min(jobs, connections))]
