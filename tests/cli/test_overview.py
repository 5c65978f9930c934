"""The help of all commands."""

from __future__ import annotations

import re
import subprocess

import pytest

from gearcli.cli.commands import COMMANDS, OPTIONS, SECTIONS
from gearcli.cli.overview import overview
from tests.cli.driving import exit_of, run_gear
from tests.support import gear


def test_it_says_every_word_of_every_command_and_option() -> None:
    words = " ".join(overview().split())
    assert [] == [name for name, summary in COMMANDS.items() if f" {name} {summary}" not in words]
    assert [] == [names for names, help_ in OPTIONS if f" {', '.join(names)} {help_}" not in words]
    assert [] == [heading for heading in SECTIONS if f" {heading}: " not in words]


def test_it_fits_a_terminal() -> None:
    assert 80 >= max(map(len, overview().splitlines()))


def test_style_changes_no_word() -> None:
    styled = overview(styled=True)
    assert "\x1b[1mUsage:\x1b[0m" in styled
    assert overview() == re.sub(r"\x1b\[\d+m", "", styled)


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_it_is_plain_off_a_terminal(option: str) -> None:
    assert (0, overview().encode(), "") == run_gear(option)


def test_the_parser_shows_the_same(capfd: pytest.CaptureFixture[str]) -> None:
    """Where more is on the command line than the option."""
    assert 0 == exit_of("--help", "ping")
    assert overview().strip() == capfd.readouterr().out.strip()


def test_a_full_disk_is_no_traceback() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(gear("--help"), stdout=full, stderr=subprocess.PIPE, check=False)
    assert (74, b"gear: cannot write the output: no space left on device\n") == (done.returncode, done.stderr)
