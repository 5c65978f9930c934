"""What gear understands, as one function of zsh per command, made of specifications for _arguments."""

from __future__ import annotations

import re

from completions.parts import first_words, names_of, quoted
from gearcli.cli.outline import Argument, Command, Kind, Option, every

_ACTIONS = {
    Kind.FILE: "_files",
    Kind.FOLDER: "_files -/",
    Kind.SERVER: "_gear_servers",
    Kind.CONTEXT: "_gear_contexts",
    Kind.FUNCTION: "_gear_functions",
    Kind.HANDLE: "_gear_plain_handles",
    Kind.COMMAND: " _normal",
    Kind.VARIABLE: "_parameters -g '*export*'",
    Kind.USER: "_users",
}
"""What completes a kind of value; the others are only named."""


def outlined(root: Command) -> str:
    """The functions, those of the commands of a group before its own."""
    return "\n\n".join(_function(each) for each in reversed([*every(root)]))


def _function(command: Command) -> str:
    name = "_" + "_".join(command.words) if len(command.words) > 1 else "_gear_root"
    body = _group(command) if command.commands else _leaf(command)
    return f"{name}() {{\n{body}\n}}"


def _leaf(command: Command) -> str:
    specs = [*map(_option, command.options), *map(_argument, command.arguments)]
    return _call("_arguments -s -S" + (" -A '-*'" if command.own_options_first else ""), specs)


def _group(command: Command) -> str:
    names = "_" + "_".join(command.words) + "_commands"
    listed = "\n".join(f"    {quoted(_named(each))}" for each in command.commands)
    specs = [*map(_option, command.options), "'1:command:->command'", "'*::argument:->argument'"]
    return (
        f"  local line state\n  local -a {names}=(\n{listed}\n  )\n"
        + _call("_arguments -C -s -S -A '-*'", specs)
        + f" && return\n  _gear_below {'_'.join(command.words)} $state"
    )


def _call(start: str, specs: list[str]) -> str:
    return " \\\n    ".join([f"  {start}", *specs])


def _named(command: Command) -> str:
    return f"{command.name}:{command.summary}"


def _option(option: Option) -> str:
    names = names_of(option)
    help_ = f"[{_escaped(option.help, '[]:')}]"
    if option.takes_value:
        written = [f"{name}=" if name.startswith("--") else f"{name}+" for name in names]
        help_ += _value(option)
    else:
        written = list(names)
    if names[-1] in ("--help", "--version"):
        before = quoted("(- *)")
    elif option.repeatable:
        before = quoted("*")
    else:
        before = quoted(f"({' '.join(names)})")
    braces = f"{{{','.join(written)}}}" if len(written) > 1 else written[0]
    return before + braces + quoted(help_)


def _argument(argument: Argument) -> str:
    if argument.kind is Kind.COMMAND:
        return quoted("*::: :_normal")
    start = "*" if argument.repeatable else ":" if not argument.required else ""
    value = re.sub(": $", ":()", _value(argument))  # a message would keep options from being completed
    return quoted(start + value.replace("_gear_functions", "_gear_plain_functions"))


def _value(parameter: Option | Argument) -> str:
    word = re.sub(r"[^A-Za-z ]+", " ", parameter.metavar).strip().lower()
    name = parameter.kind.value if parameter.kind in _ACTIONS or parameter.choices else word
    return f":{name}:{_action(parameter)}"


def _action(parameter: Option | Argument) -> str:
    known = _ACTIONS.get(parameter.kind, "")
    words = " ".join(_escaped(each, "=") for each in first_words(parameter.choices))
    if words and known:
        return f" _gear_or '{known}' {words}"
    return f"({words})" if words else known or " "


def _escaped(text: str, special: str) -> str:
    return re.sub(f"([\\\\{re.escape(special)}])", r"\\\1", text)
