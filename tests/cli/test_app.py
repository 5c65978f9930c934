"""The app: the list of commands and the help."""

from __future__ import annotations

import pytest

from gearcli import __version__
from gearcli.cli.commands import COMMANDS
from tests.cli.driving import exit_of


def test_the_help_names_every_command(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("--help")
    words = capfd.readouterr().out.split()
    assert [] == [command for command in COMMANDS if command not in words]


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(command: str, option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of(command, option)
    out, err = capfd.readouterr()
    assert f"Usage: gear {command} [OPTIONS]" in out
    assert "" == err


def test_a_help_off_a_terminal_is_plain(capfd: pytest.CaptureFixture[str]) -> None:
    exit_of("submit", "--help")
    out = capfd.readouterr().out
    assert set() == set("\x1b╭│╰") & set(out)


def test_nothing_to_do_is_wrong_usage_with_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of()
    assert "Usage: gear [OPTIONS] COMMAND" in "".join(capfd.readouterr())


def test_the_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("--version")
    assert f"gear {__version__}\n" == capfd.readouterr().out


def test_an_unknown_command_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("sumbit")
    assert "No such command 'sumbit'. Did you mean 'submit'?" in capfd.readouterr().err
