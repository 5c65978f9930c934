"""Several servers as one, watched as time goes by: functions summed, rates, what waited before.

Pure: answers and the time come in, functions go out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from gearcli.client.documents import FunctionState
from gearcli.client.functions import summed
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


class Totals(NamedTuple):
    """Several functions together."""

    functions: int
    queued: int
    running: int
    pace: Pace | None


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
        """Grows whenever the functions may be others than before."""
        self._rates = [Rates() for _ in addresses]
        self._trends = Trends()
        self._states: list[FunctionState] | None = None
        self.answered = False
        """Whether any server has ever answered."""

    def told(self, number: int, answer: Snapshot | GearError, now: float) -> None:
        """A server answered, or did not; then its functions count no more, unless no server answers."""
        address = self.servers[number].address
        self.news += 1
        if not isinstance(answer, Snapshot):
            last = self.states()
            self._states = None
            self.servers[number] = Server(address, None, answer, now)
            self._rates[number].lose()
            if not self.answering:
                self._states = last
            return
        self.answered, self._states = True, None
        self.servers[number] = Server(address, answer, None, now)
        self._rates[number].observe(answer.functions, now)
        if self._trends.due(now):
            self._trends.record(self.states(), now)

    @property
    def answering(self) -> bool:
        """Whether any server has answered when it was last asked."""
        return any(server.seen is not None for server in self.servers)

    def states(self) -> list[FunctionState]:
        """The functions of all servers that answer, by name; while none does, those that were known last."""
        if self._states is None:
            seen = [server.seen.functions for server in self.servers if server.seen is not None]
            every = (state for states in seen for state in states)
            self._states = seen[0] if len(seen) == 1 else summed(every)
        return self._states

    def watched(self, state: FunctionState) -> Watched:
        """A function with its rates; of ten thousand only those that somebody looks at have them."""
        pace = self._pace(state.function)
        return Watched(state, pace, remaining(state, pace))

    def totals(self, states: Sequence[FunctionState]) -> Totals:
        """These functions together."""
        names = {state.function for state in states}
        busy = {function for rates in self._rates for function in rates.flowing()} & names
        pace = total_pace(map(self._pace, busy or list(names)[:1]))
        queued, running = sum(state.queued for state in states), sum(state.running for state in states)
        return Totals(len(states), queued, running, pace)

    def trend(self, function: bytes, width: int) -> list[int]:
        """How many jobs waited in the last minutes, as at most so many numbers, the present last."""
        return self._trends.line(function, width)

    def _pace(self, function: bytes) -> Pace | None:
        return total_pace([rates.pace(function) for rates in self._rates])


def total_pace(paces: Iterable[Pace | None]) -> Pace | None:
    """The sum of rates that are known; None if none is."""
    known = [pace for pace in paces if pace is not None]
    if len(known) < 2:
        return known[0] if known else None
    counted = all(pace.counted for pace in known)
    return Pace(sum(pace.came for pace in known), sum(pace.left for pace in known), counted)


ORDERS: dict[str, Callable[[Watch, FunctionState], Any]] = {
    "queued": lambda _, state: -state.queued,
    "running": lambda _, state: -state.running,
    "workers": lambda _, state: -state.workers,
    "in": lambda watch, state: -_known(watch.watched(state).pace).came,
    "out": lambda watch, state: -_known(watch.watched(state).pace).left,
    "eta": lambda watch, state: -(watch.watched(state).remaining or 0.0),
    "oldest": lambda _, state: -(state.oldest or 0.0),
    "function": lambda _, state: state.function,
}
"""What functions can be sorted by: numbers go down, names go up."""


def _known(pace: Pace | None) -> Pace:
    return Pace(0.0, 0.0, False) if pace is None else pace
