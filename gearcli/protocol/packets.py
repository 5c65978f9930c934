"""The binary protocol: one table of packets, `encode` and the incremental `Decoder`.

A packet is a header of twelve bytes and a body::

    \\0REQ | \\0RES     magic: a request to a server, or a response from one
    type               32 bits, big endian: the numbers of `PacketType`
    length             32 bits, big endian: bytes of the body

The body is the packet's arguments with a NUL between them.  So only the last
may hold a NUL itself, and it does only where it is opaque: a workload or what
a worker sent.  Source: the PROTOCOL file of gearmand; argument counts from its
libgearman/command.cc.

Text and binary may be mixed on one connection, packet by packet: a first byte
that is not NUL begins a line of the text protocol.  Such a line comes out of
the `Decoder` as a packet of the pseudo type TEXT (gearmand's own trick).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple, TypeAlias

from gearcli.protocol.refusals import Refusal

REQUEST = b"\0REQ"
RESPONSE = b"\0RES"
_REQ, _RES, _BOTH = (REQUEST,), (RESPONSE,), (REQUEST, RESPONSE)

HEADER_SIZE = 12
PACKET_LIMIT = 256 << 20
"""Bytes a body may have unless told otherwise.  The protocol's own limit is 4 GiB,
which a peer could announce in twelve bytes; the largest promised workload is 64 MiB."""
LINE_LIMIT = 8191
"""Bytes of a text line, as in gearmand (a receive buffer of 8192 bytes, libgearman-server/io.cc)."""
HANDLE_LIMIT = 63
"""Bytes of a job handle: GEARMAND_JOB_HANDLE_SIZE is 64 with its NUL."""
UNIQUE_LIMIT = 64
"""Bytes of a unique (GEARMAN_MAX_UNIQUE_SIZE; libgearman cuts its own to 63)."""

OPAQUE = frozenset({"workload", "data", "warning", "exception", "result"})
"""Arguments that may hold any byte.  Each is the last of its packet."""


class PacketType(IntEnum):
    """Every packet: its number, the magics it may have, the names of its arguments."""

    magics: tuple[bytes, ...]
    fields: tuple[str, ...]

    def __new__(cls, number: int, magics: tuple[bytes, ...], *fields: str) -> PacketType:
        member = int.__new__(cls, number)
        member._value_ = number
        member.magics = magics
        member.fields = fields
        return member

    # Not on the wire: what the Decoder makes of a text line, and of a packet
    # that cannot be accepted although its borders are clear.
    REJECTED = -1, (), "code", "text"
    TEXT = 0, (), "line"

    CAN_DO = 1, _REQ, "function"
    CANT_DO = 2, _REQ, "function"
    RESET_ABILITIES = 3, _REQ
    PRE_SLEEP = 4, _REQ
    UNUSED = 5, _REQ
    NOOP = 6, _RES
    SUBMIT_JOB = 7, _REQ, "function", "unique", "workload"
    JOB_CREATED = 8, _RES, "handle"
    GRAB_JOB = 9, _REQ
    NO_JOB = 10, _RES
    JOB_ASSIGN = 11, _RES, "handle", "function", "workload"
    WORK_STATUS = 12, _BOTH, "handle", "numerator", "denominator"
    WORK_COMPLETE = 13, _BOTH, "handle", "result"
    WORK_FAIL = 14, _BOTH, "handle"
    GET_STATUS = 15, _REQ, "handle"
    ECHO_REQ = 16, _REQ, "workload"
    ECHO_RES = 17, _RES, "workload"
    SUBMIT_JOB_BG = 18, _REQ, "function", "unique", "workload"
    ERROR = 19, _RES, "code", "text"
    STATUS_RES = 20, _RES, "handle", "known", "running", "numerator", "denominator"
    SUBMIT_JOB_HIGH = 21, _REQ, "function", "unique", "workload"
    SET_CLIENT_ID = 22, _REQ, "client_id"
    CAN_DO_TIMEOUT = 23, _REQ, "function", "timeout"
    ALL_YOURS = 24, _REQ
    WORK_EXCEPTION = 25, _BOTH, "handle", "exception"
    OPTION_REQ = 26, _REQ, "option"
    OPTION_RES = 27, _RES, "option"
    WORK_DATA = 28, _BOTH, "handle", "data"
    WORK_WARNING = 29, _BOTH, "handle", "warning"
    GRAB_JOB_UNIQ = 30, _REQ
    JOB_ASSIGN_UNIQ = 31, _RES, "handle", "function", "unique", "workload"
    SUBMIT_JOB_HIGH_BG = 32, _REQ, "function", "unique", "workload"
    SUBMIT_JOB_LOW = 33, _REQ, "function", "unique", "workload"
    SUBMIT_JOB_LOW_BG = 34, _REQ, "function", "unique", "workload"
    SUBMIT_JOB_SCHED = (
        35, _REQ, "function", "unique", "minute", "hour", "day_of_month", "month", "day_of_week", "workload",
    )  # fmt: skip
    SUBMIT_JOB_EPOCH = 36, _REQ, "function", "unique", "epoch", "workload"
    SUBMIT_REDUCE_JOB = 37, _REQ, "function", "unique", "reducer", "aggregator", "workload"
    SUBMIT_REDUCE_JOB_BACKGROUND = 38, _REQ, "function", "unique", "reducer", "aggregator", "workload"
    GRAB_JOB_ALL = 39, _REQ
    JOB_ASSIGN_ALL = 40, _RES, "handle", "function", "unique", "reducer", "workload"
    GET_STATUS_UNIQUE = 41, _REQ, "unique"
    STATUS_RES_UNIQUE = 42, _RES, "unique", "known", "running", "numerator", "denominator", "client_count"


_REPORTS = (
    PacketType.WORK_DATA,
    PacketType.WORK_WARNING,
    PacketType.WORK_COMPLETE,
    PacketType.WORK_EXCEPTION,
)


Packet: TypeAlias = tuple[PacketType, list[bytes]]
"""A packet as the `Decoder` yields it: its type and its arguments, in the table's order."""


