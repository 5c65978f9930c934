"""Packets in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from gearcli.protocol.packets import Packet, PacketType, response
from gearcli.protocol.packets import PacketType as P
from gearcli.server.log import Level, Log
from gearcli.server.trace import Trace, in_words

Said = Callable[[], list[str]]


@pytest.mark.parametrize(
    ("type_", "fields", "words"),
    [
        (P.GRAB_JOB, [], "GRAB_JOB"),
        (P.CAN_DO, [b"resize"], "CAN_DO function=resize"),
        (P.SUBMIT_JOB, [b"f", b"", b"test"], 'SUBMIT_JOB function=f unique="" workload=4 bytes "test"'),
        (P.WORK_COMPLETE, [b"H:1", b""], "WORK_COMPLETE handle=H:1 result=0 bytes"),
        (P.ECHO_REQ, [b"x" * 60], f'ECHO_REQ workload=60 bytes "{"x" * 60}"'),
        (P.ECHO_REQ, [b"x" * 61], f'ECHO_REQ workload=61 bytes "{"x" * 60}"…'),
        (P.TEXT, [b"status"], "TEXT line=status"),
        (P.CAN_DO, [b'f client_id="x'], 'CAN_DO function="f client_id=\\"x"'),
        (P.REJECTED, [b"CODE", b"why not"], 'REJECTED code=CODE text="why not"'),
    ],
)
def test_a_packet_is_one_line(type_: P, fields: list[bytes], words: str) -> None:
    assert words == in_words(type_, fields)


@pytest.mark.parametrize("type_", PacketType)
def test_whatever_a_packet_holds_its_line_is_printable(type_: P) -> None:
    assert in_words(type_, [b"\x1b[2J\r\n\0\xff\xe2\x80\xae"] * len(type_.fields)).isprintable()


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    os.close(reader)
    os.close(writer)


def tracing(pipe: tuple[int, int], level: Level) -> tuple[Trace, Said]:
    """A trace, and what it has said, without the times."""
    log = Log(level, pipe[1])

    def said() -> list[str]:
        log.notice("end")
        *lines, _ = os.read(pipe[0], 1 << 20).decode().splitlines()
        return [line.split(" ", 1)[1] for line in lines]

    return Trace(log, "peer:1"), said


def test_packets_that_arrive_are_said_and_passed_on(pipe: tuple[int, int]) -> None:
    trace, said = tracing(pipe, Level.PACKETS)
    packets: list[Packet] = [(P.CAN_DO, [b"f"]), (P.TEXT, [b"status\r\n"])]
    assert packets == list(trace.received(iter(packets)))
    assert ["peer:1 -> CAN_DO function=f", "peer:1 -> TEXT line=status"] == said()


def test_packets_are_said_when_they_are_taken(pipe: tuple[int, int]) -> None:
    trace, said = tracing(pipe, Level.PACKETS)
    received = trace.received(iter([(P.CAN_DO, [b"f"]), (P.GRAB_JOB, [])]))
    next(received)
    assert ["peer:1 -> CAN_DO function=f"] == said()


def test_packets_that_leave_are_said_once(pipe: tuple[int, int]) -> None:
    trace, said = tracing(pipe, Level.PACKETS)
    outbox: list[bytes | memoryview] = [response(P.NO_JOB), b"f\t1\t0\t0\n", b".\n"]
    trace.sent(outbox)
    assert ["peer:1 <- NO_JOB", "peer:1 <- TEXT line=f\\t1\\t0\\t0", "peer:1 <- TEXT line=."] == said()
    trace.said = len(outbox)
    outbox.append(response(P.NOOP))
    trace.sent(outbox)
    assert ["peer:1 <- NOOP"] == said()


def test_a_packet_in_two_parts_is_said_when_it_is_whole(pipe: tuple[int, int]) -> None:
    trace, said = tracing(pipe, Level.PACKETS)
    packet = response(P.ECHO_RES, b"test")
    trace.sent([packet[:12]])
    trace.said = 0
    assert [] == said()
    trace.sent([memoryview(packet)[12:]])
    assert ['peer:1 <- ECHO_RES workload=4 bytes "test"'] == said()


def test_a_reply_line_that_is_too_long_does_not_end_the_trace(pipe: tuple[int, int]) -> None:
    """A row of `status` is as long as the name of its function."""
    trace, said = tracing(pipe, Level.PACKETS)
    trace.sent([b"x" * 10_000 + b"\n" + response(P.NOOP)])
    first, second = said()
    assert first.startswith("peer:1 <- TEXT line=xxxx")
    assert "peer:1 <- NOOP" == second


def test_what_is_no_packet_is_passed_over(pipe: tuple[int, int]) -> None:
    trace, said = tracing(pipe, Level.PACKETS)
    trace.sent([b"\0BAD" + bytes(8)])
    trace.sent([b"x" * 10_000 + b"\n"])
    (line,) = said()
    assert line.startswith("peer:1 <- TEXT line=xxxx")


def test_with_vv_only_what_happens_to_jobs_is_said(pipe: tuple[int, int]) -> None:
    trace, said = tracing(pipe, Level.JOBS)
    packets: list[Packet] = [(P.PRE_SLEEP, []), (P.SUBMIT_JOB, [b"f", b"u", b""]), (P.ECHO_REQ, [b""])]
    list(trace.received(iter(packets)))
    trace.sent([response(P.JOB_CREATED, b"H:1"), response(P.NO_JOB), response(P.ERROR, b"CODE", b"why")])
    assert [
        "peer:1 -> SUBMIT_JOB function=f unique=u workload=0 bytes",
        "peer:1 <- JOB_CREATED handle=H:1",
        "peer:1 <- ERROR code=CODE text=why",
    ] == said()
