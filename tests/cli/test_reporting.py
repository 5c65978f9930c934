"""`gear report` without the parser, from the inside of a command."""

from __future__ import annotations

import os

import pytest

from gearcli.cli.exits import ExitStatus
from gearcli.cli.reporting import VARIABLE, quickly


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> int:
    """The end at which a worker reads; the other is the descriptor of the command."""
    reading, writing = os.pipe()
    monkeypatch.setenv(VARIABLE, str(writing))
    return reading


def test_it_writes_a_line(pipe: int) -> None:
    assert quickly(["3", "10"]) is None
    assert b"3 10\n" == os.read(pipe, 100)


def test_outside_of_a_command_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert ExitStatus.USAGE == quickly(["3", "10"])
    words = "gear: there is no GEARMAN_STATUS_FD; gear report is for a command that gear worker runs\n"
    assert ("", words) == capfd.readouterr()


def test_a_descriptor_that_is_closed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "987")
    assert ExitStatus.USAGE == quickly(["3", "10"])
    assert "gear: cannot report to descriptor 987: bad file descriptor\n" == capfd.readouterr().err


def test_a_worker_that_is_gone(pipe: int, capfd: pytest.CaptureFixture[str]) -> None:
    os.close(pipe)
    assert ExitStatus.PIPE == quickly(["3", "10"])
    assert ("", "") == capfd.readouterr()


def test_wrong_usage(pipe: int, capfd: pytest.CaptureFixture[str]) -> None:
    assert ExitStatus.USAGE == quickly(["nonsense"])
    assert capfd.readouterr().err.startswith("gear: say how far the job is: ")
