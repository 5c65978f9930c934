"""A conversation in the text protocol, cut into lines; it stands where `decoder.Decoder` stands else.

What an answer may cost is bounded: whoever asks sets an allowance of bytes,
and each line costs its own and what the program needs to hold it.
"""

from __future__ import annotations

from collections.abc import Iterator

from gearcli.errors import ProtocolError
from gearcli.protocol.packets import Packet, PacketType

ANSWER_LIMIT = 64 << 20
"""Bytes of an answer in rows; a million rows of ``show jobs`` fit."""
BODY_LIMIT = 128 << 20
"""Bytes of an answer that holds a workload or a result in base64."""
LINE_COST = 48
"""Bytes that a line costs besides those in it: an answer may be nothing but line ends."""


class Lines:
    """Turns the bytes of one connection into lines, each as a packet of the type TEXT, without its end."""

    def __init__(self) -> None:
        self._held: list[bytes] = []  # the pieces of a line that is not complete
        self._left = self._allowance = ANSWER_LIMIT

    def allow(self, count: int) -> None:
        """Set how many bytes the next answer may have."""
        self._left = self._allowance = count

    @property
    def idle(self) -> bool:
        """Whether no line is in progress."""
        return not self._held

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Yield each line that `data` completes.  Exhaust it before the next call.

        Raises ProtocolError for an answer that is longer than is allowed, and for a binary packet.
        """
        first, *others = data.split(b"\n")
        self._left -= len(data) + LINE_COST * len(others)
        if self._left < 0:
            raise ProtocolError(f"its answer is longer than {self._allowance >> 20} MiB")
        if first:
            self._held.append(first)
        if others:
            yield _line(b"".join(self._held))
            rest = others.pop()
            self._held = [rest] if rest else []
            yield from map(_line, others)
        if self._held and self._held[0][:1] == b"\0":
            raise ProtocolError("it answers a text command with a binary packet")


def _line(line: bytes) -> Packet:
    return PacketType.TEXT, [line.rstrip(b"\r")]
