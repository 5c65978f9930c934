"""The page of `workers.toml` tells every key, and what it says a value has to be is what is asked for."""

from __future__ import annotations

import re

from gearcli.cli.manual_text import plain
from gearcli.worker import config
from tools.manual import keys
from tools.manual.keys import EXAMPLE

TEXT = "\n".join(keys.description()).replace(r"\-", "-")


def test_every_key_is_told_once() -> None:
    told = re.findall(r"^\.It Ic (\S+)$", TEXT, re.MULTILINE)
    assert sorted({*config.TOP, *config.WORKER}) == sorted(told)


def test_what_a_value_has_to_be_comes_from_its_reader() -> None:
    assert "Has to be one of fail, exception, requeue." in TEXT
    assert "Has to be a number from 0 to 1000000." in TEXT


def test_the_example_is_the_one_that_comes_with_gear() -> None:
    shown = plain("\n".join(keys.example())).splitlines()
    assert EXAMPLE.read_text().splitlines() == [line.removeprefix(" " * 8) for line in shown]
