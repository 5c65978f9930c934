"""A connection as the loop sees it: its socket, its decoder, and the peer that the engine knows."""

from __future__ import annotations

import contextlib
import selectors
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import PACKET_LIMIT, REQUEST, Packet
from gearcli.server.journal import Gate
from gearcli.server.log import Level, Log
from gearcli.server.peers import Peer
from gearcli.server.trace import Trace

if TYPE_CHECKING:
    from gearcli.tls import Socket

NOTHING, READ, WRITE = 0, selectors.EVENT_READ, selectors.EVENT_WRITE

UNREAD_LIMIT = 1 << 20
"""Bytes a peer may leave unread before nothing more is read from it."""

RECEIVED = 65536
"""Bytes usually asked for in one recv.  More would make malloc map and unmap memory each time."""
_RECEIVED_OF_BIG = 1 << 20
"""Bytes asked for while a packet is known to need more."""
_PART = 64
"""Bytes that a piece of an outbox takes besides those in it."""
_PARTS = 1024
"""Pieces given to one sendmsg (IOV_MAX)."""


class Link:
    """One connection."""

    __slots__ = (
        "_parts",
        "_unread",
        "closed",
        "closing",
        "decoder",
        "free",
        "held_back",
        "left",
        "mask",
        "peer",
        "replied",
        "socket",
        "taken",
        "trace",
        "undecided",
        "who",
    )

    def __init__(self, connection: Socket, peer: Peer, who: str, packet_limit: int = PACKET_LIMIT) -> None:
        self.socket = connection
        self.peer = peer
        self.who = who
        self.trace: Trace | None = None
        self.decoder = Decoder(REQUEST, packet_limit)
        self.undecided: Iterator[Packet] | None = None
        """Packets received but not handed to the engine, because the peer does not read."""
        self.replied = 0
        """Bytes of text replies since the outbox was last flushed: few bytes may ask for many."""
        self.mask = READ
        """What the selector waits for."""
        self.free = True
        """Whether the peer may do everything."""
        self.held_back = False
        """Whether it is not read from, because somebody does not read what it makes."""
        self.taken = 0
        """Bytes sent of outboxes that did not leave at once."""
        self._parts, self._unread = 0, 0  # so many parts of the outbox have been weighed, with so many bytes
        self.closing = False
        """Whether it is to be closed once its outbox has left."""
        self.closed = False
        self.left = False
        """Whether the engine knows that the peer is gone."""

    def follow(self, log: Log) -> None:
        """Say its packets in a log, or no longer, as the log's level is."""
        if not log.says(Level.JOBS):
            self.trace = None
        elif self.trace is None:
            self.trace = Trace(log, self.who)
            self.trace.said = len(self.peer.outbox)
        # Else each packet is looked at: by who says it, or by who may forbid it.
        self.decoder.in_runs = self.trace is None and self.free

    def wanted(self) -> int:
        """How many bytes to receive at once."""
        return max(RECEIVED, min(self.decoder.missing, _RECEIVED_OF_BIG))

    def flush(self) -> bool:
        """Send what the outbox holds as far as that does not block; whether all left.  Raises OSError."""
        if self.trace is not None:
            return self._flush_and_say(self.trace)
        peer = self.peer
        outbox = peer.outbox
        if peer.bulky:
            return self._send_parts()
        data = b"".join(outbox)
        try:
            sent = self.socket.send(data)
        except (BlockingIOError, InterruptedError):
            peer.bulky = True
            return False
        if sent < len(data):
            outbox[:] = [memoryview(data)[sent:]]
            peer.bulky = True
            self.taken += sent
            return False
        outbox.clear()
        return True

    def _send_parts(self) -> bool:
        """Send a big outbox part by part, without copying it together; nothing from a closed gate on."""
        peer = self.peer
        outbox, gated = _parted(peer.outbox) if peer.gated else (peer.outbox, [])
        self.unread()
        with contextlib.suppress(BlockingIOError, InterruptedError):
            while outbox:
                sent = self.socket.sendmsg(islice(outbox, _PARTS))
                _drop(outbox, sent)
                self.taken += sent
                self._unread -= sent
        if peer.gated:
            peer.outbox[:] = outbox + gated
            peer.gated = bool(gated)
        self._parts = len(peer.outbox)
        peer.bulky = bool(peer.outbox)
        return not peer.bulky

    def unread(self) -> int:
        """How many bytes are in the outbox.  Only what came since it was last asked is looked at."""
        outbox = self.peer.outbox
        if self.peer.gated:  # a gate gets longer as long as it is closed, and has another length then
            self._parts = self._unread = 0
        self.peer.bulky = bool(outbox)  # what is sent in parts is counted as it leaves
        self._unread += sum(map(len, outbox[self._parts :]))
        self._parts = len(outbox)
        return self._unread

    @property
    def weight(self) -> int:
        """The bytes that the outbox takes."""
        return self.unread() + _PART * self._parts

    def _flush_and_say(self, trace: Trace) -> bool:
        """Flush, and say in words what leaves."""
        leaving, gated = _parted(self.peer.outbox)
        trace.sent(leaving)
        emptied = self._send_parts()
        trace.said = len(self.peer.outbox) - len(gated)
        return emptied

    def interest(self) -> int:
        """What to wait for: to write while something can be sent, to read only from a peer that reads."""
        outbox = self.peer.outbox
        if self.closing or self.undecided is not None or self.unread() > UNREAD_LIMIT:
            return NOTHING if self.shut else WRITE
        sending = WRITE if outbox and not self.shut else NOTHING
        return sending if self.held_back else READ | sending

    @property
    def shut(self) -> bool:
        """Whether nothing can be sent before a gate opens: an open one in the first place would have left."""
        first: object = self.peer.outbox[0] if self.peer.gated else None
        return type(first) is Gate


def _parted(outbox: list[Any]) -> tuple[list[bytes | memoryview], list[Any]]:
    """What may leave of an outbox, and the rest from the first closed gate on."""
    leaving: list[bytes | memoryview] = []
    for index, part in enumerate(outbox):
        if not isinstance(part, Gate):
            leaving.append(part)
        elif part.leaving is not None:
            leaving.append(part.leaving)
        else:
            return leaving, outbox[index:]
    return leaving, []


def _drop(outbox: list[bytes | memoryview], sent: int) -> None:
    """Take the first `sent` bytes out of what is to leave."""
    for index, part in enumerate(outbox):
        if sent < len(part):
            outbox[: index + 1] = [memoryview(part)[sent:]] if sent else [part]
            return
        sent -= len(part)
    outbox.clear()
