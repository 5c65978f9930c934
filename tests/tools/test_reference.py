"""The reference is that of the app."""

from __future__ import annotations

import pytest

from gearcli.cli.commands import COMMANDS
from tools.reference import PATH, reference


def test_the_reference_is_current() -> None:
    assert reference() == PATH.read_text(), "run 'make generate'"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_section(name: str) -> None:
    assert f"\n## gear {name}\n" in reference()


def test_a_bar_does_not_end_the_cell_of_a_table() -> None:
    (row,) = [line for line in reference().splitlines() if line.startswith("| `-p, --priority")]
    assert row.startswith(r"| `-p, --priority high\|normal\|low` | Before or after others.")
