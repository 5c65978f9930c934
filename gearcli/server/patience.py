"""How long a peer may stop in the middle of something: of a packet, or of reading what it was told.

Nothing here costs anything for who does neither.  All others are looked at
now and then, not each time that something happens: `look` wants to be called
from `next_look` on when anything has happened, and at `wake` in any case.

Who reads too slowly is not waited for by being held more and more: from
`UNREAD_MOST` on those workers are not read from that make what it does not
read, until it has read enough, or is closed because it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import inf
from typing import NamedTuple

from gearcli.server.links import READ, Link
from gearcli.server.peers import Peer

UNREAD_MOST = 64 << 20
"""Bytes that a peer may leave unread, or one packet if that is larger."""
STANDSTILL = 2.0
"""Seconds after which who has left more than that unread is closed, if it reads nothing meanwhile."""
_PROGRESS = 4096
"""Bytes of a packet that count as progress: one now and then does not."""
_EVERY = 0.02
"""Seconds between two looks at least.  So much may come meanwhile that nobody has counted."""
_SHARE = 50
"""A look takes no more than this part of the time, however many there are to look at."""
_SOON = 0.05
"""Seconds until another look while workers are held back."""


class _Mark(NamedTuple):
    """How far a peer was."""

    since: float
    packet: int = 0
    """Which packet is in progress."""
    bytes: int = 0
    """How much of it has come, or how much the peer has taken."""


class Patience:
    """`end` is called with who is to be closed, and why; `clock` says how long a look takes.

    `idle` is in seconds, 0 is for ever: then nobody is closed, and workers are held back nevertheless.
    """

    def __init__(self, idle: float, end: Callable[[Link, str], None], clock: Callable[[], float]) -> None:
        self._idle = idle or inf
        self._end = end
        self._clock = clock
        self._partial: dict[Link, _Mark] = {}
        self._unread: dict[Link, _Mark] = {}
        self.over: dict[Peer, float] = {}
        """Who has left too much unread, and since when."""
        self.next_look = 0.0
        self.due = inf
        self.weight = 0
        """Bytes that packets in progress and unread answers took when they were last looked at."""

    def stalls(self, link: Link, now: float) -> None:
        """A peer has sent a part of a packet."""
        if link.closed:
            return
        mark, decoder = self._partial.get(link), link.decoder
        if mark is None or mark.packet != decoder.begun or decoder.held - mark.bytes >= _PROGRESS:
            self._partial[link] = _Mark(now, decoder.begun, decoder.held)
            self.due = min(self.due, now + self._idle)

    def lags(self, link: Link, now: float) -> None:
        """A peer has not taken all that it was told."""
        if link not in self._unread:
            self._unread[link] = _Mark(now, bytes=link.taken)
            self.due = min(self.due, now + self._idle)

    def forget(self, link: Link) -> None:
        """A connection is gone."""
        self._partial.pop(link, None)
        self._unread.pop(link, None)
        self.over.pop(link.peer, None)

    @property
    def wake(self) -> float:
        """When `look` is wanted even if nothing happens."""
        return max(self.due, self.next_look)

    def soon(self, now: float) -> None:
        """Look again soon even if nothing happens."""
        self.due = min(self.due, now + _SOON)

    def feeds_an_idler(self, worker: Peer) -> bool:
        """Whether what a worker says goes to somebody who has left too much unread."""
        return any(listener in self.over for job in worker.running.values() for listener in job.listeners)

    def holders(self) -> Iterator[tuple[int, Link]]:
        """Who holds how many bytes of packets in progress and unread answers."""
        for link in {**self._partial, **self._unread}:
            yield link.decoder.weight + link.weight, link

    def look(self, now: float) -> None:
        """Look at all who stopped in the middle of something; close those who did not go on."""
        began = self._clock()
        self.weight = sum(self._look_at_partial(link, now) for link in list(self._partial))
        self.weight += sum(self._look_at_unread(link, now) for link in list(self._unread))
        marks = (mark.since for marks in (self._partial, self._unread) for mark in marks.values())
        self.due = min(marks, default=inf) + self._idle
        if self.over:
            self.soon(now)
        self.next_look = now + max(_EVERY, _SHARE * (self._clock() - began))

    def _look_at_partial(self, link: Link, now: float) -> int:
        """The bytes of its packet in progress."""
        mark, decoder = self._partial[link], link.decoder
        if not decoder.held or mark.packet != decoder.begun:
            del self._partial[link]
            if decoder.held:
                self.stalls(link, now)
        elif not link.mask & READ:  # it is not read from, so it is not its fault
            self._partial[link] = mark._replace(since=now)
        elif now - mark.since >= self._idle:
            self._end(link, f"no more of a packet came for {self._idle:g} s")
            return 0
        return decoder.weight

    def _look_at_unread(self, link: Link, now: float) -> int:
        """The bytes of its outbox."""
        if not link.peer.outbox:
            del self._unread[link]
            self.over.pop(link.peer, None)
            return 0
        mark, weight = self._unread[link], link.weight
        if link.taken > mark.bytes:
            mark = self._unread[link] = _Mark(now, bytes=link.taken)
        idle, over = now - mark.since, self._over(link, weight, now)
        if idle >= self._idle or (self._idle < inf and self._stands_still(idle, over)):
            self._end(link, f"it left {link.unread():,} bytes unread for {idle:.0f} s")
            return 0
        return weight

    def _over(self, link: Link, weight: int, now: float) -> float:
        """For how many seconds it has left too much unread."""
        peer = link.peer
        if weight <= UNREAD_MOST or weight <= max(map(len, peer.outbox)) + UNREAD_MOST // 64:
            self.over.pop(peer, None)
            return 0.0
        return now - self.over.setdefault(peer, now)

    def _stands_still(self, idle: float, over: float) -> bool:
        return over > 0 and (min(idle, over) >= STANDSTILL or over >= self._idle)