class Priority(IntEnum):
    """In which order the jobs of a function are handed out; gearmand's store has the same numbers."""

    HIGH = 0
    NORMAL = 1
    LOW = 2


SUBMITS: dict[PacketType, tuple[Priority, bool]] = {
    PacketType.SUBMIT_JOB_HIGH: (Priority.HIGH, False),
    PacketType.SUBMIT_JOB: (Priority.NORMAL, False),
    PacketType.SUBMIT_JOB_LOW: (Priority.LOW, False),
    PacketType.SUBMIT_JOB_HIGH_BG: (Priority.HIGH, True),
    PacketType.SUBMIT_JOB_BG: (Priority.NORMAL, True),
    PacketType.SUBMIT_JOB_LOW_BG: (Priority.LOW, True),
}
"""The packets that submit a job at once: their priority, and whether in the background."""

SUBMIT_TYPES = {meaning: type_ for type_, meaning in SUBMITS.items()}
"""The packet that submits with a priority, in the background or not."""


# -- encoding -----------------------------------------------------------------

_header = struct.Struct(">4sII").pack


def response_header(type_: PacketType, size: int) -> bytes:
    """The header of a packet from a server whose body has `size` bytes."""
    return _header(RESPONSE, type_, size)


def request(type_: PacketType, *fields: bytes) -> bytes:
    """The bytes of a packet to a server.  The caller answers for NULs; see `checked`."""
    body = b"\0".join(fields)
    return _header(REQUEST, type_, len(body)) + body


def response(type_: PacketType, *fields: bytes) -> bytes:
    """The bytes of a packet from a server.  The caller answers for NULs; see `checked`."""
    body = b"\0".join(fields)
    return _header(RESPONSE, type_, len(body)) + body


def head(magic: bytes, type_: PacketType, fields: tuple[bytes, ...], opaque_size: int) -> bytes:
    """A packet up to its last argument, which has `opaque_size` bytes and is sent on its own.

    For big bodies, which nobody wants to copy into a packet.
    """
    start = b"\0".join((*fields, b""))
    return _header(magic, type_, len(start) + opaque_size) + start


def checked(type_: PacketType, *fields: bytes) -> tuple[bytes, ...]:
    """The arguments, if they are right for this packet.

    Raises ValueError for a wrong number of arguments, for a NUL where it
    would begin the next argument, and for a unique or handle that is too long.
    """
    if len(fields) != len(type_.fields):
        raise ValueError(f"{type_.name} has {len(type_.fields)} arguments, not {len(fields)}")
    for name, field in zip(type_.fields, fields, strict=True):
        if name not in OPAQUE and b"\0" in field:
            raise ValueError(f"a {name} cannot contain a NUL byte")
        limit = {"unique": UNIQUE_LIMIT, "handle": HANDLE_LIMIT}.get(name)
        if limit is not None and len(field) > limit:
            raise ValueError(f"a {name} has at most {limit} bytes; this one has {len(field)}")
    return fields


# -- decoding -----------------------------------------------------------------


def rejected(refusal: Refusal) -> Packet:
    """The pseudo packet that stands for one that cannot be accepted."""
    return PacketType.REJECTED, [refusal.code, refusal.text]


_COPIED_ONCE = 16384
"""From this size on a body's last argument is cut out directly; below, split() is faster."""
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
    return {_start(_header(magic, type_, 0))[0]: _row(type_) for type_ in PacketType if type_ > 0}


_ROWS = {magic: _rows(magic) for magic in _BOTH}
_WRONG_MAGIC = _Row(PacketType.REJECTED, -1, False, rejected(Refusal.MAGIC))


class Decoder:
    """Turns the bytes of one connection into packets and text lines, however they were cut.

    `magic` is the one that arriving packets must have: REQUEST in a server,
    RESPONSE elsewhere.  `limit` is the largest body accepted, in bytes; a
    larger one is refused when its header is read, so nothing is set aside for
    what a peer only announces.  `line_limit` is that of a text line.
    """

    def __init__(self, magic: bytes, limit: int = PACKET_LIMIT, line_limit: int = LINE_LIMIT) -> None:
        self._rows = _ROWS[magic]
        self._limit = limit
        self._line_limit = line_limit
        self._held: list[bytes] = []  # the pieces of a packet that is not complete
        self.missing = 0
        """Bytes known to be missing from the packet in progress; 0 while nothing is known."""

    @property
    def idle(self) -> bool:
        """Whether no packet is in progress: where a connection may end without loss."""
        return not self._held

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
            return
        long_packet = self._long_packet() if self.missing else None
        if long_packet is not None:
            yield long_packet
            data = data[self.missing :]
        else:
            data = b"".join(self._held)
        self._held.clear()
        self.missing = 0
        yield from self._complete(data)

    def _complete(self, data: bytes) -> Iterator[Packet]:
        """Yield the packets that are whole in `data` and hold the rest."""
        rows, position, end = self._rows, 0, len(data)
        while (start := position + HEADER_SIZE) <= end:
            kind, length = _start(data, position)
            row = rows.get(kind)
            if row is None:
                if data[position]:
                    line = self._line(data, position)
                    if not line:
                        break
                    yield PacketType.TEXT, [line]
                    position += len(line)
                    continue
                row = _odd_row(kind)
            stop = start + length
            if length > self._limit:
                raise Refusal.SIZE.error()
            if stop > end:
                self.missing = stop - end
                break
            type_, separators, strip, bare = row
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
