"""Options that commands share."""

from __future__ import annotations

import pytest
import typer

from gearcli.cli.options import one_of, page_address, parsed
from gearcli.errors import AddressError, UsageError
from gearcli.protocol.address import Address
from gearcli.units import duration


def test_a_wrong_value_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'soon' is not a duration"):
        parsed(duration)("soon")


def test_a_right_value_is_parsed() -> None:
    assert 0.25 == parsed(duration)("250ms")


def test_the_help_calls_a_value_by_its_parser() -> None:
    assert "DURATION" == parsed(duration).__name__


def test_one_of_some_words() -> None:
    parse = one_of("fail", "exception")
    assert "fail" == parse("fail")
    with pytest.raises(UsageError, match="'elsewhere' is not one of fail, exception"):
        parse("elsewhere")


# -- pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9100", Address("127.0.0.1", 9100)),
        (":9100", Address("127.0.0.1", 9100)),
        ("0", Address("127.0.0.1", 0)),
        ("[::1]:9100", Address("::1", 9100)),
        ("unix:/run/figures", Address("", 0, "/run/figures")),
    ],
)
def test_where_pages_are_served(text: str, found: Address) -> None:
    assert found == page_address(text)


@pytest.mark.parametrize("text", ["", "localhost", "99999", "host:x", "::1"])
def test_where_no_pages_can_be_served(text: str) -> None:
    with pytest.raises(AddressError):
        page_address(text)
