"""The lines of reports: what `gear report` writes, and the numbers that are read."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gearcli.errors import UsageError
from gearcli.worker.report_lines import lines_for


def said(*arguments: str, parts: Iterable[bytes] = ()) -> bytes:
    """All lines for these arguments; `parts` come from standard input."""
    left = iter(parts)
    return b"".join(lines_for(arguments, lambda: next(left, b"")))


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["3", "10"], b"3 10\n"),
        (["30%"], b"30 100\n"),
        (["30"], b"30 100\n"),
        (["--warn", "no\nroom \udcff"], b"warn no\nwarn room \xff\n"),
        (["--warn", ""], b"warn \n"),
        (["--data"], b""),
    ],
)
def test_the_lines_for_arguments(arguments: list[str], lines: bytes) -> None:
    assert lines == said(*arguments)


@pytest.mark.parametrize(
    "arguments", [[], ["half"], ["1", "2", "3"], ["--data", "x"], ["--warn"], ["-1", "2"], [""]]
)
def test_arguments_that_make_no_sense(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match="say how far the job is: gear report 3 10"):
        said(*arguments)
