"""Waking sleepers: as few as will do, yet no job is left waiting beside a sleeping worker.

Each waiting job wakes one sleeper.  A woken worker that leaves, that takes
another job, or that does not come within `WAKE_PATIENCE`, passes the wake-up
on to the next.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from math import inf

from gearcli.protocol.packets import PacketType, response
from gearcli.server.peers import Peer
from gearcli.server.queues import FunctionQueue

WAKE_PATIENCE = 0.25
"""Seconds a woken worker may take to ask for a job before the next sleeper is woken."""

NOOP = response(PacketType.NOOP)
"""What wakes a worker."""


class Wakeups:
    """The workers that were woken and have not asked for a job yet; `per_job` are woken for each job."""

    hand_out: Callable[[Peer], None]
    """Gives a job to a worker that said ALL_YOURS, in place of waking it; the engine sets it."""

    def __init__(self, per_job: int = 1) -> None:
        self._per_job = per_job
        self._until: OrderedDict[Peer, float] = OrderedDict()
        """Until when it is fine that a woken worker has not come, in order."""
        self.next_look = inf
        """When `tick` is wanted; who came since may have made it needless."""

    def wake(self, queue: FunctionQueue, now: float) -> None:
        """Wake sleepers for each waiting job that has not enough of them on their way."""
        while queue.sleepers and queue.waking < queue.runnable * self._per_job:
            peer = queue.next_sleeper()
            if peer is None:
                return
            peer.asleep = False
            if peer.all_yours:
                self.hand_out(peer)
                continue
            peer.woken = queue
            queue.waking += 1
            if not self._until:
                self.next_look = now + WAKE_PATIENCE
            self._until[peer] = now + WAKE_PATIENCE
            peer.send(NOOP)

    def awake(self, peer: Peer, now: float) -> None:
        """Count a worker that was woken as awake.  If its queue still has work, the wake-up goes on."""
        queue, peer.woken = peer.woken, None
        assert queue is not None, "only who was woken is counted"
        del self._until[peer]
        queue.waking -= 1
        self.wake(queue, now)

    def tick(self, now: float) -> None:
        """Pass on the wake-ups that took too long."""
        while self.due() <= now:
            self.awake(next(iter(self._until)), now)
        self.next_look = self.due()

    def due(self) -> float:
        """When the next wake-up has taken too long; infinity if nobody was woken."""
        return next(iter(self._until.values()), inf)
