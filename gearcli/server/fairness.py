"""Everybody gets their turn: whose few bytes ask for much waits while others are served."""

from __future__ import annotations

import time
from collections.abc import Callable

from gearcli.protocol.packets import PacketType
from gearcli.server.engine import Engine
from gearcli.server.links import UNREAD_LIMIT, Link
from gearcli.server.operator import Operator
from gearcli.server.peers import Peer

_LONG_TURN = 0.02
"""Seconds after which a peer's further commands wait for the next turn."""


class Flooded(Exception):
    """A peer has asked for more than it shall get before others have had their turn."""


class Turns:
    """Takes the place of those handlers of an engine that may cost much more than their packets."""

    def __init__(self, engine: Engine, operator: Operator, links: dict[Peer, Link]) -> None:
        self._registry = engine.registry
        self._operator = operator
        self._links = links
        handlers = engine.handlers
        handlers[PacketType.TEXT] = self._text
        handlers[PacketType.GET_STATUS_UNIQUE] = self._in_turn(handlers[PacketType.GET_STATUS_UNIQUE])

    def _text(self, peer: Peer, line: bytes) -> None:
        """Answer a text command.

        Raises Flooded: a few bytes may ask for millions, or for a walk through all jobs.
        """
        self._operator.text(peer, line)
        link = self._links[peer]
        link.replied += len(peer.outbox[-1])
        if link.replied > UNREAD_LIMIT or self._takes_long():
            link.replied = 0
            raise Flooded

    def _in_turn(self, handler: Callable[..., None]) -> Callable[..., None]:
        """The handler of a packet that costs more the more functions there are: others get their turn."""

        def in_turn(peer: Peer, *fields: bytes) -> None:
            handler(peer, *fields)
            if self._takes_long():
                raise Flooded

        return in_turn

    def _takes_long(self) -> bool:
        """Whether this turn has taken so long that the rest of a peer's packets wait for the next."""
        return time.monotonic() - self._registry.now > _LONG_TURN
