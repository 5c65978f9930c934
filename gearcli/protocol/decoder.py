"""The incremental `Decoder`: bytes to packets, however they were cut.

Text lines come out of it as packets of the pseudo type TEXT (gearmand's own
trick), packets that cannot be accepted as REJECTED, and, where that is
wanted, many packets that are alike as one RUN; see `runs`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from gearcli.protocol import runs
from gearcli.protocol.packets import (
    HANDLE_LIMIT,
    HEADER_SIZE,
    LINE_LIMIT,
    OPAQUE,
    PACKET_LIMIT,
    REQUEST,
    RESPONSE,
    Packet,
    PacketType,
    header,
)
from gearcli.protocol.refusals import Refusal


def rejected(refusal: Refusal) -> Packet:
    """The pseudo packet that stands for one that cannot be accepted."""
    return PacketType.REJECTED, [refusal.code, refusal.text]


_SHORTEST_RUN = runs.LEAST * HEADER_SIZE
_TRIES = 4
"""How often a run is looked for in vain in what arrives at once: who sends none pays for no more."""
_REPORTS = (
    PacketType.WORK_DATA,
    PacketType.WORK_WARNING,
    PacketType.WORK_COMPLETE,
    PacketType.WORK_EXCEPTION,
)
_COPIED_ONCE = 16384
"""From this size on a body's last argument is cut out directly; below, split() is faster."""
_PIECE = 64
"""Bytes that a piece of a packet takes besides those in it: a packet may come in very small pieces."""
_SMALL, _MANY = 1024, 1024
"""Bytes below which a piece is small; how many such are joined."""
_START = struct.Struct(">QI")  # of a header: magic and type as one number, which one look-up knows; length
_start = _START.unpack_from


class _Row(NamedTuple):
    """How the body of one type becomes arguments."""

    type_: PacketType
    separators: int  # NULs before the last argument
    # Whether a NUL at the end is cut off.  gearmand ends some packets with a
    # NUL after the last argument (a WORK_FAIL made from an exception); the
    # handle is still the handle.
    strip: bool
    bare: Packet | None  # what it always is, whatever its body: for a type without arguments


def _row(type_: PacketType) -> _Row:
    fields = type_.fields
    bare: Packet | None = None if fields else (type_, [])
    return _Row(type_, len(fields) - 1, bool(fields) and fields[-1] not in OPAQUE, bare)


def _rows(magic: bytes) -> dict[int, _Row]:
    """The row of every packet that may arrive, by its magic and type as one number."""
    return {_start(header(magic, type_, 0))[0]: _row(type_) for type_ in PacketType if type_ > 0}


_ROWS = {magic: _rows(magic) for magic in (REQUEST, RESPONSE)}
_WRONG_MAGIC = _Row(PacketType.REJECTED, -1, False, rejected(Refusal.MAGIC))


