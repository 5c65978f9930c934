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
        than making the answer, so one send carries many.
        """
        talking, patient = self._talking, self.patient
        while talking:
            peer = talking.pop()
            if not peer.abilities:
                patient.append(peer)
            elif peer.outbox:
                self._send_to(peer)
        if patient:
            self._held += events
            if self._held >= _EVENTS_HELD:
                self.release()

    def release(self) -> None:
        """Let nobody wait any longer: there is nothing more to read."""
        self._talking += self.patient
        self.patient.clear()
        self._held = 0
        while self._talking:
            self._send_to(self._talking.pop())

    def _send_to(self, peer: Peer) -> None:
        link = self._links.get(peer)
        if link is not None and peer.outbox:
            self._flush(link)
