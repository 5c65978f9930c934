"""Every decision of the server: what each packet does, to whom, and what is answered.

No socket, no clock, no disk, no print.  A method is named after its packet
and its parameters after the packet's arguments; `handlers` is the table that
a loop calls.  Answers go into the outboxes of peers, and peers that have
something to say into `talking`.  Time is the number `now`, in seconds, set by
`tick`, which returns when it wants to be called next.

Where gearmand's releases differ, 2.x is followed: priority counts over all
functions of a worker, then its functions take turns.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from itertools import count

from gearcli.protocol.packets import (
    HANDLE_LIMIT,
    UNIQUE_LIMIT,
    PacketType,
    Priority,
    response,
)
from gearcli.protocol.refusals import Refusal
from gearcli.server.jobs import NO_PROGRESS, Job
from gearcli.server.peers import Peer
from gearcli.server.queues import NOTHING, FunctionQueue
from gearcli.server.timers import Timer, Timers
from gearcli.server.wakeups import NOOP, Wakeups

CLIENT_ID_LIMIT = 127
"""Bytes of a client id that are kept (GEARMAN_SERVER_CON_ID_SIZE with its NUL)."""

_LARGEST_NUMBER = 2**32 - 1
# Reading a member off an enum class costs as much as calling a function.
_HIGH, _NORMAL, _LOW = (int(priority) for priority in Priority)
_JOB_CREATED = PacketType.JOB_CREATED
_JOB_ASSIGN, _JOB_ASSIGN_UNIQ = PacketType.JOB_ASSIGN, PacketType.JOB_ASSIGN_UNIQ
_WORK_COMPLETE, _WORK_FAIL = PacketType.WORK_COMPLETE, PacketType.WORK_FAIL
_NO_JOB = response(PacketType.NO_JOB)


class Engine:
    """The state of a job server, and what every packet makes of it."""

    def __init__(self, handle_prefix: bytes = b"H:gear:") -> None:
        self.now = 0.0
        self.talking: list[Peer] = []
        """Peers whose outbox went from empty to filled; the loop empties both."""
        self.peers: dict[Peer, None] = {}
        self.jobs: dict[bytes, Job] = {}
        """Waiting and running jobs by handle."""
        self.queues: dict[bytes, FunctionQueue] = {}
        self.draining = False
        """Whether no work is taken or given any longer."""
        self._handle_prefix = handle_prefix
        self._numbers = count(1)
        self._timers = Timers()
        self._limits: dict[Job, Timer] = {}
        """When running jobs fail whose workers set themselves a time."""
        self._wakeups = Wakeups()
        self.handlers = self._table()

    def _table(self) -> dict[PacketType, Callable[..., None]]:
        """The method for every packet; those that no peer may send are unexpected."""
        return {type_: getattr(self, type_.name.lower(), self._unexpected) for type_ in PacketType}

    @property
    def running(self) -> int:
        """Jobs that a worker has."""
        return sum(queue.running for queue in self.queues.values())

    def drain(self) -> None:
        """From now on take no new jobs and give none out; those that run may end."""
        self.draining = self._wakeups.stopped = True

    # -- connections and time -------------------------------------------------

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
                self._drop(job)
        peer.asleep = False
        self.reset_abilities(peer)
        for job in list(peer.running):
            self._offer_again(job, peer)

    def tick(self, now: float) -> float | None:
        """Do what is due at `now` (seconds, monotonic); return when the next thing is due."""
        self.now = now
        for call in self._timers.pop_due(now):
            call()
        due = self._wakeups.tick(now)
        timer = self._timers.next_due()
        return timer if due is None else due if timer is None else min(due, timer)

    # -- abilities ------------------------------------------------------------

    def can_do(self, peer: Peer, function: bytes) -> None:
        """The worker takes jobs of a function, before those it named earlier."""
        if function not in peer.abilities:
            queue = self.queues.get(function) or self._new_queue(function)
            queue.workers += 1
            peer.abilities[function] = queue
            peer.abilities.move_to_end(function, last=False)
            if peer.asleep:
                queue.sleepers[peer] = None
                self._wakeups.wake(queue, self.now)
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
            self._wakeups.awake(peer, self.now)
        for job in [job for job in peer.running if job.queue is queue]:
            self._offer_again(job, peer)

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
            self._wakeups.awake(peer, self.now)
        if not self.draining and any(queue.best < NOTHING for queue in peer.abilities.values()):
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
        queue = None if self.draining else _next_queue(peer.abilities)
        job = None
        if queue is None:
            peer.send(_NO_JOB)
        else:
            job = queue.take()
            job.worker = peer
            job.attempt += 1
            peer.running[job] = None
            queue.running += 1
            if peer.timeouts:
                self._limit(peer, job)
        if peer.woken is not None:
            self._wakeups.awake(peer, self.now)
        return job

    def _limit(self, peer: Peer, job: Job) -> None:
        """Let a job fail when its worker has not ended it in the time it asked for."""
        seconds = peer.timeouts.get(job.queue.name)
        if seconds is not None:
            due = self.now + seconds
            self._limits[job] = self._timers.add(due, lambda: self._end(job, _WORK_FAIL, job.handle))

    # -- submitting -------------------------------------------------------------

    def submit_job(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """A client wants a job done and awaits its result."""
        self._submit(peer, function, unique, workload, _NORMAL, False)

    def submit_job_high(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB, before others."""
        self._submit(peer, function, unique, workload, _HIGH, False)

    def submit_job_low(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB, after others."""
        self._submit(peer, function, unique, workload, _LOW, False)

    def submit_job_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """A client wants a job done and does not await its result."""
        self._submit(peer, function, unique, workload, _NORMAL, True)

    def submit_job_high_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB_BG, before others."""
        self._submit(peer, function, unique, workload, _HIGH, True)

    def submit_job_low_bg(self, peer: Peer, function: bytes, unique: bytes, workload: bytes) -> None:
        """As SUBMIT_JOB_BG, after others."""
        self._submit(peer, function, unique, workload, _LOW, True)

    def _submit(
        self, peer: Peer, function: bytes, unique: bytes, workload: bytes, priority: int, background: bool
    ) -> None:
        """Queue a job, or join the identical one that waits or runs; answer JOB_CREATED."""
        if len(unique) > UNIQUE_LIMIT or self.draining:
            refuse(peer, Refusal.DRAINING if self.draining else Refusal.UNIQUE)
            return
        queue = self.queues.get(function) or self._new_queue(function)
        key = identity(unique, workload) if unique == b"-" else unique
        job = queue.uniques.get(key) if key else None
        if job is None:
            handle = b"%b%d" % (self._handle_prefix, next(self._numbers))
            job = self.jobs[handle] = Job(handle, queue, unique, workload, priority, background)
            if key:
                queue.uniques[key] = job
            queue.put(job)
        elif background:
            job.background = True
        peer.tell(_JOB_CREATED, job.handle)
        if not background:
            job.listeners += (peer,)
            peer.listening[job] = None
        if queue.sleepers:
            self._wakeups.wake(queue, self.now)

    def _new_queue(self, function: bytes) -> FunctionQueue:
        queue = self.queues[function] = FunctionQueue(function)
        return queue

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
        job = self.jobs.get(handle)
        if job is None or job.worker is not peer:
            refuse(peer, Refusal.RESULT)
        else:
            self._end(job, _WORK_COMPLETE, handle, result)

    def work_fail(self, peer: Peer, handle: bytes) -> None:
        """The job has failed; it is not offered again."""
        if len(handle) > HANDLE_LIMIT:
            refuse(peer, Refusal.FAILED_HANDLE)
            return
        job = self._owned(peer, handle, Refusal.RESULT)
        if job is not None:
            self._end(job, _WORK_FAIL, handle)

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
        self._forget(job)

    def _owned(self, peer: Peer, handle: bytes, refusal: Refusal) -> Job | None:
        """The job with this handle if the peer runs it, else None after an ERROR."""
        job = self.jobs.get(handle)
        if job is None or job.worker is not peer:
            refuse(peer, refusal)
            return None
        return job

    def _forward(self, job: Job, type_: PacketType, *fields: bytes) -> None:
        for listener in job.listeners:
            listener.tell(type_, *fields)

    # -- how jobs end -----------------------------------------------------------

    def _end(self, job: Job, type_: PacketType, *fields: bytes) -> None:
        """Tell the listeners how a running job ended, and forget it."""
        for listener in job.listeners:
            listener.tell(type_, *fields)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        """Take a job from its worker, if it has one, and out of every index."""
        if job.worker is not None:
            self._release(job, job.worker)
        del self.jobs[job.handle]
        if job.unique:
            job.queue.uniques.pop(identity(job.unique, job.workload), None)
        for listener in job.listeners:
            listener.listening.pop(job, None)
        job.listeners = ()
        job.handle = job.workload = b""

    def _release(self, job: Job, worker: Peer) -> None:
        """Take a running job from its worker."""
        del worker.running[job]
        job.worker = None
        job.queue.running -= 1
        if self._limits:
            timer = self._limits.pop(job, None)
            if timer is not None:
                self._timers.cancel(timer)

    def _drop(self, job: Job) -> None:
        """A waiting job is not wanted any longer."""
        self._forget(job)
        job.queue.discard(job)

    def _offer_again(self, job: Job, worker: Peer) -> None:
        """A running job has lost its worker: it waits again, at the tail, if anybody still wants it."""
        if job.abandoned:
            self._forget(job)
            return
        self._release(job, worker)
        job.progress = NO_PROGRESS
        job.queue.put(job)
        self._wakeups.wake(job.queue, self.now)

    # -- questions ----------------------------------------------------------------

    def get_status(self, peer: Peer, handle: bytes) -> None:
        """Whether a job is known and running, and how far it is."""
        if len(handle) > HANDLE_LIMIT:
            refuse(peer, Refusal.HANDLE)
            return
        peer.tell(PacketType.STATUS_RES, handle, *_progress(self.jobs.get(handle)))

    def get_status_unique(self, peer: Peer, unique: bytes) -> None:
        """As GET_STATUS, by unique, and how many clients listen.

        The packet names no function: of several jobs with this unique a
        running one is meant before a waiting one.
        """
        if len(unique) > UNIQUE_LIMIT:
            refuse(peer, Refusal.UNIQUE)
            return
        jobs = [job for queue in self.queues.values() if (job := queue.uniques.get(unique))]
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


def refuse(peer: Peer, refusal: Refusal) -> None:
    """Answer ERROR."""
    peer.tell(PacketType.ERROR, refusal.code, refusal.text)


def identity(unique: bytes, workload: bytes) -> bytes:
    """The key under which identical jobs of a function meet; empty for a job that meets none.

    The unique ``-`` stands for the workload itself, unless that is empty.
    """
    if unique != b"-":
        return unique
    # A NUL cannot occur in a unique, so no unique can be mistaken for such a key.
    return b"-\0" + blake2b(workload, digest_size=20).digest() if workload else b""


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
