"""The options of `gear check`."""

from __future__ import annotations

from itertools import product

import pytest

from gearcli.cli.check_options import levels
from tests.cli.driving import exit_of


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *product(("-w", "-c", "-W", "-C", "--min-workers"), ("many", "-1")),
        ("-t", "soon"),
        ("--max-age", "old"),
        *product(("--dead",), ("", "many", "-1", "1:", ":1", "1:2:3", "²", "1" * 5000)),
    ],
)
def test_3_wrong_values_are_told_with_their_option(
    capfd: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    assert 3 == exit_of("check", option, value)
    out, err = capfd.readouterr()
    assert out.startswith("check_gearman UNKNOWN - ")
    assert option in out
    assert "" == err


@pytest.mark.parametrize(
    ("text", "expected"), [("1", (1, 0)), ("0", (0, 0)), ("1:10", (1, 10)), ("0:3", (0, 3))]
)
def test_a_threshold_of_two_states(text: str, expected: tuple[int, int]) -> None:
    assert expected == levels(text)
