"""What every command has besides its own options."""

from __future__ import annotations

import pytest

from gearcli import __version__
from gearcli.cli.commands import COMMANDS
from tests.cli.driving import exit_of


@pytest.mark.parametrize("option", ["-V", "--version"])
@pytest.mark.parametrize("command", [*COMMANDS, "admin status", "store check"])
def test_every_command_tells_the_version(
    command: str, option: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 0 == exit_of(*command.split(), option)
    assert (f"gear {__version__}\n", "") == capfd.readouterr()


@pytest.mark.parametrize("arguments", ["serve -w x", "submit -j x f", "ping -c x"])
def test_a_number_that_is_none_is_called_what_people_call_it(
    arguments: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 2 == exit_of(*arguments.split())
    assert "'x' is not a valid whole number." in " ".join(capfd.readouterr().err.split())
