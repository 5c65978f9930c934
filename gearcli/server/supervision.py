"""Sees to it that no connection costs more than it may: `patience` and `pressure` at work in a loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Sized

from gearcli.protocol.refusals import Refusal
from gearcli.server.bounds import Bounds
from gearcli.server.engine import Engine
from gearcli.server.links import Link
from gearcli.server.log import Level, Log
from gearcli.server.patience import Patience
from gearcli.server.pressure import Pressure


class Supervision:
    """Looks at `connections` now and then.

    `close` closes one, `wait_for` has the loop wait for what one needs next.
    """

    def __init__(
        self,
        bounds: Bounds,
        engine: Engine,
        connections: Sized,
        log: Log,
        *,
        close: Callable[[Link], None],
        wait_for: Callable[[Link], None],
    ) -> None:
        self.patience = Patience(bounds.idle, self._give_up, time.monotonic)
        self._pressure = Pressure(bounds.memory, engine, self.patience, self._turn_out, log)
        self._engine = engine
        self._connections = connections
        self._log = log
        self._close = close
        self._wait_for = wait_for
        self._held_back: list[Link] = []

    def look(self) -> None:
        """See who stands still, how much is held, and whether those who were held back may go on."""
        now, patience = self._engine.registry.now, self.patience
        patience.look(now)
        self._pressure.look(now, len(self._connections))
        if self._engine.admission.refused:
            patience.soon(now)
        for link in [link for link in self._held_back if not patience.feeds_an_idler(link.peer)]:
            self._held_back.remove(link)
            link.held_back = False
            if not link.closed:
                self._wait_for(link)

    def hold_back(self, link: Link) -> None:
        """Read no more from a worker while somebody does not read what it makes."""
        if not link.held_back and self.patience.feeds_an_idler(link.peer):
            link.held_back = True
            self._held_back.append(link)

    def _give_up(self, link: Link, why: str) -> None:
        """Close a connection that costs too much as it is."""
        self._log.say(Level.CONNECTIONS, f"{link.who} is closed: {why}")
        self._close(link)

    def _turn_out(self, link: Link, why: str) -> None:
        """Close a connection for want of memory, and say so if that can be read."""
        if not link.peer.outbox:
            link.peer.refuse(Refusal.MEMORY)
            link.flush()
        self._give_up(link, why)
