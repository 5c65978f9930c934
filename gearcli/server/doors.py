"""The listening sockets of a server that runs: connections are accepted until it stops.

Where there are as many as there may be, nothing is accepted until one of them
has ended: who comes waits, and nobody spins.  Without descriptors for more,
the same for a short time at most: others may have ended what took them.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from math import inf

from gearcli.entrance import AGAIN, OUT_OF_DESCRIPTORS, Entrance
from gearcli.server import listener as listening
from gearcli.server.bounds import CONNECTIONS
from gearcli.server.log import Log
from gearcli.server.rationing import Seldom

_ACCEPTED = 128
"""Connections accepted at once, before others are heard again."""


class Doors:
    """Hands each accepted connection and its peer's address to `connected`.

    There are `most` at a time; `count` says how many there are.  The key of a
    listener in the selector has as its data what to call, and with what.
    """

    def __init__(
        self,
        selector: selectors.BaseSelector,
        listeners: list[socket.socket],
        connected: Callable[[socket.socket, object], None],
        log: Log,
        most: int = CONNECTIONS,
        count: Callable[[], int] = lambda: 0,
    ) -> None:
        self._listeners = [*listeners]  # which are none any more once it is closed
        self._entrance = Entrance(selector, self._listeners, lambda listener: (self._accept, listener))
        self._connected = connected
        self._log = log
        self._most = most
        self._count = count
        self._full = False
        """Whether there are as many connections as there may be."""
        self._said = Seldom()
        self._again_at: float | None = None
        """When to accept again after there were no descriptors; None while there are."""
        self.open()

    @property
    def patience(self) -> float:
        """Seconds after which `retry` is wanted at most."""
        return inf if self._again_at is None else AGAIN

    def open(self) -> None:
        """Accept connections, unless that is done or over."""
        if not self._full:
            self._entrance.open()

    def retry(self) -> None:
        """Accept connections again, if it is time for that."""
        if self._again_at is not None and time.monotonic() >= self._again_at:
            self.open()
        if self._full and self._count() < self._most:
            self._full = False
            self.open()

    def _accept(self, listener: socket.socket) -> None:
        try:
            for _ in range(_ACCEPTED):
                if self._count() >= self._most:
                    self._fill()
                    return
                self._connected(*listener.accept())
                self._again_at = None
        except OSError as error:
            if error.errno in OUT_OF_DESCRIPTORS:
                self._pause(error)

    def _fill(self) -> None:
        """There are as many as there may be; others wait until one of them ends."""
        self._full = True
        self._entrance.shut()
        if self._said.due(time.monotonic()):
            self._log.notice(f"no new connections until one ends: {self._most} are open (--max-connections)")

    def _pause(self, error: OSError) -> None:
        if self._again_at is None:
            self._log.notice(f"no new connections until one ends: {error.strerror}")
        self._again_at = time.monotonic() + AGAIN
        self._entrance.shut()

    def close(self) -> None:
        """Accept no more connections, for good."""
        self._entrance.shut()
        self._again_at = None
        for listener in self._listeners:
            listening.close(listener)
        self._listeners.clear()
