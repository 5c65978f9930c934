"""A tool as a process: its exit status, and what it says of errors."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from gearcli.cli.dropin.calling import run_as
from gearcli.errors import ConnectFailed, GearError, UsageError


def ending(monkeypatch: pytest.MonkeyPatch, outcome: int | BaseException) -> object:
    """The exit status of a tool that returns or raises something."""

    def run(arguments: list[str]) -> int:
        assert ["-x"] == arguments
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setitem(sys.modules, "gearcli.cli.dropin.gearman", SimpleNamespace(run=run))
    with pytest.raises(SystemExit) as ended:
        run_as("gearman", ["-x"])
    return ended.value.code


@pytest.mark.parametrize(
    ("outcome", "status"), [(0, 0), (1, 1), (BrokenPipeError(), 141), (KeyboardInterrupt(), 130)]
)
def test_status(monkeypatch: pytest.MonkeyPatch, outcome: int | BaseException, status: int) -> None:
    assert status == ending(monkeypatch, outcome)


@pytest.mark.parametrize(("error", "status"), [(UsageError("no"), 2), (ConnectFailed("no"), 69)])
def test_an_error_is_said_under_the_tools_name(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], error: GearError, status: int
) -> None:
    assert status == ending(monkeypatch, error)
    assert ("", "gearman: no\n") == capfd.readouterr()
