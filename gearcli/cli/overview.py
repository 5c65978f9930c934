"""`gear --help`: all commands at a glance, shown before anything heavy is imported."""

from __future__ import annotations

import textwrap

from gearcli.cli.commands import ABOUT, COMMANDS, OPTIONS, SECTIONS, USAGE
from gearcli.cli.output import coloured, write_text

_WIDTH = 80
_COLUMN = 2 + max(map(len, COMMANDS))
_BOLD = "\x1b[1m{}\x1b[0m"


def show_overview() -> None:
    """Print the help of all."""
    write_text(overview(styled=coloured()))


def overview(*, styled: bool = False) -> str:
    """The help of all commands, at most 80 columns wide."""
    style = _BOLD if styled else "{}"
    options = {", ".join(names): help_ for names, help_ in OPTIONS}
    about = textwrap.fill(ABOUT, _WIDTH, initial_indent="  ", subsequent_indent="  ")
    parts = [f"{style.format('Usage:')} {USAGE}\n", f"{about}\n", _section("Options", options, style)]
    parts += [_section(heading, commands, style) for heading, commands in SECTIONS.items()]
    parts.append("'gear COMMAND --help' tells of a command, 'gear --man COMMAND' shows its manual.\n")
    return "\n".join(parts)


def _section(heading: str, entries: dict[str, str], style: str) -> str:
    """A heading and what is under it, two columns wide."""
    column = max(_COLUMN, 2 + max(map(len, entries)))
    lines = [style.format(f"{heading}:")]
    for name, words in entries.items():
        first, *more = textwrap.wrap(words, _WIDTH - 2 - column, break_on_hyphens=False)
        lines.append(f"  {style.format(name)}{' ' * (column - len(name))}{first}")
        lines += [" " * (2 + column) + each for each in more]
    return "\n".join(lines) + "\n"
