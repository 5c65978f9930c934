"""A crew in the test's own thread, and servers that the test plays."""

from __future__ import annotations

import itertools
import select
import selectors
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from gearcli.protocol.address import Address
from gearcli.protocol.packets import Packet, PacketType
from gearcli.timers import Timers
from gearcli.worker.child import Ears
from gearcli.worker.children import Children
from gearcli.worker.crew import Crew, Means
from gearcli.worker.fleet import Fleet
from gearcli.worker.plan import Plan, Recipe
from tests.client.peer import Listener, Peer
from tests.support import DEADLINE

P = PacketType


class Notes:
    """Notes what happens."""

    level = 9

    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def __call__(self, importance: int, words: str, /, event: str, **facts: object) -> None:
        """Something happened."""
        self._loop.said.append((importance, event, words))


class Loop:
    """A selector and timers that turn when the test wants them to."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        self.say = Notes(self)
        self.said: list[tuple[int, str, str]] = []
        """Importance, event and words of what was said."""
        self._peers: list[Peer] = []

    def turn(self) -> None:
        """Do what can be done now, or soon."""
        for key, mask in self.selector.select(0.01):
            key.data(mask)
        for call in self.timers.pop_due(time.monotonic()):
            call()

    def until(self, condition: Callable[[], bool]) -> None:
        """Turn until something is so."""
        end = time.monotonic() + DEADLINE
        while not condition():
            assert time.monotonic() < end
            self.turn()

    def accept(self, listener: Listener) -> Peer:
        """The next connection that is made to a listener."""
        self.until(lambda: _readable(listener.socket))
        self._peers.append(listener.accept())
        return self._peers[-1]

    def hear(self, peer: Peer) -> Packet:
        """What a server hears next."""
        packet = peer.buffered()
        while packet is None:
            self.until(lambda: _readable(peer.socket))
            packet = peer.buffered(receive=True)
        return packet

    def close(self) -> None:
        """Leave nothing behind."""
        for peer in self._peers:
            peer.close()
        self.selector.close()

    def hears(self, peer: Peer, *types: PacketType) -> list[list[bytes]]:
        """The fields of the next packets, which have to be of these types."""
        packets = [self.hear(peer) for _ in types]
        assert list(types) == [type_ for type_, _ in packets]
        return [fields for _, fields in packets]


class Shop(Loop):
    """A crew that follows a plan, and what is counted of its jobs."""

    def __init__(
        self,
        addresses: Sequence[Address],
        *argv: str,
        slots: tuple[int, int] = (1, 1),
        count: int | None = None,
        functions: Sequence[bytes] = (b"f",),
        **recipe: Any,
    ) -> None:
        super().__init__()
        self.results: list[tuple[bytes, str]] = []
        self.tries: list[str] = []
        self.begun = self.worked = 0
        ears = Ears(self.selector, self.timers, self.say, self._push, lambda job, said: None)
        self.children = Children(ears)
        self.fleet = Fleet(
            addresses,
            self.selector,
            self.timers,
            say=self.say,
            blocked=self.children.hold,
            connect_timeout=5.0,
        )
        means = Means(
            children=self.children,
            fleet=self.fleet,
            timers=self.timers,
            say=self.say,
            observer=self,
            number=itertools.count(),
            began=self._began,
            worked=self._worked,
            left=lambda: None,
        )
        self.crew = Crew(Plan("name", functions, Recipe(argv or ["cat"], **recipe), *slots), means, count)
        self.crew.begin()

    def _push(self, slot: Any) -> None:
        self.fleet.push(slot)

    def _began(self) -> None:
        self.begun += 1

    def _worked(self) -> None:
        self.worked += 1

    def ended(self, function: bytes, result: str, seconds: float) -> None:
        """A job has ended."""
        self.results.append((function, result))

    def retried(self, function: bytes) -> None:
        """A job is tried again."""
        self.tries.append("retried")

    def timed_out(self, function: bytes) -> None:
        """An attempt took too long."""
        self.tries.append("timed out")

    def turn(self) -> None:
        """Do what can be done now, or soon."""
        super().turn()
        self.children.reap()

    def connect(self, listener: Listener) -> Peer:
        """The next connection, whose worker has registered and asks for a job."""
        peer = self.accept(listener)
        self.hears(peer, P.CAN_DO, P.GRAB_JOB_UNIQ)
        return peer

    def assign(self, peer: Peer, workload: bytes = b"", handle: bytes = b"H:1") -> None:
        """Give a worker that has asked a job."""
        peer.say(P.JOB_ASSIGN_UNIQ, handle, b"f", b"u", workload)

    def ends(self, peer: Peer, *types: PacketType) -> list[bytes]:
        """What is reported at the end of a job beside its handle, in packets of these types."""
        return [fields[-1] if len(fields) > 1 else b"" for fields in self.hears(peer, *types)]

    def close(self) -> None:
        """Leave nothing behind."""
        self.children.end()
        self.fleet.close()
        super().close()


Open: TypeAlias = Callable[..., Shop]
"""Makes a shop with this command and these settings; see `Shop`."""


def _readable(socket: Any) -> bool:
    return bool(select.select([socket], [], [], 0)[0])
