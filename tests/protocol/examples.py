"""Packets that several tests encode and decode."""

from __future__ import annotations

from collections.abc import Iterable

from gearcli.protocol.packets import OPAQUE, REQUEST, RESPONSE, PacketType, request, response
from gearcli.protocol.packets import PacketType as P

# The example at the end of gearmand's PROTOCOL file: who speaks, the packet, its bytes in hexadecimal.
WORKED_EXAMPLE: list[tuple[bytes, P, list[bytes], str]] = [
    (REQUEST, P.CAN_DO, [b"reverse"], "00524551 00000001 00000007 72657665727365"),
    (REQUEST, P.GRAB_JOB, [], "00524551 00000009 00000000"),
    (RESPONSE, P.NO_JOB, [], "00524553 0000000a 00000000"),
    (REQUEST, P.PRE_SLEEP, [], "00524551 00000004 00000000"),
    (
        REQUEST, P.SUBMIT_JOB, [b"reverse", b"", b"test"],
        "00524551 00000007 0000000d 7265766572736500 00 74657374",
    ),
    (RESPONSE, P.JOB_CREATED, [b"H:lap:1"], "00524553 00000008 00000007 483a6c61703a31"),
    (RESPONSE, P.NOOP, [], "00524553 00000006 00000000"),
    (
        RESPONSE, P.JOB_ASSIGN, [b"H:lap:1", b"reverse", b"test"],
        "00524553 0000000b 00000014 483a6c61703a3100 7265766572736500 74657374",
    ),
    (
        REQUEST, P.WORK_COMPLETE, [b"H:lap:1", b"tset"],
        "00524551 0000000d 0000000c 483a6c61703a3100 74736574",
    ),
    (
        RESPONSE, P.WORK_COMPLETE, [b"H:lap:1", b"tset"],
        "00524553 0000000d 0000000c 483a6c61703a3100 74736574",
    ),
]  # fmt: skip

EVERY_PACKET = [(magic, type_) for type_ in PacketType for magic in type_.magics]


def encode(magic: bytes, type_: PacketType, fields: Iterable[bytes]) -> bytes:
    return (request if magic == REQUEST else response)(type_, *fields)


def sample_fields(type_: PacketType, opaque: bytes = b"any\0byte\xff\n") -> list[bytes]:
    return [opaque if name in OPAQUE else name.encode() for name in type_.fields]
