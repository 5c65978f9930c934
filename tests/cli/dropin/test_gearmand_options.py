"""The table of gearmand's options; its help is compared with the original's in tests/interop."""

from __future__ import annotations

from gearcli.cli.dropin.gearmand_options import GROUPS, OPTIONS


def test_names_and_letters_are_unique() -> None:
    names = [option.name for option in OPTIONS]
    letters = [option.letter for option in OPTIONS if option.letter]
    assert (len(names), len(letters)) == (len({*names}), len({*letters}))


def test_defaults_can_be_parsed() -> None:
    for _, options in GROUPS:
        for option in options:
            assert option.parse is None or not option.default or option.parse(option.default) is not None
            assert option.parse is not None or not option.default
