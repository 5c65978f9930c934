"""The table of differences: what the manual shows, and what tests may call upon."""

from __future__ import annotations

import re
from pathlib import Path

from gearcli.__main__ import TOOLS
from gearcli.cli.dropin.differences import DIFFERENCES

ROOT = Path(__file__).parents[3]


def test_every_row_is_whole_and_has_its_own_name() -> None:
    assert len(DIFFERENCES) == len({difference.key for difference in DIFFERENCES})
    assert set(TOOLS) == {difference.tool for difference in DIFFERENCES}
    assert all(all(difference) for difference in DIFFERENCES)


def test_what_tests_call_upon_is_in_the_table() -> None:
    keys = {difference.key for difference in DIFFERENCES}
    named = {
        key
        for path in (ROOT / "tests/interop").glob("test_dropin_*.py")
        for key in re.findall(r'differs="([^"]+)"', path.read_text())
    }
    assert named
    assert set() == named - keys
