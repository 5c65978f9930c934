"""The text commands, answered from an engine."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.server.engine import Engine
from gearcli.server.operator import Operator
from tests.server.transcript import Talker


@pytest.fixture
def operator(engine: Engine) -> Operator:
    return Operator(engine, version="1.2.3", pid=4567)


def reply(engine: Engine, operator: Operator, line: bytes) -> bytes:
    """What a connection that says nothing else is answered."""
    peer = engine.connect(9, b"::1")
    operator.text(peer, line)
    engine.disconnect(peer)
    return b"".join(peer.outbox)


@pytest.mark.parametrize(
    "line", [b"version\n", b"version\r\n", b"VERSION\n", b"  Version  \n", b"version x\n"]
)
def test_commands_in_any_case_with_any_line_end(engine: Engine, operator: Operator, line: bytes) -> None:
    assert b"OK gear 1.2.3\n" == reply(engine, operator, line)


def test_getpid(engine: Engine, operator: Operator) -> None:
    assert b"OK 4567\n" == reply(engine, operator, b"getpid\n")


def test_status_counts_all_jobs_running_jobs_and_workers(engine: Engine, operator: Operator) -> None:
    assert b".\n" == reply(engine, operator, b"status\n")
    client, worker = Talker(engine), Talker(engine).can_do(b"f")
    for _ in range(3):
        client.submit(b"w")
    client.submit_bg(b"w", function=b"nobody does it")
    worker.take()
    assert b"f\t3\t1\t1\nnobody does it\t1\t0\t0\n.\n" == reply(engine, operator, b"status\n")
    client.leave()
    assert b"f\t1\t1\t1\nnobody does it\t1\t0\t0\n.\n" == reply(engine, operator, b"status\n")


def test_workers_lists_every_connection_and_the_asking_one(engine: Engine, operator: Operator) -> None:
    worker = Talker(engine, 5, b"10.0.0.1")
    worker.can_do(b"a", b"b").say(P.SET_CLIENT_ID, b"worker 1")
    Talker(engine, 6, b"10.0.0.2")
    assert b"5 10.0.0.1 worker 1 : a b\n6 10.0.0.2 - :\n9 ::1 - :\n.\n" == reply(
        engine, operator, b"workers\n"
    )


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"   \n"])
def test_an_empty_line_is_an_unknown_command(engine: Engine, operator: Operator, line: bytes) -> None:
    assert b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n" == reply(engine, operator, line)


def test_an_unknown_command_is_named_and_harmless(engine: Engine, operator: Operator) -> None:
    expected = b"ERR UNKNOWN_COMMAND Unknown+server+commandhe\\x1blp\r\n"
    assert expected == reply(engine, operator, b"he\x1blp me\n")


def test_a_sixth_word_is_refused(engine: Engine, operator: Operator) -> None:
    assert b"OK gear 1.2.3\n" == reply(engine, operator, b"version 2 3 4 5\n")
    refused = b"ERR INVALID_ARGUMENTS A+command+has+at+most+5+words\r\n"
    assert refused == reply(engine, operator, b"version 2 3 4 5 6\n")
