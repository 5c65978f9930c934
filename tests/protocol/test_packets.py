"""The table of packets, and bytes to packets and back, however the bytes are cut."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import (
    HANDLE_LIMIT,
    LINE_LIMIT,
    OPAQUE,
    PACKET_LIMIT,
    REQUEST,
    RESPONSE,
    SUBMIT_TYPES,
    SUBMITS,
    UNIQUE_LIMIT,
    Packet,
    PacketType,
    Priority,
    checked,
    head,
    request,
    response,
)
from gearcli.protocol.packets import PacketType as P
from tests.support import FRAGMENTATIONS, byte_by_byte, cut_at_random

Cut = Callable[[bytes], list[bytes]]

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


def decode(decoder: Decoder, pieces: Iterable[bytes]) -> list[Packet]:
    return [packet for piece in pieces for packet in decoder.feed(piece)]


def sample_fields(type_: PacketType, opaque: bytes = b"any\0byte\xff\n") -> list[bytes]:
    return [opaque if name in OPAQUE else name.encode() for name in type_.fields]


# -- the table ----------------------------------------------------------------------


def test_every_number_from_1_to_42_has_a_row() -> None:
    assert list(range(1, 43)) == sorted(type_ for type_ in PacketType if type_ > 0)


def test_only_the_last_argument_may_hold_any_byte() -> None:
    assert [] == [type_ for type_ in PacketType if OPAQUE & set(type_.fields[:-1])]


def test_pseudo_packets_are_never_on_the_wire() -> None:
    assert {P.TEXT, P.REJECTED, P.RUN} == {type_ for type_ in PacketType if not type_.magics}


def test_packets_that_submit_differ_only_in_priority_and_background() -> None:
    assert {("function", "unique", "workload")} == {type_.fields for type_ in SUBMITS}
    assert {(p, b) for p in Priority for b in (False, True)} == set(SUBMITS.values())
    assert {meaning: type_ for type_, meaning in SUBMITS.items()} == SUBMIT_TYPES


# -- golden bytes and round trips -----------------------------------------------------


@pytest.mark.parametrize(("magic", "type_", "fields", "hexadecimal"), WORKED_EXAMPLE)
def test_encodes_the_worked_example(magic: bytes, type_: P, fields: list[bytes], hexadecimal: str) -> None:
    assert bytes.fromhex(hexadecimal) == encode(magic, type_, fields)


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize("speaker", [REQUEST, RESPONSE])
def test_decodes_the_worked_example(speaker: bytes, cut: Cut) -> None:
    rows = [row for row in WORKED_EXAMPLE if row[0] == speaker]
    wire = b"".join(bytes.fromhex(row[3]) for row in rows)
    assert [(type_, fields) for _, type_, fields, _ in rows] == decode(Decoder(speaker), cut(wire))


@pytest.mark.parametrize("opaque", [b"", b"any\0byte\xff\n", b"\0" * 3, bytes(range(256)) * 100])
@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_every_packet_comes_back_with_what_follows_it(cut: Cut, opaque: bytes) -> None:
    trailing = (P.ECHO_REQ, P.ECHO_RES)
    for magic, type_ in EVERY_PACKET:
        fields = sample_fields(type_, opaque)
        follower = trailing[magic == RESPONSE]
        wire = encode(magic, type_, fields) + encode(magic, follower, [b"next"])
        assert [(type_, fields), (follower, [b"next"])] == decode(Decoder(magic), cut(wire))


def test_empty_arguments_come_back() -> None:
    for magic, type_ in EVERY_PACKET:
        fields = [b""] * len(type_.fields)
        assert [(type_, fields)] == decode(Decoder(magic), [encode(magic, type_, fields)])


def test_a_head_and_its_opaque_argument_make_the_packet() -> None:
    fields = (b"H:lap:1", b"reverse")
    assert response(P.JOB_ASSIGN, *fields, b"test") == head(RESPONSE, P.JOB_ASSIGN, fields, 4) + b"test"
    assert request(P.ECHO_REQ, b"test") == head(REQUEST, P.ECHO_REQ, (), 4) + b"test"


# -- pieces -----------------------------------------------------------------------------


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_text_lines_and_packets_may_be_mixed(cut: Cut) -> None:
    wire = b"status\n" + request(P.GRAB_JOB) + b"version\r\n\n" + request(P.CAN_DO, b"f") + b"workers\n"
    expected = [
        (P.TEXT, [b"status\n"]),
        (P.GRAB_JOB, []),
        (P.TEXT, [b"version\r\n"]),
        (P.TEXT, [b"\n"]),
        (P.CAN_DO, [b"f"]),
        (P.TEXT, [b"workers\n"]),
    ]
    assert expected == decode(Decoder(REQUEST), cut(wire))


@pytest.mark.parametrize("size", [16_383, 16_384, 65_536, 1_000_003])
@pytest.mark.parametrize("type_", [P.ECHO_REQ, P.SUBMIT_JOB, P.WORK_COMPLETE, P.SET_CLIENT_ID])
def test_a_large_body_comes_back_however_it_is_cut(type_: P, size: int) -> None:
    chance = random.Random(size)
    big = chance.randbytes(size) if type_.fields[-1] in OPAQUE else b"x" * size
    fields = [*sample_fields(type_)[:-1], big]
    wire = request(type_, *fields) + request(P.GRAB_JOB)
    for _ in range(20):
        # Most cuts near the start: there the arguments before the big one are.
        cuts = sorted({chance.randrange(1, 40), chance.randrange(1, 40), *chance.sample(range(len(wire)), 4)})
        pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
        assert [(type_, fields), (P.GRAB_JOB, [])] == decode(Decoder(REQUEST), pieces), cuts


def test_an_opaque_argument_is_bytes_whichever_way_it_was_put_together() -> None:
    wire = request(P.ECHO_REQ, b"x" * 100_000)
    for pieces in ([wire], [wire[:50], wire[50:]], [wire[:20_000], wire[20_000:40_000], wire[40_000:]]):
        ((_, (workload,)),) = decode(Decoder(REQUEST), pieces)
        assert bytes is type(workload)


def test_the_decoder_says_how_many_bytes_are_missing() -> None:
    decoder = Decoder(REQUEST)
    packet = request(P.ECHO_REQ, b"x" * 1000)
    seen = []
    for piece in (packet[:4], packet[4:112], packet[112:1000], packet[1000:]):
        decode(decoder, [piece])
        seen.append((decoder.missing, decoder.idle))
    assert [(0, False), (900, False), (12, False), (0, True)] == seen


@pytest.mark.parametrize("start", [b"s", b"\0", request(P.CAN_DO, b"f")[:-1]])
def test_a_decoder_is_idle_only_between_packets(start: bytes) -> None:
    decoder = Decoder(REQUEST)
    assert decoder.idle
    decode(decoder, [start])
    assert not decoder.idle


# -- a trailing NUL -------------------------------------------------------------------------


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_one_trailing_nul_is_no_part_of_the_last_argument(cut: Cut) -> None:
    """gearmand makes a WORK_FAIL with a NUL behind the handle out of an exception."""
    assert [(P.WORK_FAIL, [b"H:vm:11"])] == decode(
        Decoder(RESPONSE), cut(response(P.WORK_FAIL, b"H:vm:11\0"))
    )


def test_only_one_trailing_nul_is_taken_off() -> None:
    assert [(P.CAN_DO, [b"f\0"])] == decode(Decoder(REQUEST), [request(P.CAN_DO, b"f\0\0")])


def test_an_opaque_argument_keeps_its_trailing_nul() -> None:
    assert [(P.ECHO_REQ, [b"x\0"])] == decode(Decoder(REQUEST), [request(P.ECHO_REQ, b"x\0")])


# -- packets that are refused ---------------------------------------------------------------

TOO_FEW = (P.REJECTED, [b"INVALID_PACKET", b"Packet has too few arguments"])


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_the_other_magic_is_rejected_and_the_next_packet_read(cut: Cut) -> None:
    wire = response(P.WORK_COMPLETE, b"H:1", b"x" * 20_000) + request(P.GRAB_JOB)
    rejected = (P.REJECTED, [b"INVALID_MAGIC", b"Request magic expected"])
    assert [rejected, (P.GRAB_JOB, [])] == decode(Decoder(REQUEST), cut(wire))


REPORTS = [P.WORK_DATA, P.WORK_WARNING, P.WORK_COMPLETE, P.WORK_EXCEPTION]


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize("magic", [REQUEST, RESPONSE])
@pytest.mark.parametrize("type_", REPORTS)
def test_a_report_without_data_has_none(type_: P, magic: bytes, cut: Cut) -> None:
    wire = encode(magic, type_, [b"H:1"]) + encode(magic, type_, [b"H:2", b"x"])
    assert [(type_, [b"H:1", b""]), (type_, [b"H:2", b"x"])] == decode(Decoder(magic), cut(wire))


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize(
    "type_", [t for t in PacketType if len(t.fields) > 1 and t.magics and t not in REPORTS]
)
def test_too_few_arguments_are_rejected_and_the_next_packet_read(type_: P, cut: Cut) -> None:
    magic = type_.magics[0]
    follower = P.ECHO_REQ if magic == REQUEST else P.ECHO_RES
    fields = [b"x"] * (len(type_.fields) - 1)
    wire = encode(magic, type_, fields) + encode(magic, follower, [b"next"])
    assert [TOO_FEW, (follower, [b"next"])] == decode(Decoder(magic), cut(wire))


@pytest.mark.parametrize("cut", [byte_by_byte, cut_at_random])
def test_too_few_arguments_in_a_large_body_are_rejected(cut: Cut) -> None:
    wire = request(P.SUBMIT_JOB, b"f", b"x" * 20_000) + request(P.GRAB_JOB)
    assert [TOO_FEW, (P.GRAB_JOB, [])] == decode(Decoder(REQUEST), cut(wire))
    assert [TOO_FEW, (P.GRAB_JOB, [])] == decode(Decoder(REQUEST), [wire])


def test_arguments_too_many_of_a_packet_without_any_are_passed_over() -> None:
    wire = b"\0REQ" + P.GRAB_JOB.to_bytes(4, "big") + (5).to_bytes(4, "big") + b"extra" + request(P.PRE_SLEEP)
    assert [(P.GRAB_JOB, []), (P.PRE_SLEEP, [])] == decode(Decoder(REQUEST), [wire])


def header(magic: bytes, type_: int, length: int) -> bytes:
    return magic + type_.to_bytes(4, "big") + length.to_bytes(4, "big")


UNACCEPTABLE = {
    "bad magic": (header(b"\0RAQ", 1, 0), "INVALID_PACKET"),
    "zeros": (bytes(12), "INVALID_PACKET"),
    "type 0": (header(REQUEST, 0, 0), "INVALID_PACKET"),
    "type 43": (header(REQUEST, 43, 0), "INVALID_PACKET"),
    "largest type": (header(REQUEST, 2**32 - 1, 0), "INVALID_PACKET"),
    "too large": (header(REQUEST, P.ECHO_REQ, PACKET_LIMIT + 1), "ARGUMENT_TOO_LARGE"),
    "as large as can be said": (header(REQUEST, P.ECHO_REQ, 2**32 - 1), "ARGUMENT_TOO_LARGE"),
    "endless line": (b"x" * (LINE_LIMIT + 1), "ARGUMENT_TOO_LARGE"),
    "line too long by one": (b"x" * (LINE_LIMIT + 1) + b"\n", "ARGUMENT_TOO_LARGE"),
}


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize(("wire", "code"), UNACCEPTABLE.values(), ids=UNACCEPTABLE)
def test_where_the_borders_are_lost_the_error_has_the_code_to_answer(
    wire: bytes, code: str, cut: Cut
) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(Decoder(REQUEST), cut(wire))
    assert code == caught.value.code


def test_packets_before_the_error_are_delivered() -> None:
    packets = Decoder(REQUEST).feed(request(P.GRAB_JOB) + bytes(12))
    assert (P.GRAB_JOB, []) == next(packets)
    with pytest.raises(ProtocolError):
        next(packets)


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_the_longest_line_is_accepted(cut: Cut) -> None:
    line = b"x" * LINE_LIMIT + b"\n"
    assert [(P.TEXT, [line])] == decode(Decoder(REQUEST), cut(line))


def test_a_body_of_exactly_the_limit_is_accepted() -> None:
    packet = request(P.ECHO_REQ, b"x" * 100)
    assert [(P.ECHO_REQ, [b"x" * 100])] == decode(Decoder(REQUEST, limit=100), [packet])
    with pytest.raises(ProtocolError, match="Packet too large"):
        decode(Decoder(REQUEST, limit=99), [packet])


@pytest.mark.parametrize("seed", range(10))
def test_garbage_raises_nothing_but_protocol_errors(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(200):
        wire = _garbage(chance)
        decoder = Decoder(chance.choice((REQUEST, RESPONSE)), limit=5000)
        try:
            for type_, fields in decode(decoder, cut_at_random(wire)):
                assert len(type_.fields) == len(fields)
        except ProtocolError:
            pass


def _garbage(chance: random.Random) -> bytes:
    """Valid packets of any kind with some of their bytes changed, left out or doubled."""
    wire = bytearray()
    for _ in range(5):
        magic, type_ = chance.choice(EVERY_PACKET)
        wire += encode(magic, type_, sample_fields(type_, chance.randbytes(chance.randrange(30))))
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(wire))
        wire[place : place + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
    return bytes(wire)


# -- what may be sent --------------------------------------------------------------------------


def test_right_arguments_are_returned() -> None:
    fields = (b"f", b"u" * UNIQUE_LIMIT, b"any\0thing")
    assert fields == checked(P.SUBMIT_JOB, *fields)


@pytest.mark.parametrize(
    ("type_", "fields", "message"),
    [
        (P.SUBMIT_JOB, (b"f", b"u"), "SUBMIT_JOB has 3 arguments, not 2"),
        (P.GRAB_JOB, (b"f",), "GRAB_JOB has 0 arguments, not 1"),
        (P.SUBMIT_JOB, (b"f\0", b"u", b"w"), "a function cannot contain a NUL byte"),
        (P.CAN_DO, (b"f\0",), "a function cannot contain a NUL byte"),
        (P.SUBMIT_JOB, (b"f", b"u" * 65, b"w"), "a unique has at most 64 bytes; this one has 65"),
        (P.WORK_FAIL, (b"H" * (HANDLE_LIMIT + 1),), "a handle has at most 63 bytes; this one has 64"),
    ],
)
def test_wrong_arguments_are_refused(type_: P, fields: tuple[bytes, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked(type_, *fields)
