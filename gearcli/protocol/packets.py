"""The binary protocol: one table of packets, and how they are encoded; `decoder` takes them apart.

A packet is a header of twelve bytes and a body::

    \\0REQ | \\0RES     magic: a request to a server, or a response from one
    type               32 bits, big endian: the numbers of `PacketType`
    length             32 bits, big endian: bytes of the body

The body is the packet's arguments with a NUL between them.  So only the last
may hold a NUL itself, and it does only where it is opaque: a workload or what
a worker sent.  Source: the PROTOCOL file of gearmand; argument counts from its
libgearman/command.cc.

Text and binary may be mixed on one connection, packet by packet: a first byte
that is not NUL begins a line of the text protocol.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import TypeAlias

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
FUNCTION_LIMIT = 512
"""Bytes of a function's name (GEARMAN_FUNCTION_MAX_SIZE of libgearman; gearmand itself takes any)."""
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

    # Not on the wire: what the Decoder makes of many packets that are alike, of a
    # packet that cannot be accepted although its borders are clear, and of a text line.
    RUN = -2, (), "packets"
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

SUBMISSIONS = frozenset(type_ for type_ in PacketType if type_.name.startswith("SUBMIT_"))
"""All packets that bring a job, those too of which it is due later."""
REPORTS = frozenset(type_ for type_ in PacketType if type_.name.startswith("WORK_"))
"""All packets in which a worker says something of a job; the handle comes first."""
ABILITIES = frozenset({PacketType.CAN_DO, PacketType.CAN_DO_TIMEOUT})
"""The packets that register a worker for a function."""


# -- encoding -----------------------------------------------------------------

_header = struct.Struct(">4sII").pack


def header(magic: bytes, type_: PacketType, size: int) -> bytes:
    """The header of a packet whose body has `size` bytes."""
    return _header(magic, type_, size)


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
        limit = {"function": FUNCTION_LIMIT, "unique": UNIQUE_LIMIT, "handle": HANDLE_LIMIT}.get(name)
        if limit is not None and len(field) > limit:
            raise ValueError(f"a {name} has at most {limit} bytes; this one has {len(field)}")
    return fields
