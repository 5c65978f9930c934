"""How a TCP connection notices that the other end is gone without a word: a machine that lost power, say."""

from __future__ import annotations

import socket
from typing import NamedTuple

KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 60, 10, 6
"""Who is gone without a word is noticed after two minutes, by an idle worker too; Linux takes two hours."""


class Keepalive(NamedTuple):
    """When to ask a silent TCP connection whether it is still there; None is what the system does.

    `idle` and `interval` are seconds, `probes` is how many questions may stay unanswered.
    """

    idle: int | None = None
    interval: int | None = None
    probes: int | None = None


USUAL = Keepalive(KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)


def keep_alive(end: socket.socket, keepalive: Keepalive | None) -> None:
    """Whether a connection, or those that a listener accepts, are kept alive, and how.

    The accepted sockets inherit it, so it costs nothing for each.  Numbers that the
    system does not know are left to it, as in gearmand.
    """
    if end.family == socket.AF_UNIX:
        return
    end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, keepalive is not None)
    if keepalive is None:
        return
    for name, value in zip(("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT"), keepalive, strict=True):
        if value is not None and hasattr(socket, name):
            end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
