"""The real server and what is no Gearman, or too much of it: it is answered, and harms nobody else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from gearcli.protocol.packets import LINE_LIMIT, PACKET_LIMIT, Packet, request, response
from gearcli.protocol.packets import PacketType as P
from tests.support import FRAGMENTATIONS, ServerProcess, Wire, gear_serve, wait_until

MIB = 1 << 20


def error(code: bytes, text: bytes) -> Packet:
    return P.ERROR, [code, text]


# -- what is no packet -------------------------------------------------------------------

GOES_ON, ENDS = True, False

BAD_INPUT: dict[str, tuple[bytes, Packet, bool]] = {
    "unknown packet": (
        b"\0REQ\0\0\0\x63\0\0\0\0",
        error(b"INVALID_PACKET", b"Unknown packet type or magic"),
        ENDS,
    ),
    "no magic": (bytes(12), error(b"INVALID_PACKET", b"Unknown packet type or magic"), ENDS),
    "wrong magic": (
        response(P.ECHO_RES, b"mirrored"),
        error(b"INVALID_MAGIC", b"Request magic expected"),
        GOES_ON,
    ),
    "wrong direction": (
        b"\0REQ\0\0\0\x06\0\0\0\0",
        error(b"INVALID_COMMAND", b"Command not expected"),
        GOES_ON,
    ),
    "too large": (
        b"\0REQ\0\0\0\x07" + (PACKET_LIMIT + 1).to_bytes(4, "big"),
        error(b"ARGUMENT_TOO_LARGE", b"Packet too large"),
        ENDS,
    ),
    "endless line": (b"x" * (LINE_LIMIT + 1), error(b"ARGUMENT_TOO_LARGE", b"Text line too long"), ENDS),
    "fields missing": (
        request(P.SUBMIT_JOB, b"f", b"u"),
        error(b"INVALID_PACKET", b"Packet has too few arguments"),
        GOES_ON,
    ),
    "unique too long": (
        request(P.SUBMIT_JOB, b"f", b"u" * 65, b""),
        error(b"ARGUMENT_TOO_LARGE", b"Unique value too large"),
        GOES_ON,
    ),
}


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
@pytest.mark.parametrize(("data", "answer", "goes_on"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_answered_and_harms_nobody_else(
    server: ServerProcess,
    wire: Wire,
    cut: Callable[[bytes], list[bytes]],
    data: bytes,
    answer: Packet,
    goes_on: bool,
) -> None:
    with server.wire() as bad:
        for piece in cut(data):
            bad.send(piece)
        assert wire.works()
        assert answer == bad.packet()
        assert bad.works() if goes_on else bad.ends()
    assert wire.works()


def test_nothing_is_done_after_a_broken_packet(server: ServerProcess, wire: Wire) -> None:
    with server.wire() as bad:
        bad.send(bytes(12) + request(P.SUBMIT_JOB_BG, b"after-broken", b"", b""))
        assert P.ERROR == bad.packet()[0]
        assert bad.ends()
    assert [] == [row for row in wire.rows(b"status") if row.startswith(b"after-broken")]


@pytest.mark.parametrize("data", [b"\0", b"\0RE", b"stat", request(P.ECHO_REQ, b"x" * 100)[:50], b""])
def test_a_hang_up_in_mid_packet_harms_nobody(server: ServerProcess, wire: Wire, data: bytes) -> None:
    before = len(wire.rows(b"workers"))
    with server.wire() as bad:
        bad.send(data)
        wait_until(lambda: len(wire.rows(b"workers")) > before)
    wait_until(lambda: len(wire.rows(b"workers")) == before)


def test_a_packet_that_is_only_announced_takes_no_memory(server: ServerProcess, wire: Wire) -> None:
    before = server.memory("VmRSS")
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            liar = stack.enter_context(server.wire())
            liar.send(b"\0REQ\0\0\0\x10" + PACKET_LIMIT.to_bytes(4, "big") + b"x")
        assert wire.works()
        assert server.memory("VmRSS") - before < 10 * MIB


# -- what is too large -------------------------------------------------------------------


def test_a_job_whose_result_is_too_large_fails_and_everybody_hears_why() -> None:
    with gear_serve("--max-packet", "64K") as server, server.wire() as client, server.wire() as worker:
        client.ask(P.OPTION_REQ, b"exceptions")
        _, (handle,) = client.ask(P.SUBMIT_JOB, b"big", b"", b"w")
        worker.say(P.CAN_DO, b"big")
        assert P.JOB_ASSIGN is worker.ask(P.GRAB_JOB)[0]
        worker.send(request(P.WORK_COMPLETE, handle, bytes(100_000))[:1000])
        size = len(handle) + 1 + 100_000
        why = f"its worker's WORK_COMPLETE of {size} bytes is more than the server's --max-packet"
        assert (P.WORK_EXCEPTION, [handle, why.encode()]) == client.packet()
        assert error(b"ARGUMENT_TOO_LARGE", b"Packet too large") == worker.packet()
        assert worker.ends()
        wait_until(lambda: "broke the protocol" in server.said())
        words = f"broke the protocol and is closed: Packet too large; big {handle.decode()} failed: {why}\n"
        assert words in server.said()
