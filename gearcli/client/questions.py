"""Questions that are asked while tasks are in flight: which packet is the answer, and which are others'.

No I/O: an answer is looked for among the packets that have arrived, and what
is about tasks is left there.  A server answers in order: an ERROR is the answer
if there is no submission, or option, before the question that it can belong to.
"""

from __future__ import annotations

from gearcli.client.connection import Connection
from gearcli.client.servers import Server
from gearcli.client.tasks import ABOUT_TASKS, ANSWERS, server_error
from gearcli.errors import ProtocolError
from gearcli.protocol.packets import Packet, PacketType

BEFORE_ANSWER = 512 << 20
"""Bytes that may come before an answer: two of the largest packets."""
PACKET_COST = 4096
"""Bytes that a packet counts besides its arguments: small ones without end are known by their number."""


class Question:
    """A question that was asked over a server's connection; `field` is what it is about."""

    def __init__(self, server: Server, connection: Connection, expected: PacketType, field: bytes) -> None:
        self._tasks = server.tasks
        self._server = server
        self._received = connection.received
        self._expected = expected
        self._field = field
        self._before = server.tasks.unanswered
        self._looked_at = 0
        self._passed_over = 0
        """The bytes that packets take which came before the answer and are others'."""

    def answer(self) -> list[bytes] | None:
        """The arguments of the answer, if it has arrived.  Raises ServerError."""
        while self._looked_at < len(self._received):
            packet = self._received[self._looked_at]
            type_, fields = packet
            if type_ in ANSWERS:
                del self._received[self._looked_at]
                if type_ is self._expected and fields[0] == self._field:
                    return fields
                self._late(packet)
            elif type_ is PacketType.ERROR and self._tasks.refuses_option(packet):
                del self._received[self._looked_at]
            elif type_ is PacketType.ERROR and not self._before:
                del self._received[self._looked_at]
                raise server_error(*fields)
            elif type_ not in ABOUT_TASKS:
                raise ProtocolError(f"{self._server.address} sent {type_.name}, which nobody asked for")
            else:
                self._before -= type_ in (PacketType.ERROR, PacketType.JOB_CREATED)
                self._looked_at += 1
                self._passed_over += PACKET_COST + sum(map(len, fields))
                if self._passed_over > BEFORE_ANSWER:
                    raise ProtocolError(
                        f"{self._server.address} sends other things without end, and no answer"
                    )
        return None

    def _late(self, packet: Packet) -> None:
        """An answer to another question: fine if one was given up, else against the rules."""
        if not self._server.late:
            raise ProtocolError(f"{self._server.address} answered another question: {packet[0].name}")
        self._server.late -= 1
