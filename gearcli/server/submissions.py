"""Clients: the ways to submit a job.

The methods are handlers of packets; see `engine`.
"""

from __future__ import annotations

from functools import partial

from gearcli.protocol import runs
from gearcli.protocol.numbers import leading_number
from gearcli.protocol.packets import HEADER_SIZE, SUBMITS, UNIQUE_LIMIT, Priority
from gearcli.protocol.refusals import Refusal
from gearcli.server import answers
from gearcli.server.peers import Peer
from gearcli.server.registry import Registry, identity
from gearcli.server.schedule import next_match

_CREATED = answers.JOB_CREATED
_LATEST = 2**63 - 1
# Reading a member off an enum class costs as much as calling a function.
_HIGH, _NORMAL, _LOW = (int(priority) for priority in Priority)


class Submissions:
    """What the packets that submit a job do."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._queues = registry.queues
        self.runs = {type_: partial(self._run, *meaning) for type_, meaning in SUBMITS.items()}
        """Who takes many of a packet that are alike."""

    def submit_job(
        self,
        peer: Peer,
        function: bytes,
        unique: bytes,
        workload: bytes,
        priority: int = _NORMAL,
        background: bool = False,
        due: float | None = None,
        reducer: bytes = b"",
    ) -> None:
        """A client wants a job done: queue it, or join the identical one that waits or runs.

        The parameters that are not in the packet serve the other ways to submit.
        """
        queue = self._queues.get(function) or self._registry.new_queue(function)
        job = None
        if unique:
            if len(unique) > UNIQUE_LIMIT:
                peer.refuse(Refusal.UNIQUE)
                return
            job = queue.uniques.get(identity(unique, workload))
        if job is None:
            if queue.limits is not None and queue.full(priority):
                peer.refuse(Refusal.FULL)
                return
            listeners = () if background else (peer,)
            job = self._registry.add(queue, unique, workload, priority, background, listeners, due, reducer)
        elif background:
            self._registry.promote(job)
        else:
            job.join(peer)
        if self._registry.journal is not None:
            self._registry.journal.acknowledge(peer, job)
        else:
            handle = job.handle
            peer.send(_CREATED[len(handle)] + handle)
        if not background:
            peer.listening[job] = None

    def _run(self, priority: int, background: bool, peer: Peer, packets: bytes) -> bool:
        """Queue many jobs of one function, unless any of them may meet another or find the queue full."""
        first = packets[HEADER_SIZE : HEADER_SIZE + runs.size_of(packets)]
        function, _, rest = first.partition(b"\0")
        if rest[:1] != b"\0":
            return False
        queue = self._queues.get(function) or self._registry.new_queue(function)
        if queue.limits is not None:
            return False
        workloads = runs.tails(packets, function + b"\0\0")
        if workloads is None:
            return False
        jobs = self._registry.add_many(queue, workloads, priority, background, () if background else (peer,))
        if background and self._registry.journal is not None:
            self._registry.journal.acknowledge_many(peer, jobs)
        else:
            peer.send(b"".join([_CREATED[len(job.handle)] + job.handle for job in jobs]))
        if not background:
            peer.listening.update(dict.fromkeys(jobs))
        return True

    def submit_job_high(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB, before others."""
        self.submit_job(peer, function, unique, workload, _HIGH)

    def submit_job_low(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB, after others."""
        self.submit_job(peer, function, unique, workload, _LOW)

    def submit_job_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """A client wants a job done and does not await its result."""
        self.submit_job(peer, function, unique, workload, _NORMAL, True)

    def submit_job_high_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB_BG, before others."""
        self.submit_job(peer, function, unique, workload, _HIGH, True)

    def submit_job_low_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB_BG, after others."""
        self.submit_job(peer, function, unique, workload, _LOW, True)

    def submit_job_epoch(
        self, peer: Peer, function: bytes, unique: bytes, epoch: bytes, workload: bytes
    ) -> None:
        """A background job that is due at a time in seconds since 1970; what is no number is now."""
        due = leading_number(epoch)
        if abs(due) > _LATEST:
            peer.refuse(Refusal.EPOCH)
            return
        self.submit_job(peer, function, unique, workload, _NORMAL, True, due)

    def submit_job_sched(
        self,
        peer: Peer,
        function: bytes,
        unique: bytes,
        minute: bytes,
        hour: bytes,
        day_of_month: bytes,
        month: bytes,
        day_of_week: bytes,
        workload: bytes,
    ) -> None:
        """A background job that runs once, at the next minute that matches.  No C server has this."""
        try:
            due = next_match(self._registry.wall, (minute, hour, day_of_month, month, day_of_week))
        except ValueError:
            peer.refuse(Refusal.SCHEDULE)
            return
        self.submit_job(peer, function, unique, workload, _NORMAL, True, due)

    def submit_reduce_job(
        self, peer: Peer, function: bytes, unique: bytes, reducer: bytes, aggregator: bytes, workload: bytes
    ) -> None:
        """As SUBMIT_JOB; workers that send GRAB_JOB_ALL are told the reducer.  The aggregator is not used."""
        self._submit_reduce(peer, function, unique, reducer, workload, False)

    def submit_reduce_job_background(
        self, peer: Peer, function: bytes, unique: bytes, reducer: bytes, aggregator: bytes, workload: bytes
    ) -> None:
        """As SUBMIT_REDUCE_JOB, and the client does not await the result."""
        self._submit_reduce(peer, function, unique, reducer, workload, True)

    def _submit_reduce(
        self, peer: Peer, function: bytes, unique: bytes, reducer: bytes, workload: bytes, background: bool
    ) -> None:
        if len(reducer) > UNIQUE_LIMIT:  # and gearmand's words for it are the same
            peer.refuse(Refusal.UNIQUE)
            return
        self.submit_job(peer, function, unique, workload, _NORMAL, background, None, reducer)
