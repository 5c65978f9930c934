"""The pages: which there are, and the order of their sections."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import NamedTuple

from gearcli.cli.outline import Command, outline
from tools.manual import commands, facts, mdoc, parts

DATE = "November 27, 2026"
"""When a person last changed what the pages say; SOURCE_DATE_EPOCH goes before."""

_ORDER = (
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "ENVIRONMENT",
    "FILES",
    "EXIT STATUS",
    "EXAMPLES",
    "SEE ALSO",
)
"""The sections in the order of mdoc(7); others of a page's own come behind its description."""


class Page(NamedTuple):
    """A page: its name, its section of the manual, and its mdoc."""

    name: str
    section: int
    text: str

    @property
    def path(self) -> str:
        """Where it is below `man/`, and below a manual's folder."""
        return f"man{self.section}/{self.name}.{self.section}"


def pages() -> Iterator[Page]:
    """All pages, fresh."""
    root = outline()
    yield _of_command(root)
    for command in root.commands:
        yield _of_command(command)
    yield _page("gear-workers.toml", 5, "many functions for one worker", {})
    yield _page("gear-protocol", 7, "the text commands of a Gearman server", {})


def _of_command(command: Command) -> Page:
    grouped = command.commands and len(command.words) > 1
    members = command.commands if grouped else (command,)
    variables = dict.fromkeys(each for one in members for each in commands.environment(one))
    made = {
        "SYNOPSIS": commands.synopsis(command),
        "DESCRIPTION": commands.group(command) if grouped else commands.description(command),
        "ENVIRONMENT": facts.variables(*variables) if variables else [],
        "FILES": facts.files(facts.CONFIG) if commands.reads_config(command) else [],
    }
    return _page(commands.title(command), 1, command.summary, made)


def _page(name: str, section: int, summary: str, made: dict[str, list[str]]) -> Page:
    sections = {"NAME": _name(name, summary), **made}
    tables = {**facts.TABLES, "commands": lambda: commands.index(outline().commands)}
    for part in parts.read(name):
        before = sections.get(part.heading) or []
        between = [".Pp"] if before and part.blocks[0].kind == "text" else []
        sections[part.heading] = [*before, *between, *parts.rendered(part, tables)]
    lines = [f".Dd {_date()}", f".Dt {name.upper()} {section}", ".Os"]
    for heading in _headings(sections):
        lines += [f".Sh {mdoc.literal(heading)}", *sections[heading]]
    return Page(name, section, "\n".join(lines) + "\n")


def _headings(sections: dict[str, list[str]]) -> list[str]:
    own = [each for each in sections if each not in _ORDER]
    place = _ORDER.index("DESCRIPTION") + 1
    return [each for each in (*_ORDER[:place], *own, *_ORDER[place:]) if sections.get(each)]


def _name(name: str, summary: str) -> list[str]:
    first, rest = summary[0].lower(), summary[1:].rstrip(".").replace("`", "")
    return [f".Nm {mdoc.literal(name)}", f".Nd {mdoc.literal(first + rest)}"]


def _date() -> str:
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch is None:
        return DATE
    return re.sub(" 0", " ", time.strftime("%B %d, %Y", time.gmtime(int(epoch))))
