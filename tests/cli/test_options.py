"""Options that commands share."""

from __future__ import annotations

import pytest
import typer

from gearcli.cli.options import addresses, parsed
from gearcli.errors import AddressError
from gearcli.protocol.address import Address
from gearcli.units import duration


def test_a_wrong_value_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'soon' is not a duration"):
        parsed(duration)("soon")


def test_a_right_value_is_parsed() -> None:
    assert 0.25 == parsed(duration)("250ms")


def test_the_help_calls_a_value_by_its_parser() -> None:
    assert "DURATION" == parsed(duration).__name__


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a:1,b:2", "c"], [Address("a", 1), Address("b", 2), Address("c", 4730)]),
        (None, [Address("first", 4730)]),
    ],
)
def test_options_come_before_the_environment(
    given: list[str] | None, expected: list[Address], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEARMAN_SERVERS", "first")
    monkeypatch.setenv("GEARMAN_SERVER", "second")
    assert expected == addresses(given)


def test_the_default_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEARMAN_SERVERS", raising=False)
    monkeypatch.delenv("GEARMAN_SERVER", raising=False)
    assert [Address("localhost", 4730)] == addresses(None)


def test_an_address_that_is_none() -> None:
    with pytest.raises(AddressError):
        addresses(["host:port"])
