"""Options that commands share."""

from __future__ import annotations

import pytest
import typer

from gearcli.cli.options import parsed
from gearcli.units import duration


def test_a_wrong_value_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'soon' is not a duration"):
        parsed(duration)("soon")


def test_a_right_value_is_parsed() -> None:
    assert 0.25 == parsed(duration)("250ms")


def test_the_help_calls_a_value_by_its_parser() -> None:
    assert "DURATION" == parsed(duration).__name__
