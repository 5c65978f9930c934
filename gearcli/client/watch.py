"""Several servers as one, watched as time goes by: functions summed, rates, what waited before.

Pure: answers and the time come in, rows go out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from gearcli.client.documents import FunctionState
from gearcli.client.functions import SORTS, summed
from gearcli.client.rates import Pace, Rates, remaining
from gearcli.client.snapshot import Snapshot
from gearcli.client.trends import Trends
from gearcli.errors import GearError
from gearcli.protocol.address import Address


class Watched(NamedTuple):
    """A function of all servers: its jobs and workers, its rates, and the seconds until it has no jobs."""

    state: FunctionState
    pace: Pace | None
    remaining: float | None


class Server(NamedTuple):
    """A server, and what it told last: its functions, or an error; neither before its first answer."""

    address: Address
    seen: Snapshot | None = None
    error: GearError | None = None
    since: float | None = None
    """When it told that, in monotonic seconds."""


class Watch:
    """The functions of servers.  `now` are monotonic seconds; servers have the numbers of their addresses."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self.servers = [Server(address) for address in addresses]
        self.news = 0
        """Grows whenever the rows may be others than before."""
        self._rates = [Rates() for _ in addresses]
        self._trends = Trends()
        self._rows: list[Watched] | None = None

    def told(self, number: int, answer: Snapshot | GearError, now: float) -> None:
        """A server answered, or did not; then its functions count no more."""
        address = self.servers[number].address
        self.news += 1
        self._rows = None
        if not isinstance(answer, Snapshot):
            self.servers[number] = Server(address, None, answer, now)
            self._rates[number].lose()
            return
        self.servers[number] = Server(address, answer, None, now)
        self._rates[number].observe(answer.functions, now)
        if self._trends.due(now):
            self._trends.record((row.state for row in self.rows()), now)

    def rows(self) -> list[Watched]:
        """The functions of all servers that answer, by name."""
        if self._rows is None:
            seen = [server.seen.functions for server in self.servers if server.seen is not None]
            states = seen[0] if len(seen) == 1 else summed(state for states in seen for state in states)
            self._rows = [self._watched(state) for state in states]
        return self._rows

    def trend(self, function: bytes, width: int) -> list[int]:
        """How many jobs waited in the last minutes, as at most so many numbers, the present last."""
        return self._trends.line(function, width)

    def _watched(self, state: FunctionState) -> Watched:
        pace = total_pace([rates.pace(state.function) for rates in self._rates])
        return Watched(state, pace, remaining(state, pace))


def total_pace(paces: Iterable[Pace | None]) -> Pace | None:
    """The sum of rates that are known; None if none is."""
    known = [pace for pace in paces if pace is not None]
    if len(known) < 2:
        return known[0] if known else None
    counted = all(pace.counted for pace in known)
    return Pace(sum(pace.came for pace in known), sum(pace.left for pace in known), counted)


def totals(rows: Sequence[Watched]) -> Watched:
    """All of them together, without a name."""
    state = FunctionState(
        b"", *(sum(getattr(row.state, key) for row in rows) for key in ("queued", "running", "workers"))
    )
    pace = total_pace(row.pace for row in rows)
    endless = any(row.remaining == math.inf for row in rows)
    return Watched(state, pace, math.inf if endless else remaining(state, pace))


def _by(state_key: Callable[[FunctionState], Any]) -> Callable[[Watched], Any]:
    return lambda row: state_key(row.state)


ORDERS: dict[str, Callable[[Watched], Any]] = {
    "queued": _by(SORTS["queued"]),
    "running": _by(SORTS["running"]),
    "workers": _by(SORTS["workers"]),
    "in": lambda row: -row.pace.came if row.pace else 0.0,
    "out": lambda row: -row.pace.left if row.pace else 0.0,
    "eta": lambda row: -(row.remaining or 0.0),
    "oldest": _by(SORTS["oldest"]),
    "function": _by(SORTS["function"]),
}
"""What rows can be sorted by: numbers go down, names go up."""
