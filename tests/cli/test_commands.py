"""The words of the help are those of the parser."""

from __future__ import annotations

import importlib

import pytest

from gearcli.cli.commands import ABOUT, COMMANDS, OPTIONS, SECTIONS, USAGE
from gearcli.cli.outline import outline


def test_the_options_are_those_of_the_parser() -> None:
    assert list(OPTIONS) == [(each.names, each.help) for each in outline().options]


def test_the_usage_and_the_summary_are_those_of_the_parser() -> None:
    gear = outline()
    assert (USAGE, ABOUT) == (f"gear {gear.usage}", gear.help)


def test_no_command_is_in_two_sections() -> None:
    assert len(COMMANDS) == sum(map(len, SECTIONS.values()))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_in_the_module_of_its_name(name: str) -> None:
    module = importlib.import_module(f"gearcli.cli.{name}")
    assert callable(getattr(module, name, None)) or module.GROUP
