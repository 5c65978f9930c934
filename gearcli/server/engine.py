"""Every decision of the server: what each packet does, to whom, and what is answered.

No socket, no clock, no disk, no print.  A method is named after its packet
and its parameters after the packet's arguments; `handlers` is the table that
a loop calls.  Answers go into the outboxes of peers, and peers that have
something to say into `talking`.  Time is a number that `tick` is told; `due`
says when it wants to be told next.

Where gearmand's releases differ, 2.x is followed: priority counts over all
functions of a worker, then its functions take turns.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from gearcli.protocol.packets import (
    HANDLE_LIMIT,
    UNIQUE_LIMIT,
    PacketType,
    Priority,
    response,
)
from gearcli.protocol.refusals import Refusal
from gearcli.server.jobs import Job
from gearcli.server.peers import Peer
from gearcli.server.queues import NOTHING, FunctionQueue
from gearcli.server.registry import Registry, identity
from gearcli.server.wakeups import NOOP

CLIENT_ID_LIMIT = 127
"""Bytes of a client id that are kept (GEARMAN_SERVER_CON_ID_SIZE with its NUL)."""

_LARGEST_NUMBER = 2**32 - 1
# Reading a member off an enum class costs as much as calling a function.
_HIGH, _NORMAL, _LOW = (int(priority) for priority in Priority)
_JOB_CREATED = PacketType.JOB_CREATED
_JOB_ASSIGN, _JOB_ASSIGN_UNIQ = PacketType.JOB_ASSIGN, PacketType.JOB_ASSIGN_UNIQ
_WORK_COMPLETE, _WORK_FAIL = PacketType.WORK_COMPLETE, PacketType.WORK_FAIL
_SUBMITS = [type_ for type_ in PacketType if type_.name.startswith("SUBMIT_")]
_NO_JOB = response(PacketType.NO_JOB)


class Engine:
    """The state of a job server, and what every packet makes of it."""

    def __init__(self, handle_prefix: bytes = b"H:gear:") -> None:
        self.registry = Registry(handle_prefix)
        self.talking: list[Peer] = []
        """Peers whose outbox went from empty to filled; the loop empties both."""
        self.peers: dict[Peer, None] = {}
        self._queues = self.registry.queues
        self._jobs = self.registry.jobs
        self._wakeups = self.registry.wakeups
        self.handlers = self._table()

    def _table(self) -> dict[PacketType, Callable[..., None]]:
        """The method for every packet; those that no peer may send are unexpected."""
        return {type_: getattr(self, type_.name.lower(), self._unexpected) for type_ in PacketType}

    def drain(self) -> None:
        """From now on take no new jobs and give none out; those that run may end."""
        self.registry.pause()
        self.handlers.update(dict.fromkeys(_SUBMITS, _draining))

    # -- connections ----------------------------------------------------------

    def connect(self, number: int = 0, host: bytes = b"-") -> Peer:
        """A connection begins; see `Peer` for the parameters."""
        peer = Peer(self.talking, number, host)
        self.peers[peer] = None
        return peer

    def disconnect(self, peer: Peer) -> None:
        """A connection is gone: its jobs are offered again, what only it wanted is dropped."""
        del self.peers[peer]
        for job in list(peer.listening):
            job.listeners = tuple(listener for listener in job.listeners if listener is not peer)
            if job.abandoned and job.worker is None:
                self.registry.drop(job)
        peer.asleep = False
        self.reset_abilities(peer)
        for job in list(peer.running):
            self.registry.offer_again(job, peer)

    def tick(self, now: float) -> None:
        """Do what is due at `now` (seconds, monotonic)."""
        self.registry.tick(now)

    def due(self) -> float:
        """When `tick` is wanted next; infinity if never."""
        return self.registry.due()

    # -- abilities ------------------------------------------------------------

    def can_do(self, peer: Peer, function: bytes) -> None:
        """The worker takes jobs of a function, before those it named earlier."""
        if function not in peer.abilities:
            queue = self._queues.get(function) or self.registry.new_queue(function)
            queue.workers += 1
            peer.abilities[function] = queue
            peer.abilities.move_to_end(function, last=False)
            if peer.asleep:
                queue.sleepers[peer] = None
                self._wakeups.wake(queue, self.registry.now)
            else:
                peer.unlisted.append(queue)
        peer.timeouts.pop(function, None)

    def can_do_timeout(self, peer: Peer, function: bytes, timeout: bytes) -> None:
        """As CAN_DO; a job fails when the worker has not ended it in `timeout` milliseconds.

        As in gearmand, less than a second is a second and nothing is no limit.
        """
        if not timeout.isdigit():
            refuse(peer, Refusal.NUMBER)
            return
        self.can_do(peer, function)
        milliseconds = number(timeout)
        if milliseconds:
            peer.timeouts[function] = max(1000, milliseconds) / 1000

    def cant_do(self, peer: Peer, function: bytes) -> None:
        """The worker takes no more jobs of a function; those it runs are offered again."""
        queue = peer.abilities.pop(function, None)
        if queue is None:
            return
        peer.timeouts.pop(function, None)
        queue.workers -= 1
        if queue.sleepers.pop(peer, peer) is peer:
            peer.unlisted.remove(queue)
        if peer.woken is queue:
            self._wakeups.awake(peer, self.registry.now)
        for job in [job for job in peer.running if job.queue is queue]:
            self.registry.offer_again(job, peer)

    def reset_abilities(self, peer: Peer) -> None:
        """The worker takes no more jobs at all."""
        for function in list(peer.abilities):
            self.cant_do(peer, function)

    def set_client_id(self, peer: Peer, client_id: bytes) -> None:
        """The name by which ``workers`` shows the connection."""
        peer.client_id = client_id[:CLIENT_ID_LIMIT]

    # -- sleeping and grabbing --------------------------------------------------

    def pre_sleep(self, peer: Peer) -> None:
        """The worker sleeps until it is woken by NOOP: at once if there is work."""
        if peer.woken is not None:
            self._wakeups.awake(peer, self.registry.now)
        if any(queue.best < NOTHING for queue in peer.abilities.values()):
            peer.send(NOOP)
            return
        peer.asleep = True
        for queue in peer.unlisted:
            queue.sleepers[peer] = None
        peer.unlisted.clear()

    def grab_job(self, peer: Peer) -> None:
        """The worker asks for a job: its handle, function and workload."""
        job = self._grab(peer)
        if job is not None:
            peer.tell(_JOB_ASSIGN, job.handle, job.queue.name, job.workload)

    def grab_job_uniq(self, peer: Peer) -> None:
        """As GRAB_JOB; the answer has the unique too."""
        job = self._grab(peer)
        if job is not None:
            peer.tell(_JOB_ASSIGN_UNIQ, job.handle, job.queue.name, job.unique, job.workload)

    def grab_job_all(self, peer: Peer) -> None:
        """As GRAB_JOB_UNIQ for a job without a reducer (libgearman's and PHP's workers send this)."""
        self.grab_job_uniq(peer)

    def _grab(self, peer: Peer) -> Job | None:
        """Give the next job to a worker, or say NO_JOB and return None."""
        peer.asleep = False
        queue = _next_queue(peer.abilities)
        job = None
        if queue is None:
            peer.send(_NO_JOB)
        else:
            job = self.registry.assign(queue, peer)
        if peer.woken is not None:
            self._wakeups.awake(peer, self.registry.now)
        return job

    # -- submitting -------------------------------------------------------------

    def submit_job(
        self,
        peer: Peer,
        function: bytes,
        unique: bytes,
        workload: bytes,
        priority: int = _NORMAL,
        background: bool = False,
    ) -> None:
        """A client wants a job done: queue it, or join the identical one that waits or runs."""
        queue = self._queues.get(function) or self.registry.new_queue(function)
        job = None
        if unique:
            if len(unique) > UNIQUE_LIMIT:
                refuse(peer, Refusal.UNIQUE)
                return
            job = queue.uniques.get(identity(unique, workload))
        if job is None:
            job = self.registry.add(queue, unique, workload, priority, background)
        elif background:
            job.background = True
        peer.tell(_JOB_CREATED, job.handle)
        if not background:
            job.listeners += (peer,)
            peer.listening[job] = None

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

    # -- what a worker reports --------------------------------------------------

    def work_data(self, peer: Peer, handle: bytes, data: bytes) -> None:
        """A part of the result, for the listeners."""
        job = self._owned(peer, handle, Refusal.UPDATE)
        if job is not None:
            self._forward(job, PacketType.WORK_DATA, handle, data)

    def work_warning(self, peer: Peer, handle: bytes, warning: bytes) -> None:
        """A warning, for the listeners."""
        job = self._owned(peer, handle, Refusal.UPDATE)
        if job is not None:
            self._forward(job, PacketType.WORK_WARNING, handle, warning)

    def work_status(self, peer: Peer, handle: bytes, numerator: bytes, denominator: bytes) -> None:
        """How far the job is, for the listeners and for GET_STATUS."""
        job = self._owned(peer, handle, Refusal.RESULT)
        if job is not None:
            job.progress = number(numerator), number(denominator)
            self._forward(job, PacketType.WORK_STATUS, handle, numerator, denominator)

    def work_complete(self, peer: Peer, handle: bytes, result: bytes) -> None:
        """The job is done."""
        job = self._jobs.get(handle)
        if job is None or job.worker is not peer:
            refuse(peer, Refusal.RESULT)
            return
        for listener in job.listeners:
            listener.tell(_WORK_COMPLETE, handle, result)
        self.registry.forget(job)

    def work_fail(self, peer: Peer, handle: bytes) -> None:
        """The job has failed; it is not offered again."""
        if len(handle) > HANDLE_LIMIT:
            refuse(peer, Refusal.FAILED_HANDLE)
            return
        job = self._owned(peer, handle, Refusal.RESULT)
        if job is not None:
            self.registry.end(job, _WORK_FAIL, handle)

    def work_exception(self, peer: Peer, handle: bytes, exception: bytes) -> None:
        """The job has failed, with words for those listeners that asked for such; others get WORK_FAIL."""
        job = self._owned(peer, handle, Refusal.EXCEPTION)
        if job is None:
            return
        for listener in job.listeners:
            if listener.wants_exceptions:
                listener.tell(PacketType.WORK_EXCEPTION, handle, exception)
            else:
                listener.tell(_WORK_FAIL, handle)
        self.registry.forget(job)

    def _owned(self, peer: Peer, handle: bytes, refusal: Refusal) -> Job | None:
        """The job with this handle if the peer runs it, else None after an ERROR."""
        job = self._jobs.get(handle)
        if job is None or job.worker is not peer:
            refuse(peer, refusal)
            return None
        return job

    def _forward(self, job: Job, type_: PacketType, *fields: bytes) -> None:
        for listener in job.listeners:
            listener.tell(type_, *fields)

    # -- questions ----------------------------------------------------------------

    def get_status(self, peer: Peer, handle: bytes) -> None:
        """Whether a job is known and running, and how far it is."""
        if len(handle) > HANDLE_LIMIT:
            refuse(peer, Refusal.HANDLE)
            return
        peer.tell(PacketType.STATUS_RES, handle, *_progress(self._jobs.get(handle)))

    def get_status_unique(self, peer: Peer, unique: bytes) -> None:
        """As GET_STATUS, by unique, and how many clients listen.

        The packet names no function: of several jobs with this unique a
        running one is meant before a waiting one.
        """
        if len(unique) > UNIQUE_LIMIT:
            refuse(peer, Refusal.UNIQUE)
            return
        jobs = [job for queue in self._queues.values() if (job := queue.uniques.get(unique))]
        job = max(jobs, key=lambda job: job.worker is not None, default=None)
        listeners = b"%d" % len(job.listeners) if job else b"0"
        peer.tell(PacketType.STATUS_RES_UNIQUE, unique, *_progress(job), listeners)

    def echo_req(self, peer: Peer, workload: bytes) -> None:
        """The same bytes back."""
        peer.tell(PacketType.ECHO_RES, workload)

    def option_req(self, peer: Peer, option: bytes) -> None:
        """Switch on an option of the connection; there is one, `exceptions`."""
        if option.lower() == b"exceptions":
            peer.wants_exceptions = True
            peer.tell(PacketType.OPTION_RES, option)
        else:
            refuse(peer, Refusal.OPTION)

    def rejected(self, peer: Peer, code: bytes, text: bytes) -> None:
        """The decoder could not accept a packet; `code` and `text` say why."""
        peer.tell(PacketType.ERROR, code, text)

    def _unexpected(self, peer: Peer, *_: bytes) -> None:
        refuse(peer, Refusal.COMMAND)


def _draining(peer: Peer, *_: bytes) -> None:
    refuse(peer, Refusal.DRAINING)


def refuse(peer: Peer, refusal: Refusal) -> None:
    """Answer ERROR."""
    peer.tell(PacketType.ERROR, refusal.code, refusal.text)


def _next_queue(abilities: OrderedDict[bytes, FunctionQueue]) -> FunctionQueue | None:
    """The queue to serve a worker from: the one with the highest priority waiting, then the next in turn."""
    chosen, best = None, NOTHING
    for queue in abilities.values():
        if queue.best < best:
            chosen, best = queue, queue.best
            if not best:
                break
    if chosen is not None and len(abilities) > 1:
        abilities.move_to_end(chosen.name)
    return chosen


def number(field: bytes) -> int:
    """The number in an argument, as gearmand reads it: 0 for what is none, at most 32 bits."""
    return min(int(field[:20]), _LARGEST_NUMBER) if field.isdigit() else 0


def _progress(job: Job | None) -> tuple[bytes, bytes, bytes, bytes]:
    """Known, running, numerator and denominator, as the status packets have them."""
    if job is None:
        return b"0", b"0", b"0", b"0"
    running = b"1" if job.worker is not None else b"0"
    numerator, denominator = job.progress
    return b"1", running, b"%d" % numerator, b"%d" % denominator
