"""Workers: what they report of the jobs they have.

The methods are handlers of packets; see `engine`.  A report about a job that
the worker does not have is answered with an ERROR.
"""

from __future__ import annotations

from collections.abc import Sequence

from gearcli.escape import shown
from gearcli.protocol import runs
from gearcli.protocol.numbers import number
from gearcli.protocol.packets import HANDLE_LIMIT, HEADER_SIZE, REPORTS, REQUEST
from gearcli.protocol.refusals import Refusal
from gearcli.server import answers
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.registry import Registry


class Reports:
    """What the packets of workers about their jobs do."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def work_data(self, peer: Peer, handle: bytes, data: bytes) -> None:
        """A part of the result, for the listeners."""
        job = self._owned(peer, handle, Refusal.UPDATE)
        if job is not None:
            self._forward(job, answers.WORK_DATA, handle, data)

    def work_warning(self, peer: Peer, handle: bytes, warning: bytes) -> None:
        """A warning, for the listeners."""
        job = self._owned(peer, handle, Refusal.UPDATE)
        if job is not None:
            self._forward(job, answers.WORK_WARNING, handle, warning)

    def work_status(self, peer: Peer, handle: bytes, numerator: bytes, denominator: bytes) -> None:
        """How far the job is, for the listeners and for GET_STATUS."""
        job = self._owned(peer, handle, Refusal.RESULT)
        if job is not None:
            job.extend().progress = number(numerator), number(denominator)
            self._forward(job, answers.WORK_STATUS, handle, numerator, denominator)

    def work_complete(self, peer: Peer, handle: bytes, result: bytes) -> None:
        """The job is done."""
        job = peer.running.get(handle)
        if job is None:
            _not_owned(peer, handle, Refusal.RESULT)
            return
        for listener in job.listeners:
            listener.tell(answers.WORK_COMPLETE, handle, result)
        self._registry.forget(job, handle)

    def work_fail(self, peer: Peer, handle: bytes) -> None:
        """The job has failed; it is not offered again."""
        if len(handle) > HANDLE_LIMIT:
            peer.refuse(Refusal.FAILED_HANDLE)
            return
        job = self._owned(peer, handle, Refusal.RESULT)
        if job is not None:
            self._registry.fail(job)

    def work_exception(self, peer: Peer, handle: bytes, exception: bytes) -> None:
        """The job has failed, with words for those listeners that asked for such; others get WORK_FAIL."""
        job = self._owned(peer, handle, Refusal.EXCEPTION)
        if job is None:
            return
        _tell_all(
            [each for each in job.listeners if each.wants_exceptions],
            answers.WORK_EXCEPTION,
            handle,
            exception,
        )
        _tell_all([each for each in job.listeners if not each.wants_exceptions], answers.WORK_FAIL, handle)
        self._registry.forget(job)
        peer.lose(handle)  # Perl's worker says WORK_FAIL after it

    def too_large(self, peer: Peer, start: bytes) -> str:
        """A packet was refused for its size, of which only the start has come; what that means, in words.

        The job that it reports of fails: offered again it would most likely end in the same way, for ever.
        """
        type_ = runs.type_of(start) if start.startswith(REQUEST) else None
        if type_ is None or type_ not in REPORTS:
            return ""
        handle, known, _ = start[HEADER_SIZE:].partition(b"\0")
        if not known and len(peer.running) == 1:
            (handle,) = peer.running
        job = peer.running.get(handle)
        if job is None:
            return ""
        name = f"{shown(job.queue.name)} {shown(handle)}"
        reason = (
            f"its worker's {type_.name} of {runs.size_of(start)} bytes is more than the server's --max-packet"
        )
        self._registry.fail(job, reason)
        return f"{name} failed: {reason}"

    def _owned(self, peer: Peer, handle: bytes, refusal: Refusal) -> Job | None:
        """The job with this handle if the peer runs it, else None after an ERROR."""
        job = peer.running.get(handle)
        if job is None:
            _not_owned(peer, handle, refusal)
            return None
        return job

    def _forward(self, job: Job, answer: answers.Answer, *fields: bytes) -> None:
        _tell_all(job.listeners, answer, *fields)


def _tell_all(listeners: Sequence[Peer], answer: answers.Answer, *fields: bytes) -> None:
    """Say a packet to some peers; all share the same bytes, for one job may have very many listeners."""
    if len(listeners) == 1:
        listeners[0].tell(answer, *fields)
    elif listeners:
        body = b"\0".join(fields)
        packet = answer[len(body)] + body
        for listener in listeners:
            listener.send(packet)
            listener.bulky = True  # or its outbox would be copied


def _not_owned(peer: Peer, handle: bytes, refusal: Refusal) -> None:
    """Answer a report of a job that the peer does not have, unless the peer could not know that."""
    if handle not in peer.lost:
        peer.refuse(refusal)
