"""Workers: what they can do, when they sleep, and which job each is given.

The methods are handlers of packets; see `engine`.  Where gearmand's releases
differ, 2.x is followed: priority counts over all functions of a worker, then
its functions take turns.
"""

from __future__ import annotations

from collections import OrderedDict

from gearcli.protocol import runs
from gearcli.protocol.numbers import number
from gearcli.protocol.packets import PacketType, response
from gearcli.protocol.refusals import Refusal
from gearcli.server import answers
from gearcli.server.jobs import Job
from gearcli.server.memory import ABILITY
from gearcli.server.peers import Peer
from gearcli.server.queues import NOTHING, FunctionQueue
from gearcli.server.registry import Registry
from gearcli.server.wakeups import NOOP

CLIENT_ID_LIMIT = 127
"""Bytes of a client id that are kept (GEARMAN_SERVER_CON_ID_SIZE with its NUL)."""

_NO_JOB = response(PacketType.NO_JOB)
_NONE: tuple[bytes, Job | None] = b"", None


class Assignments:
    """What the packets of workers that look for work do."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._queues, self._account = registry.queues, registry.account
        self._wakeups = registry.wakeups
        self._wakeups.hand_out = self.grab_job
        self.runs = {PacketType.CAN_DO: self._can_do_run}
        """Who takes many of a packet that are alike."""

    # -- abilities ------------------------------------------------------------

    def can_do(self, peer: Peer, function: bytes) -> None:
        """The worker takes jobs of a function, before those it named earlier."""
        if peer.timeouts:
            peer.allow(function, 0)
        self._add_ability(peer, function)

    def _can_do_run(self, peer: Peer, packets: bytes) -> bool:
        """The worker takes jobs of many functions, whose names are equally long."""
        if peer.timeouts:
            return False
        for function in runs.bodies(packets):
            self._add_ability(peer, function.removesuffix(b"\0"))
        return True

    def can_do_timeout(self, peer: Peer, function: bytes, timeout: bytes) -> None:
        """As CAN_DO; a job fails when the worker has not ended it in `timeout` milliseconds.

        As in gearmand, less than a second is a second and nothing is no limit.
        """
        if not timeout.isdigit():
            peer.refuse(Refusal.NUMBER)
            return
        milliseconds = number(timeout)
        peer.allow(function, max(1000, milliseconds) / 1000 if milliseconds else 0)
        self._add_ability(peer, function)
        if function not in peer.abilities:  # it was refused
            peer.allow(function, 0)

    def _add_ability(self, peer: Peer, function: bytes) -> None:
        if function in peer.abilities:
            return
        queue = self._queues.get(function) or self._registry.new_queue(function)
        if queue is None:
            peer.refuse(Refusal.FUNCTION)
            return
        queue.workers += 1
        self._account.held += ABILITY
        if not peer.abilities:
            peer.abilities[function] = peer.only = queue
        else:
            if peer.only is not None:
                peer.abilities, peer.only = OrderedDict(peer.abilities), None
            peer.abilities[function] = queue
            peer.abilities.move_to_end(function, last=False)  # type: ignore[attr-defined]  # it is one
        if peer.asleep:
            queue.list_sleeper(peer)
            self._wakeups.wake(queue, self._registry.now)
        else:
            peer.unlisted[queue] = None

    def cant_do(self, peer: Peer, function: bytes) -> None:
        """The worker takes no more jobs of a function; those it runs are offered again."""
        queue = self._remove_ability(peer, function)
        if queue is not None:
            for job in [job for job in peer.running.values() if job.queue is queue]:
                self._registry.offer_again(job, peer)

    def reset_abilities(self, peer: Peer) -> None:
        """The worker takes no more jobs at all."""
        for function in list(peer.abilities):
            self._remove_ability(peer, function)
        for job in list(peer.running.values()):
            self._registry.offer_again(job, peer)

    def _remove_ability(self, peer: Peer, function: bytes) -> FunctionQueue | None:
        """Take a function from a worker; None if it did not have it."""
        queue = peer.abilities.pop(function, None)
        if queue is None:
            return None
        peer.allow(function, 0)
        peer.only = next(iter(peer.abilities.values())) if len(peer.abilities) == 1 else None
        queue.workers -= 1
        self._account.held -= ABILITY
        if queue.sleepers.pop(peer, peer) is peer:
            del peer.unlisted[queue]
        if peer.woken is queue:
            self._wakeups.awake(peer, self._registry.now)
        return queue

    def set_client_id(self, peer: Peer, client_id: bytes) -> None:
        """The name by which ``workers`` shows the connection."""
        peer.client_id = client_id[:CLIENT_ID_LIMIT]

    def all_yours(self, peer: Peer) -> None:
        """The worker has no other server: in its sleep it is handed jobs instead of being woken.

        gearmand never took this packet; what it means is in its PROTOCOL file.
        """
        peer.all_yours = True

    # -- sleeping and grabbing --------------------------------------------------

    def pre_sleep(self, peer: Peer) -> None:
        """The worker sleeps until it is woken by NOOP: at once if there is work."""
        if peer.woken is not None:
            self._wakeups.awake(peer, self._registry.now)
        if any(queue.best < NOTHING for queue in peer.abilities.values()):
            peer.asleep = False
            peer.send(NOOP)
            return
        peer.asleep = True
        for queue in peer.unlisted:
            queue.list_sleeper(peer)
        peer.unlisted.clear()

    def grab_job(self, peer: Peer) -> None:
        """The worker asks for a job: its handle, function and workload."""
        handle, job = self._grab(peer)
        if job is not None:
            peer.tell(answers.JOB_ASSIGN, handle, job.queue.name, job.workload)

    def grab_job_uniq(self, peer: Peer) -> None:
        """As GRAB_JOB; the answer has the unique too."""
        handle, job = self._grab(peer)
        if job is not None:
            peer.tell(answers.JOB_ASSIGN_UNIQ, handle, job.queue.name, job.unique, job.workload)

    def grab_job_all(self, peer: Peer) -> None:
        """As GRAB_JOB_UNIQ; of a job with a reducer that too (libgearman's and PHP's workers send this)."""
        handle, job = self._grab(peer)
        if job is None:
            return
        function, unique, workload = job.queue.name, job.unique, job.workload
        reducer = job.known.reducer
        if reducer:
            peer.tell(answers.JOB_ASSIGN_ALL, handle, function, unique, reducer, workload)
        else:
            peer.tell(answers.JOB_ASSIGN_UNIQ, handle, function, unique, workload)

    def _grab(self, peer: Peer) -> tuple[bytes, Job | None]:
        """Give the next job to a worker, and return its handle too, or say NO_JOB and return None."""
        peer.asleep = False
        queue, assigned = peer.only or _next_queue(peer.abilities), _NONE
        if queue is None or queue.best == NOTHING:
            peer.send(_NO_JOB)
        else:
            assigned = self._registry.assign(queue, peer)
        if peer.woken is not None:
            self._wakeups.awake(peer, self._registry.now)
        return assigned


def _next_queue(abilities: dict[bytes, FunctionQueue]) -> FunctionQueue | None:
    """The queue to serve a worker from: the one with the highest priority waiting, then the next in turn."""
    chosen, best = None, NOTHING
    for queue in abilities.values():
        if queue.best < best:
            chosen, best = queue, queue.best
            if not best:
                break
    if chosen is not None and type(abilities) is OrderedDict:
        abilities.move_to_end(chosen.name)
    return chosen
