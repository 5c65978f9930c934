"""The options of `gear worker` that are not about its command."""

from __future__ import annotations

import pytest

from gearcli.cli.worker_options import slots
from gearcli.errors import UsageError
from tests.cli.driving import exit_of


@pytest.mark.parametrize(("text", "found"), [("1", (1, 1)), ("4", (4, 4)), ("1-8", (1, 8)), ("3-3", (3, 3))])
def test_numbers_of_slots(text: str, found: tuple[int, int]) -> None:
    assert found == slots(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "x", "8-1", "1-", "0-3", "1-2-3", "\u0663", "123456"])
def test_what_is_no_number_of_slots(text: str) -> None:
    with pytest.raises(UsageError):
        slots(text)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--jobs", "8-1"),
        ("--count", "0"),
        ("--max-idle", "long"),
        ("--max-lifetime", "long"),
        ("--splay", "long"),
        ("--log-format", "xml"),
        ("--metrics", "localhost"),
    ],
)
def test_wrong_values_are_told_with_their_option(
    capfd: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert 2 == exit_of("worker", f"{option}={value}")
    assert option in capfd.readouterr().err
