"""Which packets are refused, for want of room or for good, so that no packet costs more because some may be.

Their handlers are taken out of the engine's tables while they are refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from gearcli.protocol.packets import PacketType
from gearcli.protocol.refusals import Refusal
from gearcli.server.peers import Peer


class Admission:
    """Changes `handlers` and `runs`, the tables of an engine."""

    def __init__(
        self,
        handlers: dict[PacketType, Callable[..., None]],
        runs: dict[PacketType, Callable[[Peer, bytes], bool]],
    ) -> None:
        self._handlers, self._runs = handlers, runs
        self._refused: dict[PacketType, Callable[..., None]] = {}
        self._refused_runs: dict[PacketType, Callable[[Peer, bytes], bool]] = {}
        self.counted: Callable[[PacketType, Callable[..., None]], Callable[..., None]] = _as_it_is
        """Makes of what refuses packets of a type what counts them first, where packets are counted."""

    @property
    def refused(self) -> frozenset[PacketType]:
        """What is refused for want of room."""
        return frozenset(self._refused)

    def refuse(self, types: Iterable[PacketType]) -> None:
        """Refuse these packets for want of room, and no others."""
        wanted = frozenset(types)
        for type_ in self.refused - wanted:
            self._handlers[type_] = self._refused.pop(type_)
            if type_ in self._refused_runs:
                self._runs[type_] = self._refused_runs.pop(type_)
        for type_ in wanted - self.refused:
            self._refused[type_] = self._handlers[type_]
            self._handlers[type_] = self.counted(type_, _no_room)
            if type_ in self._runs:
                self._refused_runs[type_] = self._runs.pop(type_)

    def end(self, types: Iterable[PacketType]) -> None:
        """Refuse these packets for good: the server drains."""
        self.refuse(())
        for type_ in types:
            self._handlers[type_] = self.counted(type_, _draining)
        self._runs.clear()


def _as_it_is(_: PacketType, handler: Callable[..., None]) -> Callable[..., None]:
    return handler


def _no_room(peer: Peer, *_: bytes) -> None:
    peer.refuse(Refusal.MEMORY)


def _draining(peer: Peer, *_: bytes) -> None:
    peer.refuse(Refusal.DRAINING)
