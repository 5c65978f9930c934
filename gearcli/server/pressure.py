"""What a server does when its peers make it hold much: first it takes no new jobs, then it lets go.

Three quarters of the memory are for what waits; the last quarter is for what
is on its way, so that results pass and workers register while the queue is full.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile
from math import inf

from gearcli.protocol.packets import ABILITIES, SUBMISSIONS
from gearcli.server.engine import Engine
from gearcli.server.links import Link
from gearcli.server.log import Log
from gearcli.server.memory import CONNECTION
from gearcli.server.patience import Patience
from gearcli.server.rationing import Seldom

_WORTH = 1 << 20
"""Bytes that a connection must hold to be closed for the memory they take."""
_PAUSE = 10.0
"""Seconds between two looks for functions that nobody needs: it takes long where there are many."""


class Pressure:
    """Keeps all that is held below `limit`, in bytes; `end` is called with who is to be closed for it."""

    def __init__(
        self, limit: int, engine: Engine, patience: Patience, end: Callable[[Link, str], None], log: Log
    ) -> None:
        self._limit = limit
        self._most_waiting = limit // 4 * 3
        self._engine = engine
        self._patience = patience
        self._end = end
        self._log = log
        self._next_drop = -inf
        self._said = Seldom()

    def held(self, connections: int) -> int:
        """The bytes that are held for so many connections."""
        return self._engine.registry.weight + self._patience.weight + CONNECTION * connections

    def look(self, now: float, connections: int) -> None:
        """See how much is held, and act; to be called after `Patience.look`."""
        held, admission = self.held(connections), self._engine.admission
        if held <= self._most_waiting:
            if admission.refused:
                admission.refuse(())
            return
        if now >= self._next_drop:
            self._next_drop = now + _PAUSE
            self._engine.registry.drop_idle()
        if held > self._limit:
            self._let_go(held - self._limit)
        held = self.held(connections)
        self._refuse(held, now)

    def _refuse(self, held: int, now: float) -> None:
        """Refuse what would make it more."""
        refused = SUBMISSIONS if held > self._most_waiting else frozenset()
        if held > self._limit:
            refused |= ABILITIES
        if self._engine.registry.paused:  # and no jobs are taken anyway
            refused -= SUBMISSIONS
        self._engine.admission.refuse(refused)
        if refused and self._said.due(now):
            words = f"{held >> 20:,} MiB are held for clients and workers (--max-memory)"
            self._log.notice(f"no new jobs until some are done: {words}")

    def _let_go(self, excess: int) -> None:
        """Close those who hold most, until that is enough or nobody holds much."""
        holders = sorted(self._patience.holders(), key=lambda each: each[0], reverse=True)
        for size, link in takewhile(lambda each: each[0] >= _WORTH, holders):
            if excess <= 0:
                return
            self._end(link, f"there is no memory for the {size:,} bytes that it sends or does not read")
            self._patience.weight -= size
            excess -= size
