"""The options of `gear check`."""

from __future__ import annotations

from itertools import product

import pytest

from tests.cli.driving import exit_of


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *product(("-w", "-c", "-W", "-C", "--min-workers"), ("many", "-1")),
        ("-t", "soon"),
        ("--max-age", "old"),
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
