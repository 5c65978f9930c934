"""Packets that are alike, found and taken apart many at once."""

from __future__ import annotations

import random

import pytest

from gearcli.protocol import runs
from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request, response


@pytest.mark.parametrize("count", [1, 2, 7, 8, 64, 500])
@pytest.mark.parametrize("body", [b"", b"x", b"some\0bytes"])
def test_it_counts_the_packets_with_one_header(count: int, body: bytes) -> None:
    alike = request(P.ECHO_REQ, body)
    for follower in (request(P.CAN_DO, body), request(P.ECHO_REQ, body + b"y"), b"status\n" * 9):
        data = b"status\n" + alike * count + follower
        assert count == runs.length(data, 7, len(alike))


def test_it_counts_no_further_than_the_last_whole_packet() -> None:
    alike = request(P.ECHO_REQ, b"body")
    assert 9 == runs.length(alike * 9 + alike[:-1], 0, len(alike))


def test_a_header_that_differs_in_any_one_byte_ends_a_run() -> None:
    alike = request(P.ECHO_REQ, b"body")
    for index in range(12):
        data = bytearray(alike * 20)
        data[10 * len(alike) + index] ^= 1
        assert 10 == runs.length(bytes(data), 0, len(alike)), index


def test_it_looks_at_a_bounded_number_of_packets() -> None:
    alike = request(P.GRAB_JOB)
    assert 100 < runs.length(alike * 100_000, 0, len(alike)) < 5000


def test_the_parts_of_a_run() -> None:
    chance = random.Random(1)
    bodies = [b"f\0\0" + chance.randbytes(30) for _ in range(50)]
    packets = b"".join(request(P.SUBMIT_JOB, body) for body in bodies)
    assert (P.SUBMIT_JOB, 33) == (runs.type_of(packets), runs.size_of(packets))
    assert bodies == runs.bodies(packets)
    assert [body[3:] for body in bodies] == runs.tails(packets, b"f\0\0")


def test_packets_that_begin_otherwise_have_no_tails() -> None:
    packets = request(P.SUBMIT_JOB_BG, b"f", b"", b"w") * 9 + request(P.SUBMIT_JOB_BG, b"g", b"", b"w")
    assert runs.tails(packets, b"f\0\0") is None


def test_requests_become_responses_with_the_same_bodies() -> None:
    """Also where a body looks like a header."""
    bodies = [request(P.ECHO_REQ, b"x" * number) + b"y" * (40 - number) for number in range(40)]
    packets = b"".join(request(P.ECHO_REQ, body) for body in bodies)
    expected = b"".join(response(P.ECHO_RES, body) for body in bodies)
    assert expected == runs.answered(packets, P.ECHO_RES)
