"""Connections that have not agreed on TLS yet: they are no connections of the server's until they have.

A peer that connects and says nothing costs a descriptor until its time is
over, and no more: nobody waits for it.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections import OrderedDict
from collections.abc import Callable
from math import inf

from gearcli import tls
from gearcli.server import listener as listening
from gearcli.server.log import Level, Log

PATIENCE = 10.0
"""Seconds that a handshake may take."""

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


class Handshakes:
    """Agrees on TLS with whoever connects by TCP; Unix sockets need none.

    `admitted` is given the connections that can be used, with the address of
    the peer.  The data in the selector is what to call, and with what, as
    for listeners.  `context` may be replaced: it counts for new connections.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        context: tls.Context,
        admitted: Callable[[tls.TlsSocket | socket.socket, object], None],
        log: Log,
    ) -> None:
        self.context = context
        self._selector = selector
        self._admitted = admitted
        self._log = log
        self._begun: OrderedDict[tls.TlsSocket, tuple[float, object]] = OrderedDict()
        """Until when, and with whom; the oldest first."""

    def __len__(self) -> int:
        """How many have not agreed yet."""
        return len(self._begun)

    def begin(self, connection: socket.socket, sockname: object) -> None:
        """Somebody has connected."""
        if connection.family == socket.AF_UNIX:
            self._admitted(connection, sockname)
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        secured = tls.wrapped(connection, self.context)
        self._begun[secured] = time.monotonic() + PATIENCE, sockname
        try:
            self._selector.register(secured, _READ, (self._proceed, secured))
        except OSError as error:
            self._end(secured, tls.reason(error))

    def _proceed(self, secured: tls.TlsSocket) -> None:
        try:
            agreed = secured.shake()
        except OSError as error:
            self._refuse(secured, tls.reason(error))
            return
        if agreed:
            self._selector.unregister(secured)
            _, sockname = self._begun.pop(secured)
            self._admitted(secured, sockname)
        else:
            self._selector.modify(secured, _READ if secured.wants_read else _WRITE, (self._proceed, secured))

    def _refuse(self, secured: tls.TlsSocket, reason: str) -> None:
        self._selector.unregister(secured)
        self._end(secured, reason)

    def _end(self, secured: tls.TlsSocket, reason: str) -> None:
        """Close what the selector does not know."""
        _, sockname = self._begun.pop(secured)
        who, _ = listening.peer_name(secured, sockname)
        self._log.say(Level.CONNECTIONS, f"{who}: no TLS: {reason}")
        secured.close()

    @property
    def due(self) -> float:
        """When `expire` is wanted, monotonic; infinity if never."""
        return next(iter(self._begun.values()))[0] if self._begun else inf

    def expire(self, now: float) -> None:
        """End the handshakes that take too long."""
        while self.due <= now:
            self._refuse(next(iter(self._begun)), f"nothing was agreed upon within {PATIENCE:g} s")

    def close(self) -> None:
        """End all."""
        for secured in self._begun:
            secured.close()
        self._begun.clear()
