"""Malformed packets and lines: everything of which a server must say that it is wrong."""

from __future__ import annotations

from gearcli.protocol.packets import (
    HANDLE_LIMIT,
    LINE_LIMIT,
    PACKET_LIMIT,
    REQUEST,
    RESPONSE,
    UNIQUE_LIMIT,
    PacketType,
    request,
    response,
)
from gearcli.protocol.packets import PacketType as P

_LARGEST = 2**32 - 1


def _header(type_: int, size: int = 0, magic: bytes = REQUEST) -> bytes:
    return magic + type_.to_bytes(4, "big") + size.to_bytes(4, "big")


def _of_response_only() -> dict[str, bytes]:
    types = [type_ for type_ in PacketType if type_.magics == (RESPONSE,)]
    return {f"{type_.name} to a server": request(type_, *[b"x"] * len(type_.fields)) for type_ in types}


def _short() -> dict[str, bytes]:
    """Packets that end before their last argument: with none, one, and all but one."""
    types = [type_ for type_ in PacketType if REQUEST in type_.magics and len(type_.fields) > 1]
    return {
        f"{type_.name} with {count} of {len(type_.fields)} arguments": request(type_, *[b"x"] * count)
        for type_ in types
        for count in {0, 1, len(type_.fields) - 1}
    }


_MAGICS: dict[str, bytes] = {
    "twelve NULs": bytes(12),
    "magic in lower case": _header(P.ECHO_REQ, magic=b"\0req"),
    "magic with a wrong last byte": _header(P.ECHO_REQ, magic=b"\0REX"),
    "magic with a NUL too many": b"\0" + _header(P.ECHO_REQ),
    "magic of high bytes": _header(P.ECHO_REQ, magic=b"\0\xff\xff\xff"),
    "magic cut by a packet": b"\0RE" + request(P.ECHO_REQ, b"x"),
    "little endian type": REQUEST + b"\x10\0\0\0" + bytes(4),
    "a body longer than announced": _header(P.ECHO_REQ, 2) + b"ab\0cdefghijklmnopq",
    **{
        f"{type_.name} as a response": response(type_, *[b"x"] * len(type_.fields))
        for type_ in (P.CAN_DO, P.SUBMIT_JOB, P.GRAB_JOB, P.ECHO_RES, P.WORK_COMPLETE, P.NOOP, P.ERROR)
    },
}

_TYPES: dict[str, bytes] = {
    "type 5, which is unused": request(P.UNUSED),
    **{
        f"type {number}": _header(number)
        for number in (0, 43, 44, 255, 256, 2**24, 2**31 - 1, 2**31, _LARGEST)
    },
    "unknown type with a body": _header(77, 4) + b"body",
}

_SIZES: dict[str, bytes] = {
    f"{type_.name} of {size} bytes": _header(type_, size) + b"f\0u\0w"
    for type_ in (P.ECHO_REQ, P.SUBMIT_JOB, P.WORK_COMPLETE, P.PRE_SLEEP)
    for size in (PACKET_LIMIT + 1, 2**31, _LARGEST)
}

