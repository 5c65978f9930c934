"""Bytes to packets, however they were cut; and runs of packets that are alike."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from gearcli.errors import ProtocolError
from gearcli.protocol import runs
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import (
    LINE_LIMIT,
    OPAQUE,
    PACKET_LIMIT,
    REQUEST,
    RESPONSE,
    Packet,
    PacketType,
    request,
    response,
)
from gearcli.protocol.packets import PacketType as P
from tests.protocol.examples import EVERY_PACKET, WORKED_EXAMPLE, encode, sample_fields
from tests.support import FRAGMENTATIONS, byte_by_byte, cut_at_random

Cut = Callable[[bytes], list[bytes]]


def decode(decoder: Decoder, pieces: Iterable[bytes]) -> list[Packet]:
    return [packet for piece in pieces for packet in decoder.feed(piece)]


# -- golden bytes and round trips -----------------------------------------------------


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


@pytest.mark.parametrize("came", [12, 14, 16, 90])
def test_of_a_packet_that_is_refused_for_its_size_the_beginning_is_kept(came: int) -> None:
    decoder, packet = Decoder(REQUEST, limit=99), request(P.WORK_COMPLETE, b"H:1", bytes(200))
    assert b"" == decoder.too_large
    with pytest.raises(ProtocolError, match="Packet too large"):
        decode(decoder, [request(P.GRAB_JOB) + packet[:came]])
    assert packet[: min(came, 12 + 64)] == decoder.too_large


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


# -- runs -------------------------------------------------------------------------------------


def running() -> Decoder:
    """A decoder of requests that puts packets that are alike together."""
    decoder = Decoder(REQUEST)
    decoder.in_runs = True
    return decoder


def test_packets_that_are_alike_come_as_one() -> None:
    before, alike, after = request(P.GRAB_JOB), request(P.ECHO_REQ, b"four") * 20, request(P.CAN_DO, b"f")
    expected = [(P.GRAB_JOB, []), (P.RUN, [alike]), (P.CAN_DO, [b"f"])]
    assert expected == decode(running(), [before + alike + after])


def test_few_packets_come_one_by_one() -> None:
    few = request(P.ECHO_REQ, b"four") * (runs.LEAST - 1)
    assert [(P.ECHO_REQ, [b"four"])] * (runs.LEAST - 1) == decode(running(), [few])


def test_who_does_not_want_runs_gets_none() -> None:
    assert [(P.ECHO_REQ, [b"four"])] * 99 == decode(Decoder(REQUEST), [request(P.ECHO_REQ, b"four") * 99])


def test_a_run_ends_where_the_last_whole_packet_does() -> None:
    decoder, alike = running(), request(P.ECHO_REQ, b"four")
    assert [(P.RUN, [alike * 20])] == decode(decoder, [(alike * 21)[:-1]])
    assert (1, False) == (decoder.missing, decoder.idle)
    assert [(P.ECHO_REQ, [b"four"])] == decode(decoder, [alike[-1:]])


def test_runs_are_looked_for_a_few_times_only_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0

    def length(*_: object) -> int:
        nonlocal looked
        looked += 1
        return 1

    monkeypatch.setattr(runs, "length", length)
    decode(running(), [request(P.ECHO_REQ, b"four") * 1000])
    assert 0 < looked < 10


def test_a_packet_in_very_small_pieces_takes_little_more_than_its_bytes() -> None:
    decoder = Decoder(REQUEST)
    data = request(P.ECHO_REQ, b"xy" * 50_000)
    for start in range(0, len(data) - 2, 2):
        assert [] == list(decoder.feed(data[start : start + 2]))
    assert len(data) - 2 == decoder.held
    assert decoder.weight < 2 * len(data)
    assert [(P.ECHO_REQ, [b"xy" * 50_000])] == list(decoder.feed(data[-2:]))
    assert 0 == decoder.held == decoder.weight


def test_the_packet_in_progress_has_a_number_of_its_own() -> None:
    decoder, packet = Decoder(REQUEST), request(P.ECHO_REQ, b"x" * 100)
    seen = []
    for piece in (packet[:5], packet[5:50], packet[50:], packet[:50], packet[50:] + packet[:50], packet[50:]):
        list(decoder.feed(piece))
        seen.append(decoder.begun if decoder.held else None)
    assert seen[0] == seen[1]
    assert [None, None] == [seen[2], seen[5]]
    assert 3 == len({seen[0], seen[3], seen[4]})
