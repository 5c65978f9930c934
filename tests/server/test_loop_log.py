"""What the real server says of its connections and packets, and that its log holds nobody up."""

from __future__ import annotations

import signal
import subprocess

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request
from tests.support import DEADLINE, Wire, clean_environment, connects, free_port, gear, gear_serve, wait_until


def test_vvv_shows_every_packet_in_words_and_hostile_names_escaped() -> None:
    with gear_serve("-vvv") as server, server.wire() as wire:
        wire.ask(P.SUBMIT_JOB_BG, b"\x1b[31mred", b"new\nline", b"\x07ring")
        wire.send(b"\x1b[2Jstatus\n")
        wire.packet()
        wait_until(lambda: 'TEXT line="ERR' in server.said())
        said = server.said()
    assert r'-> SUBMIT_JOB_BG function=\x1b[31mred unique=new\nline workload=5 bytes "\x07ring"' in said
    assert "<- JOB_CREATED handle=H:" in said
    assert r"-> TEXT line=\x1b[2Jstatus" in said
    assert " connected\n" in said
    assert all(line.isprintable() for line in said.splitlines())


def test_an_operator_may_look_at_connections_that_are_there_and_look_away() -> None:
    with gear_serve() as server, server.wire() as wire, server.wire() as operator:
        wire.say(P.ECHO_REQ, b"unseen")
        assert P.ECHO_RES is wire.packet()[0]
        operator.line(b"verbose DEBUG")
        wire.say(P.ECHO_REQ, b"seen")
        assert P.ECHO_RES is wire.packet()[0]
        wait_until(lambda: '<- ECHO_RES workload=4 bytes "seen"' in server.said())
        assert '-> ECHO_REQ workload=4 bytes "seen"' in server.said()
        operator.line(b"verbose NOTICE")
        wire.say(P.ECHO_REQ, b"unseen")
        assert P.ECHO_RES is wire.packet()[0]
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert "unseen" not in server.said()


def test_v_shows_connections_and_what_broke_them() -> None:
    with gear_serve("-v") as server, server.wire() as wire:
        wire.send(bytes(12))
        assert P.ERROR is wire.packet()[0]
        wait_until(lambda: " disconnected\n" in server.said())
        assert " broke the protocol and is closed: Unknown packet type or magic\n" in server.said()
        assert "ERROR" not in server.said()


def test_a_log_that_nobody_reads_stops_nothing() -> None:
    port = free_port()
    command = gear("serve", "-p", str(port), "-vvv")
    popen = subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment())
    try:
        wait_until(lambda: connects(port))
        with Wire(port) as wire:
            for _ in range(30):
                wire.send(request(P.ECHO_REQ, b"x" * 60) * 100)
                assert {P.ECHO_RES} == {wire.packet()[0] for _ in range(100)}
            assert wire.works()
    finally:
        popen.terminate()
        popen.communicate(timeout=DEADLINE)
    assert 0 == popen.returncode