class Decoder:
    """Turns the bytes of one connection into packets and text lines, however they were cut.

    `magic` is the one that arriving packets must have: REQUEST in a server,
    RESPONSE elsewhere.  `limit` is the largest body accepted, in bytes; a
    larger one is refused when its header is read, so nothing is set aside for
    what a peer only announces.  `line_limit` is that of a text line.
    """

    __slots__ = (
        "_held", "_limit", "_line_limit", "_rows", "_small", "begun", "held", "in_runs", "missing",
        "too_large",
    )  # fmt: skip

    def __init__(self, magic: bytes, limit: int = PACKET_LIMIT, line_limit: int = LINE_LIMIT) -> None:
        self.in_runs = False
        """Whether packets that are alike come as one RUN."""
        self._rows = _ROWS[magic]
        self._limit = limit
        self._line_limit = line_limit
        self._held: list[bytes] = []  # the pieces of a packet that is not complete
        self._small = 0  # how many of the last pieces are small
        self.held = 0
        """Bytes that have come of the packet in progress; 0 while there is none."""
        self.missing = 0
        """Bytes known to be missing from the packet in progress; 0 while nothing is known."""
        self.begun = 0
        """A number that is another for every packet that is found to be in progress."""
        self.too_large = b""
        """How the packet begins that was refused for its size, with its first argument if that has come."""

    @property
    def idle(self) -> bool:
        """Whether no packet is in progress: where a connection may end without loss."""
        return not self._held

    @property
    def weight(self) -> int:
        """The bytes that the packet in progress takes here."""
        return self.held + _PIECE * len(self._held)

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Yield each packet that `data` completes.  Exhaust it before the next call.

        A packet that cannot be accepted but whose end is known comes as
        REJECTED with the code and text of the ERROR to answer.  Raises
        ProtocolError where the borders between packets are lost: a bad magic
        or type, a body or a line over its limit.  The connection must end
        then, after an ERROR with the `code` and the words of the error.
        """
        return self._resumed(data) if self._held else self._complete(data)

    def _resumed(self, data: bytes) -> Iterator[Packet]:
        """Go on with the packet in progress, and with what follows it."""
        self._held.append(data)
        if self.missing > len(data):
            self.missing -= len(data)
            self.held += len(data)
            self._join_small(len(data))
            return
        long_packet = self._long_packet() if self.missing else None
        if long_packet is not None:
            yield long_packet
            data = data[self.missing :]
            self.begun += 1
        else:
            data = b"".join(self._held)
        self._held.clear()
        self.missing = self.held = self._small = 0
        yield from self._complete(data)
        if not self._held:
            self.begun += 1

    def _join_small(self, size: int) -> None:
        """A piece of so many bytes has come: make one of many small ones, which take more than is in them."""
        self._small = self._small + 1 if size < _SMALL else 0
        if self._small == _MANY:
            self._held[-_MANY:] = [b"".join(self._held[-_MANY:])]
            self._small = 0

    def _complete(self, data: bytes) -> Iterator[Packet]:
        """Yield the packets that are whole in `data` and hold the rest."""
        rows, limit, position, end = self._rows, self._limit, 0, len(data)
        tries = _TRIES if self.in_runs and end >= _SHORTEST_RUN else 0
        while (start := position + HEADER_SIZE) <= end:
            kind, length = _start(data, position)
            try:
                type_, separators, strip, bare = rows[kind]
            except KeyError:
                if data[position]:
                    line = self._line(data, position)
                    if not line:
                        break
                    yield PacketType.TEXT, [line]
                    position += len(line)
                    continue
                type_, separators, strip, bare = _odd_row(kind)
            stop = start + length
            if length > limit:
                self.too_large = data[position : start + HANDLE_LIMIT + 1]
                raise Refusal.SIZE.error()
            if stop > end:
                self.missing = stop - end
                break
            if tries and stop + runs.LEAST * (stop - position) <= end:
                count = runs.length(data, position, stop - position)
                if count >= runs.LEAST:
                    begin, position = position, position + count * (stop - position)
                    yield PacketType.RUN, [data[begin:position]]
                    continue
                tries -= 1
            if bare is not None:
                yield bare
            else:
                if length <= _COPIED_ONCE:
                    fields = data[start:stop].split(b"\0", separators)
                else:
                    fields = _fields(data, start, stop, separators)
                if strip and fields[-1].endswith(b"\0"):
                    fields[-1] = fields[-1][:-1]
                yield (type_, fields) if len(fields) > separators else _short(type_, fields)
            position = stop
        # What is left may be a packet in progress, but also lines shorter than a header.
        while position < end and data[position] and (line := self._line(data, position)):
            yield PacketType.TEXT, [line]
            position += len(line)
        if position < end:
            self._held.append(data[position:] if position else data)
            self.held = end - position
            if position:
                self.begun += 1

    def _line(self, data: bytes, start: int) -> bytes:
        """The text line that begins at `start`; nothing if its end has not arrived."""
        end = data.find(b"\n", start, start + self._line_limit + 1) + 1
        if not end and len(data) - start > self._line_limit:
            raise Refusal.LINE.error()
        return data[start:end]

    def _long_packet(self) -> Packet | None:
        """The packet held in pieces, now complete, its opaque argument joined once.

        None where it has no opaque argument, or where the ones before it are
        not all in the first piece: then joining everything is simpler.
        """
        first, *middle, last = self._held
        row = self._rows.get(_start(first)[0], _WRONG_MAGIC)
        opaque = _argument_start(first, HEADER_SIZE, len(first), row.separators)
        if row.bare or row.strip or opaque is None:
            return None
        fields = first[HEADER_SIZE:opaque].split(b"\0")[:-1]
        fields.append(b"".join((memoryview(first)[opaque:], *middle, memoryview(last)[: self.missing])))
        return row.type_, fields


def _odd_row(kind: int) -> _Row:
    """How to pass over a packet with the other magic, whose borders are clear.

    Raises ProtocolError for a packet that is none.
    """
    if not any(kind in rows for rows in _ROWS.values()):
        raise Refusal.TYPE.error()
    return _WRONG_MAGIC


def _fields(data: bytes, start: int, end: int, separators: int) -> list[bytes]:
    """The arguments of the big body `data[start:end]`, the last one copied only once."""
    opaque = _argument_start(data, start, end, separators)
    return [*data[start:opaque].split(b"\0")[:-1], data[opaque:end]] if opaque else [b""]


def _argument_start(data: bytes, start: int, end: int, separators: int) -> int | None:
    """Where the argument after so many NULs begins; None if they are not all before `end`."""
    for _ in range(separators):
        nul = data.find(b"\0", start, end)
        if nul < 0:
            return None
        start = nul + 1
    return start


def _short(type_: PacketType, fields: list[bytes]) -> Packet:
    """A packet with too few arguments.  Perl's worker leaves out an empty result, NUL and all."""
    if type_ in _REPORTS and len(fields) == 1:
        return type_, [*fields, b""]
    return rejected(Refusal.FIELDS)
