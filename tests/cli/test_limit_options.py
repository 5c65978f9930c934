"""The options of `gear serve` that limit: what may be said, and that it counts."""

from __future__ import annotations

import json

import pytest

from gearcli.cli.limit_options import LEAST_MEMORY, LEAST_PACKET, MOST_PACKET, _memory_limit, _packet_limit
from gearcli.errors import UsageError
from gearcli.protocol.packets import PacketType as P
from tests.cli.driving import exit_of, run_gear
from tests.support import gear_serve


def test_sizes() -> None:
    assert 64 << 20 == _packet_limit("64M")
    assert LEAST_PACKET == _packet_limit("64K")
    assert MOST_PACKET == _packet_limit("16G"), "as much as the protocol can say"
    assert LEAST_MEMORY == _memory_limit("16M")
    assert 3 << 30 == _memory_limit("3G")


@pytest.mark.parametrize("text", ["0", "63K", "much"])
def test_too_small(text: str) -> None:
    with pytest.raises(UsageError):
        _packet_limit(text)
    with pytest.raises(UsageError, match="at least 64K"):
        _packet_limit("1K")
    with pytest.raises(UsageError, match="at least 16M"):
        _memory_limit("8M")
    with pytest.raises(UsageError):
        _memory_limit(text)


@pytest.mark.parametrize(
    "words",
    [
        ("--max-packet", "1K"),
        ("--max-memory", "1M"),
        ("--max-connections", "0"),
        ("--max-queue", "-1"),
        ("--idle-timeout", "soon"),
    ],
    ids=lambda words: words[0],
)
def test_nonsense_is_wrong_usage(words: tuple[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("serve", "-p", "0", *words)
    assert words[0] in capfd.readouterr().err


def test_more_connections_than_files_are_not_permitted() -> None:
    """In a process of its own: what may be open is a matter of the process."""
    result = run_gear("serve", "-p", "0", "-f", "100", "--max-connections", "100")
    assert 77 == result.status
    assert "cannot have 100 connections: only 100 files may be open" in result.err


def test_what_was_said_counts() -> None:
    options = ("--max-packet", "64K", "--max-queue", "2", "--max-memory", "32M", "--idle-timeout", "5m")
    with gear_serve(*options, "--max-connections", "9") as server, server.wire() as wire:
        (row,) = wire.rows(b"settings")
        settings = json.loads(row)
        limits = {name: settings[f"max_{name}"] for name in ("packet", "connections", "memory")}
        assert {"packet": 1 << 16, "connections": 9, "memory": 32 << 20} == limits
        assert 300 == settings["idle_timeout"]
        for _ in range(2):
            assert P.JOB_CREATED is wire.ask(P.SUBMIT_JOB_BG, b"f", b"", b"w")[0]
        assert (P.ERROR, [b"QUEUE_ERROR", b"Job queue is full"]) == wire.ask(P.SUBMIT_JOB_BG, b"f", b"", b"w")
        assert b"OK\r\n" == wire.line(b"maxqueue f 0")
        assert P.JOB_CREATED is wire.ask(P.SUBMIT_JOB_BG, b"f", b"", b"w")[0]
        refused = wire.ask(P.SUBMIT_JOB_BG, b"f", b"", bytes(1 << 16))
        assert (P.ERROR, [b"ARGUMENT_TOO_LARGE", b"Packet too large"]) == refused
        assert wire.ends()
