"""When answers leave: workers get them at once, others together with what comes soon after."""

from __future__ import annotations

from collections.abc import Callable

from gearcli.server.links import Link
from gearcli.server.peers import Peer

_EVENTS_HELD = 96
"""Ready sockets during which an answer to a client may wait for others to be sent with it."""


class Sending:
    """Has `flush` send what the peers in `talking` are told."""

    def __init__(self, talking: list[Peer], links: dict[Peer, Link], flush: Callable[[Link], object]) -> None:
        self._talking = talking
        self._links = links
        self._flush = flush
        self.patient: list[Peer] = []
        """Peers whose answers wait for more to be sent with them."""
        self._held = 0
        """Events handled since the first of them had to wait."""

    def hurry(self) -> None:
        """Let nothing wait any longer."""
        self._held = _EVENTS_HELD

    def send(self, events: int) -> None:
        """Send what peers are told, after so many events.

        Workers get it at once.  Answers to others wait while there is more to
        read, for some events: sending wakes another process, which costs more
        than making the answer, so one send carries many.  With nothing to read
        they leave.
        """
        talking, links, patient = self._talking, self._links, self.patient
        self._held = self._held + events
        hold = events > 0 and self._held < _EVENTS_HELD
        while talking:
            peer = talking.pop()
            link = links.get(peer)
            if link is None or not peer.outbox:
                continue
            if hold and not peer.abilities:
                patient.append(peer)
            else:
                self._flush(link)
        if not hold:
            self._held = 0
        if patient and not hold:
            talking.extend(patient)
            patient.clear()
            self.send(0)
