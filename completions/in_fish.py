"""What gear understands, as calls of fish's `complete`."""

from __future__ import annotations

from collections.abc import Iterator

from completions.parts import first_words, names_of
from gearcli.cli.outline import Argument, Command, Kind, Option, every

_LIVE = {
    Kind.SERVER: "(__gear_live servers | string split0)",
    Kind.CONTEXT: "(__gear_live contexts | string split0)",
    Kind.FUNCTION: "(__gear_live functions | string split0)",
    Kind.HANDLE: "(__gear_live handles plain | string split0)",
    Kind.COMMAND: "(__gear_command)",
    Kind.FOLDER: "(__fish_complete_directories)",
    Kind.VARIABLE: "(set -nx)",
    Kind.USER: "(__fish_complete_users)",
}
"""What completes a kind of value; files are fish's own business, others have no values."""


def outlined(root: Command) -> str:
    """The function that knows the options with values, and the calls."""
    return "\n".join([_values(root), "", *(line for each in every(root) for line in _command(each))])


def _values(root: Command) -> str:
    lines = ["# The options of a command that take a value.", "function __gear_values", "    switch $argv[1]"]
    for command in every(root):
        names = [name for each in command.options if each.takes_value for name in names_of(each)]
        if names:
            lines += [
                f"        case {_quoted(_path(command))}",
                f"            printf '%s\\n' {' '.join(names)}",
            ]
    return "\n".join([*lines, "    end", "end"])


def _command(command: Command) -> Iterator[str]:
    yield f"\n# {' '.join(command.words)}"
    at = f"__gear_at {_path(command)} {'--' if command.commands else ''}".strip()
    for each in command.commands:
        yield _complete(at, "-a", each.name, "-d", _quoted(each.summary))
    own = f"__gear_argument 1 {_path(command)}" if command.own_options_first else at
    for option in command.options:
        for names in filter(None, (option.names, option.opposites)):
            yield _complete(own, _flags(names), _value(option), "-d", _quoted(option.help))
    for number, argument in enumerate(command.arguments, 1):
        offered = _value(argument).replace("(__gear_command)", f"(__gear_command {_path(command)})")
        if offered:
            which = f"{number}+" if argument.repeatable else str(number)
            yield _complete(f"__gear_argument {which} {_path(command)}", offered)


def _complete(condition: str, *parts: str) -> str:
    return " ".join(["complete -c gear -n", _quoted(condition), *filter(None, parts)])


def _flags(names: tuple[str, ...]) -> str:
    return " ".join(f"-l {each[2:]}" if each.startswith("--") else f"-s {each[1:]}" for each in names)


def _value(parameter: Option | Argument) -> str:
    offered = " ".join([*first_words(parameter.choices), *filter(None, [_LIVE.get(parameter.kind)])])
    words = f"-a {_quoted(offered)}" if offered else ""
    if isinstance(parameter, Argument):
        files = "-F" if parameter.kind is Kind.FILE else ""
        return f"{files} {words}".strip().replace("__gear_live functions", "__gear_live functions plain")
    if parameter.kind is Kind.NOTHING:
        return ""
    if parameter.kind is not Kind.FILE:
        return f"-x {words}".strip()
    letters = [name[1:] for name in parameter.names if not name.startswith("--")]
    offered = " ".join(filter(None, [offered, *(f"(__gear_attached {letter})" for letter in letters)]))
    return "-r -F" + (f" -a {_quoted(offered)}" if offered else "")


def _path(command: Command) -> str:
    return " ".join(command.words[1:])


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
