"""Runs: packets of one type and one size that follow each other, looked at as one.

Who sends many packets at once sends much of the same: a batch of jobs, a
worker's functions, a flood of pings.  Their headers are equal byte by byte,
so a few comparisons of columns (each takes one byte of every packet) find out
what a look at every header would.  A run comes out of the `Decoder` as one
packet of the pseudo type RUN, whose argument are the packets.
"""

from __future__ import annotations

from struct import iter_unpack

from gearcli.protocol.packets import HEADER_SIZE, REQUEST, RESPONSE, PacketType, header

LEAST = 8
"""Packets below which a run is not worth the comparisons."""
_MOST = 512
"""Packets of a run at most: so many does one comparison look at in vain, if it does."""

_KIND = 8  # bytes of a header that say what it is: magic and type
_MAGIC_END, _TYPE_END = 3, 7  # the bytes in which headers of one size differ: REQ or RES, and the type


def length(data: bytes, start: int, size: int) -> int:
    """How many packets with the header at `start` follow each other there; each has `size` bytes in all."""
    second = start + size
    if data[start : start + HEADER_SIZE] != data[second : second + HEADER_SIZE]:
        return 1
    count = min((len(data) - start) // size, _MOST)
    for index in range(start, start + HEADER_SIZE):
        column, byte = data[index : start + count * size : size], data[index : index + 1]
        if column.count(byte) < count:
            count -= len(column.lstrip(byte))
    return count


_TYPES = {REQUEST + type_.to_bytes(4, "big"): type_ for type_ in PacketType if type_ > 0}


def type_of(packets: bytes) -> PacketType:
    """The type of the packets of a run, which are requests."""
    return _TYPES[packets[:_KIND]]


def size_of(packets: bytes) -> int:
    """How many bytes the body of each packet of a run has."""
    return int.from_bytes(packets[_KIND:HEADER_SIZE], "big")


def bodies(packets: bytes) -> list[bytes]:
    """The bodies of the packets of a run."""
    return [body for (body,) in iter_unpack(f"{HEADER_SIZE}x{size_of(packets)}s", packets)]


def tails(packets: bytes, start: bytes) -> list[bytes] | None:
    """What follows `start` in the body of each packet of a run; None if any begins otherwise."""
    rows = list(iter_unpack(f"{HEADER_SIZE}x{len(start)}s{size_of(packets) - len(start)}s", packets))
    return [tail for _, tail in rows] if all(each == start for each, _ in rows) else None


def answered(packets: bytes, type_: PacketType) -> bytes:
    """The same packets as responses of a type, with their bodies as they are."""
    size = size_of(packets)
    answers, head, whole = bytearray(packets), header(RESPONSE, type_, size), HEADER_SIZE + size
    for index in (_MAGIC_END, _TYPE_END):
        answers[index::whole] = head[index : index + 1] * (len(packets) // whole)
    return bytes(answers)
