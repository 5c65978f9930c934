"""What a server lets its peers have at most.  No bound is smaller than what the server promises otherwise."""

from __future__ import annotations

from typing import NamedTuple

from gearcli.protocol.packets import PACKET_LIMIT

CONNECTIONS = 4096
"""Connections at a time unless told otherwise."""
RESERVE = 32
"""Descriptors that are no connection's: listeners, logs, files that are open for a moment."""
MEMORY = 1 << 30
"""Bytes that everything peers make a server hold may take; a million small jobs take half of it."""
IDLE = 30.0
"""Seconds that a peer may stop in the middle of a packet, or leave answers unread."""


class Bounds(NamedTuple):
    """See `gear serve --help` for each."""

    packet: int = PACKET_LIMIT
    """Bytes of a packet's body."""
    connections: int = CONNECTIONS
    """Connections at a time, those included that agree on TLS; more wait to be accepted."""
    memory: int = MEMORY
    """Bytes of all that is held for peers, as `memory` reckons them."""
    idle: float = IDLE
    """Seconds without progress after which who stopped in the middle of something is closed; 0: never."""
