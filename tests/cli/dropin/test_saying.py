"""What is said on standard error, and what of a peer's words reaches a terminal."""

from __future__ import annotations

import os
import pty

import pytest

from gearcli.cli.dropin import saying
from gearcli.client.connection import SAY_TLS


def test_words_cannot_forge_lines(capfd: pytest.CaptureFixture[str]) -> None:
    saying.say("gearman", "a\nb")
    assert "gearman: a\\nb\n" == capfd.readouterr().err


def test_words_name_the_options_of_the_tool(capfd: pytest.CaptureFixture[str]) -> None:
    saying.say("gearman", f"it speaks TLS; {SAY_TLS}")
    assert "gearman: it speaks TLS; say -S\n" == capfd.readouterr().err


def test_off_a_terminal_bytes_stay_bytes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    saying.pass_on_words(b"f: ", b"\x1b[31m\0")
    saying.print_rows([b"f\x1b\t1", b"."])
    assert (b"f\x1b\t1\n.\n", b"f: \x1b[31m\0") == capfdbinary.readouterr()


def test_a_terminal_sees_no_control_bytes() -> None:
    leader, follower = pty.openpty()
    kept = os.dup(1), os.dup(2)
    try:
        os.dup2(follower, 1)
        os.dup2(follower, 2)
        saying.pass_on_words(b"f: ", b"\x1b[31mred\n")
        saying.print_rows([b"f\x1b\t1"])
    finally:
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(follower)
    with open(leader, "rb", buffering=0, closefd=False) as terminal:
        assert b"f: \\x1b[31mred\r\n" == terminal.readline()
        assert b"f\\x1b\t1\r\n" == terminal.readline()
    os.close(leader)


def test_nobody_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(descriptor: int, data: bytes) -> int:
        raise OSError

    monkeypatch.setattr(os, "write", broken)
    saying.complain("unheard")