_ARGUMENTS: dict[str, bytes] = {
    **{
        f"{type_.name} with a long unique": request(type_, b"f", b"u" * (UNIQUE_LIMIT + 1), *rest)
        for type_, rest in [
            (P.SUBMIT_JOB, [b""]),
            (P.SUBMIT_JOB_LOW_BG, [b""]),
            (P.SUBMIT_JOB_EPOCH, [b"0", b""]),
            (P.SUBMIT_JOB_SCHED, [b""] * 6),
            (P.SUBMIT_REDUCE_JOB, [b"r", b"", b""]),
        ]
    },
    "SUBMIT_REDUCE_JOB with a long reducer": request(P.SUBMIT_REDUCE_JOB, b"f", b"", b"r" * 65, b"", b""),
    "GET_STATUS of a long handle": request(P.GET_STATUS, b"h" * (HANDLE_LIMIT + 1)),
    "GET_STATUS_UNIQUE of a long unique": request(P.GET_STATUS_UNIQUE, b"u" * (UNIQUE_LIMIT + 1)),
    **{
        f"CAN_DO_TIMEOUT of {limit!r}": request(P.CAN_DO_TIMEOUT, b"f", limit)
        for limit in (b"", b"soon", b"-1", b"1.5", b"0x10", b"\xb2")
    },
    "SUBMIT_JOB_EPOCH beyond 64 bits": request(P.SUBMIT_JOB_EPOCH, b"f", b"", b"9" * 30, b""),
    **{
        f"SUBMIT_JOB_SCHED at {' '.join(fields)}": request(
            P.SUBMIT_JOB_SCHED, b"f", b"", *[field.encode() for field in fields], b""
        )
        for fields in [
            ("60", "", "", "", ""), ("", "24", "", "", ""), ("", "", "32", "", ""), ("", "", "0", "", ""),
            ("", "", "", "13", ""), ("", "", "", "", "8"), ("x", "", "", "", ""), ("", "", "30", "2", ""),
        ]
    },
    "OPTION_REQ of nothing": request(P.OPTION_REQ, b""),
    "OPTION_REQ of nonsense": request(P.OPTION_REQ, b"nonsense"),
    "OPTION_REQ of 20 kB": request(P.OPTION_REQ, b"o" * 20_000),
    **{
        f"{type_.name} of no job": request(type_, b"H:nowhere:1", *rest)
        for type_, rest in [
            (P.WORK_DATA, [b""]), (P.WORK_WARNING, [b""]), (P.WORK_EXCEPTION, [b""]),
            (P.WORK_COMPLETE, [b""]),
            (P.WORK_STATUS, [b"1", b"2"]), (P.WORK_FAIL, []),
        ]
    },
    "WORK_FAIL of a long handle": request(P.WORK_FAIL, b"h" * (HANDLE_LIMIT + 1)),
    "WORK_FAIL of no handle": request(P.WORK_FAIL, b""),
}  # fmt: skip

_LINES: dict[str, bytes] = {
    f"the line {line!r}": line + b"\n"
    for line in [
        b"", b"\r", b" ", b"   \r", b"\t", b"nonsense", b"help", b"status\0", b"\xff\xfe\xfd", b"a\0b\0c",
        b"one two three four five six", b"status 2 3 4 5 6", b"\x1b[2J",
        b"GET / HTTP/1.1\r", b"SSH-2.0-OpenSSH_9.6\r", b"*1\r", b"EHLO localhost\r", b"\x16\x03\x01",
        b"show", b"show x", b"show jobs x", b"show unique", b"cancel", b"cancel job", b"cancel a b",
        b"cancel job H:nowhere:1", b"create", b"create function", b"create a b", b"drop", b"drop function",
        b"drop a b", b"drop function nobody-knows", b"maxqueue", b"job", b"job H:nowhere:1", b"peek",
        b"peek H:nowhere:1", b"purge", b"purge nobody-knows", b"pause", b"resume", b"verbose nonsense",
    ]
}  # fmt: skip

_LONG: dict[str, bytes] = {
    "a line as long as allowed": b"a " * (LINE_LIMIT // 2) + b"\n",
    "a line longer than allowed": b"x" * (LINE_LIMIT + 1) + b"\n",
    "a line without an end": b"x" * (LINE_LIMIT + 1),
    "a line of many words without an end": b"x " * LINE_LIMIT,
    "a line of NULs after a letter": b"x" + bytes(LINE_LIMIT + 1),
}

CASES: dict[str, bytes] = {
    **_MAGICS, **_TYPES, **_of_response_only(), **_SIZES, **_short(), **_ARGUMENTS, **_LINES, **_LONG,
}  # fmt: skip
"""What is wrong, and the bytes that are."""

CUT_SHORT: dict[str, bytes] = {
    "a NUL": b"\0",
    "half a magic": b"\0RE",
    "a magic": REQUEST,
    "a header less its last byte": _header(P.ECHO_REQ)[:-1],
    "a header without its body": _header(P.ECHO_REQ, 10),
    "a body less its last byte": request(P.SUBMIT_JOB, b"f", b"u", b"workload")[:-1],
    "a packet and half of another": request(P.PRE_SLEEP) + request(P.ECHO_REQ, b"x" * 100)[:50],
    "a response without its body": _header(P.ECHO_RES, 10, RESPONSE),
    "half a line": b"stat",
    "a line without its end": b"status",
    "a greeting of TLS": b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(range(33, 97)),
}
"""What would be right if it went on; after these bytes nothing more is said."""
