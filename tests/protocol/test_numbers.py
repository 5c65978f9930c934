"""Numbers in arguments."""

from __future__ import annotations

import pytest

from gearcli.protocol.numbers import leading_number, number


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0", 0),
        (b"42", 42),
        (b"", 0),
        (b"x", 0),
        (b"-1", 0),
        (b"1.5", 1),
        (b" 2 ", 2),
        (b"9" * 5000, 2**32 - 1),
    ],
)
def test_numbers_are_read_as_gearmand_reads_them(field: bytes, value: int) -> None:
    assert value == number(field)


def test_leading_numbers() -> None:
    numbers = {b"12": 12, b" \t-3 4": -3, b"+5x": 5, b"": 0, b"x5": 0, b"--5": 0}
    assert list(numbers.values()) == [leading_number(field) for field in numbers]
