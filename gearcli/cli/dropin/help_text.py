"""The help of options as Boost's program_options prints it, so that scripts that read it still can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gearcli.cli.dropin.long_options import Option

_WIDTH = 80
_LEAST_NAMES, _MOST_NAMES = 23, 39
"""Columns for the names: fewer are not used, and a longer name has a line of its own."""

Group = tuple[str, Sequence[Option]]
"""A heading and its options."""


def help_of(groups: Sequence[Group]) -> str:
    """The help of groups of options, which share the column where explanations begin."""
    shown = [(heading, [option for option in options if not option.secret]) for heading, options in groups]
    names = [_names(option) for _, options in shown for option in options]
    column = min(max(_LEAST_NAMES, *map(len, names)), _MOST_NAMES) + 1
    return "\n".join(
        f"{heading}:\n" + "".join(_explained(option, column) for option in options)
        for heading, options in shown
    )


def _names(option: Option) -> str:
    names = f"-{option.letter} [ --{option.name} ]" if option.letter else f"--{option.name}"
    value = "" if option.parse is None else " arg"
    return f"  {names}{value}" + (f" (={option.default})" if option.default else "")


def _explained(option: Option, column: int) -> str:
    names, margin = _names(option), " " * column
    start = names.ljust(column) if len(names) < column else f"{names}\n{margin}"
    return start + f"\n{margin}".join(_lines(option.help, _WIDTH - column - 1)) + "\n"


def _lines(text: str, width: int) -> Iterator[str]:
    """The lines of an explanation: cut behind a space of their second half, if there is one."""
    begin = 0
    while begin < len(text):
        if begin and text[begin] == " " and text[begin + 1 : begin + 2] not in ("", " "):
            begin += 1
        end = min(begin + width, len(text))
        if end < len(text) and text[end - 1] != " " and text[end] != " ":
            behind = text.rfind(" ", begin, end) + 1
            if behind > begin and end - behind < width // 2:
                end = behind
        yield text[begin:end]
        begin = end
