"""Clients: the ways to submit a job.

The methods are handlers of packets; see `engine`.
"""

from __future__ import annotations

from functools import partial

from gearcli.protocol import runs
from gearcli.protocol.numbers import leading_number
from gearcli.protocol.packets import HEADER_SIZE, SUBMITS, UNIQUE_LIMIT, PacketType
from gearcli.protocol.refusals import Refusal
from gearcli.server import answers
from gearcli.server.jobs import Kind
from gearcli.server.peers import Peer
from gearcli.server.registry import Registry, identity
from gearcli.server.schedule import next_match

_CREATED = answers.JOB_CREATED
_LATEST = 2**63 - 1
_KINDS: dict[PacketType, Kind] = {
    type_: (int(priority), background) for type_, (priority, background) in SUBMITS.items()
}
_HIGH, _NORMAL, _LOW, _HIGH_BG, _NORMAL_BG, _LOW_BG = _KINDS.values()


class Submissions:
    """What the packets that submit a job do."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._queues = registry.queues
        self.runs = {type_: partial(self._run, kind) for type_, kind in _KINDS.items()}
        """Who takes many of a packet that are alike."""

    def submit_job(
        self,
        peer: Peer,
        function: bytes,
        unique: bytes,
        workload: bytes,
        kind: Kind = _NORMAL,
        due: float | None = None,
        reducer: bytes = b"",
    ) -> None:
        """A client wants a job done: queue it, or join the identical one that waits or runs.

        The parameters that are not in the packet serve the other ways to submit.
        """
        queue = self._queues.get(function)
        if queue is None:
            queue = self._registry.new_queue(function)
            if queue is None:
                peer.refuse(Refusal.FUNCTION)
                return
        job = None
        if unique:
            if len(unique) > UNIQUE_LIMIT:
                peer.refuse(Refusal.UNIQUE)
                return
            job = queue.uniques.get(identity(unique, workload))
        if job is None:
            if queue.limits is not None and queue.full(kind[0]):
                peer.refuse(Refusal.FULL)
                return
            if kind[1]:
                job = self._registry.add(queue, unique, workload, kind, (), due, reducer)
            else:
                job = self._registry.add(queue, unique, workload, kind, (peer,), due, reducer)
                peer.listening[job] = None
        elif kind[1]:
            self._registry.promote(job)
        else:
            job.join(peer)
            peer.listening[job] = None
        if self._registry.journal is not None:
            self._registry.journal.acknowledge(peer, job)
        else:
            handle = queue.handles % job.number
            peer.send(_CREATED[len(handle)] + handle)

    def _run(self, kind: Kind, peer: Peer, packets: bytes) -> bool:
        """Queue many jobs of one function, unless any of them may meet another or find the queue full."""
        first = packets[HEADER_SIZE : HEADER_SIZE + runs.size_of(packets)]
        function, _, rest = first.partition(b"\0")
        if rest[:1] != b"\0":
            return False
        queue = self._queues.get(function) or self._registry.new_queue(function)
        if queue is None or queue.limits is not None:
            return False
        workloads = runs.tails(packets, function + b"\0\0")
        if workloads is None:
            return False
        _, background = kind
        jobs = self._registry.add_many(queue, workloads, kind, () if background else (peer,))
        if background and self._registry.journal is not None:
            self._registry.journal.acknowledge_many(peer, jobs)
        else:
            peer.send(_created(queue.handles, [job.number for job in jobs]))
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
        self.submit_job(peer, function, unique, workload, _NORMAL_BG)

    def submit_job_high_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB_BG, before others."""
        self.submit_job(peer, function, unique, workload, _HIGH_BG)

    def submit_job_low_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB_BG, after others."""
        self.submit_job(peer, function, unique, workload, _LOW_BG)

    def submit_job_epoch(
        self, peer: Peer, function: bytes, unique: bytes, epoch: bytes, workload: bytes
    ) -> None:
        """A background job that is due at a time in seconds since 1970; what is no number is now."""
        due = leading_number(epoch)
        if abs(due) > _LATEST:
            peer.refuse(Refusal.EPOCH)
            return
        self.submit_job(peer, function, unique, workload, _NORMAL_BG, due)

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
        self.submit_job(peer, function, unique, workload, _NORMAL_BG, due)

    def submit_reduce_job(
        self, peer: Peer, function: bytes, unique: bytes, reducer: bytes, aggregator: bytes, workload: bytes
    ) -> None:
        """As SUBMIT_JOB; workers that send GRAB_JOB_ALL are told the reducer.  The aggregator is not used."""
        self._submit_reduce(peer, function, unique, reducer, workload, _NORMAL)

    def submit_reduce_job_background(
        self, peer: Peer, function: bytes, unique: bytes, reducer: bytes, aggregator: bytes, workload: bytes
    ) -> None:
        """As SUBMIT_REDUCE_JOB, and the client does not await the result."""
        self._submit_reduce(peer, function, unique, reducer, workload, _NORMAL_BG)

    def _submit_reduce(
        self, peer: Peer, function: bytes, unique: bytes, reducer: bytes, workload: bytes, kind: Kind
    ) -> None:
        if len(reducer) > UNIQUE_LIMIT:  # and gearmand's words for it are the same
            peer.refuse(Refusal.UNIQUE)
            return
        self.submit_job(peer, function, unique, workload, kind, None, reducer)


def _created(handles: bytes, numbers: list[int]) -> bytes:
    """The answers JOB_CREATED for new jobs; where all handles are equally long, they are made in one go."""
    size = len(handles % numbers[0])
    if size == len(handles % numbers[-1]):
        return (_CREATED[size].replace(b"%", b"%%") + handles) * len(numbers) % tuple(numbers)
    return b"".join([_CREATED[len(handle)] + handle for handle in [handles % number for number in numbers]])
