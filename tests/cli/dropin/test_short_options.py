"""Options as getopt takes them."""

from __future__ import annotations

import pytest

from gearcli.cli.dropin.short_options import Scanned, scan


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("", Scanned([], [], False)),
        ("-a -b", Scanned([("a", ""), ("b", "")], [], False)),
        ("-ab", Scanned([("a", ""), ("b", "")], [], False)),
        ("-v 1 -v2", Scanned([("v", "1"), ("v", "2")], [], False)),
        ("-abv3 word", Scanned([("a", ""), ("b", ""), ("v", "3")], ["word"], False)),
        ("-v -a", Scanned([("v", "-a")], [], False)),
        ("word -a more", Scanned([("a", "")], ["word", "more"], False)),
        ("-a -- -b --", Scanned([("a", "")], ["-b", "--"], False)),
        ("- -a", Scanned([("a", "")], ["-"], False)),
        ("-xa", Scanned([("a", "")], [], True)),
        ("-av", Scanned([("a", "")], [], True)),
        ("--av", Scanned([("a", "")], [], True)),
    ],
)
def test_scan(line: str, found: Scanned) -> None:
    assert found == scan(line.split(), "ab", "v")


def test_posix_ends_options_at_the_first_word() -> None:
    found = Scanned([("a", "")], ["word", "-b"], False)
    assert found == scan(["-a", "word", "-b"], "ab", "v", permute=False)
