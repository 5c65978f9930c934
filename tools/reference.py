"""The reference of all commands, made from what the app says about itself: `python -m tools.reference`."""

from __future__ import annotations

import re
from pathlib import Path

from gearcli.cli.outline import Argument, Command, Option, every, outline

PATH = Path(__file__).parent.parent / "docs/reference.md"

_HEAD = """\
# Reference

All commands and their options. It is made from the app (`make generate`); `gear COMMAND --help`
says the same, and the [README](../README.md) tells what it is good for.
"""


def reference() -> str:
    """The document."""
    commands = list(every(outline()))
    contents = [f"- [`{_title(each)}`](#{_anchor(each)}): {_marked(each.summary)}" for each in commands]
    return "\n\n".join([_HEAD.rstrip(), "\n".join(contents), *map(_section, commands)]) + "\n"


def _title(command: Command) -> str:
    return " ".join(command.words)


def _anchor(command: Command) -> str:
    return "-".join(command.words)


def _section(command: Command) -> str:
    paragraphs = [" ".join(_marked(paragraph).split()) for paragraph in command.help.split("\n\n")]
    usage = f"```text\n{_title(command)} {command.usage}\n```"
    tables = [
        _table("argument", [_argument(each) for each in command.arguments]),
        _table("option", [_option(each) for each in command.options]),
    ]
    return "\n\n".join([f"## {_title(command)}", usage, *paragraphs, *filter(None, tables)])


def _table(what: str, rows: list[tuple[str, str]]) -> str:
    if not rows:
        return ""
    return "\n".join([f"| {what} | |", "|---|---|", *(f"| {name} | {meaning} |" for name, meaning in rows)])


def _argument(argument: Argument) -> tuple[str, str]:
    return _code(argument.metavar), _marked(argument.help)


def _option(option: Option) -> tuple[str, str]:
    value = f" {option.metavar}" if option.takes_value else ""
    names = ", ".join([*option.names, *option.opposites])
    more = [
        f"Default: {_code(option.default)}." if option.default else "",
        f"Variable: `{option.environment}`." if option.environment else "",
    ]
    return _code(f"{names}{value}"), " ".join(filter(None, [_marked(option.help), *more]))


def _code(text: str) -> str:
    """Text as it is typed; a bar would end the cell of a table."""
    return f"`{text}`".replace("|", "\\|")


def _marked(text: str) -> str:
    """Words of the help as Markdown: what is typed stays as it is."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts).replace("|", "\\|")


def _escaped(text: str) -> str:
    return re.sub(r"([*_<>\[\]\\])", r"\\\1", text)


if __name__ == "__main__":
    PATH.write_text(reference())
