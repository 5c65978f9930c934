"""What gear understands, as three functions of bash: commands, options, arguments."""

from __future__ import annotations

from collections.abc import Iterable

from completions.parts import first_words, names_of, quoted
from gearcli.cli.outline import Argument, Command, Option, every


def outlined(root: Command) -> str:
    """The functions."""
    commands = [*every(root)]
    return "\n\n".join(
        [
            "# Sets commands, options and ending: whether options of our own end at the first argument.\n"
            + _function("_gear_command", "commands='' options='' ending=''", "$1", map(_command, commands)),
            "# Sets kind and choices of an option's value; kind is empty if it takes none.\n"
            + _function("_gear_option", "kind='' choices=''", "$1", map(_options, commands)),
            "# Sets kind and choices of an argument, of which the first is 1.\n"
            + _function("_gear_argument", "kind='' choices=''", "$1", map(_arguments, commands)),
        ]
    )


def _function(name: str, start: str, subject: str, cases: Iterable[str]) -> str:
    body = "\n".join(each for each in cases if each)
    return f"{name}() {{\n    {start}\n    case {subject} in\n{body}\n    esac\n}}"


def _command(command: Command) -> str:
    commands = " ".join(each.name for each in command.commands)
    options = " ".join(name for option in command.options for name in names_of(option))
    lines = [f"commands={quoted(commands)}"] if commands else []
    lines.append(f"options={quoted(options)}")
    lines += ["ending=1"] if command.own_options_first else []
    return _case(command, lines)


def _options(command: Command) -> str:
    by_value: dict[str, list[str]] = {}
    for option in command.options:
        if option.takes_value:
            by_value.setdefault(_value(option), []).extend(names_of(option))
    if not by_value:
        return ""
    lines = ["case $2 in", *(f"{' | '.join(names)}) {value} ;;" for value, names in by_value.items()), "esac"]
    return _case(command, lines)


def _arguments(command: Command) -> str:
    lines = []
    for number, argument in enumerate(command.arguments, 1):
        pattern = "*" if argument.repeatable else str(number)
        lines.append(f"{pattern}) {_value(argument)} ;;")
    return _case(command, ["case $2 in", *lines, "esac"]) if lines else ""


def _value(parameter: Option | Argument) -> str:
    choices = " ".join(first_words(parameter.choices))
    return f"kind={parameter.kind}" + (f" choices={quoted(choices)}" if choices else "")


def _case(command: Command, lines: list[str]) -> str:
    body = "\n".join(f"        {line}" for line in lines)
    return f"    {quoted(' '.join(command.words))})\n{body}\n        ;;"
