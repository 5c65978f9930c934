"""What every command has besides its own options: `--version`, and our words for a number that is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from typer.core import TyperOption

from gearcli.cli.commands import VERSION

_NUMBERS = {"int range": "whole number", "integer range": "whole number", "integer": "whole number"}
"""The parser's names of kinds of values, as far as people would not call them so."""


def versed(command: Any, show_version: Callable[[bool], None]) -> Any:
    """The command, or group of commands, that takes `--version` too where those letters are free.

    It is not in the help of each: `gear --help` tells of it.
    """
    for each in (command, *getattr(command, "commands", {}).values()):
        taken = {name for parameter in each.params for name in parameter.opts}
        names = [name for name in VERSION[0] if name not in taken]
        each.params += [_option(names, show_version)] if names else []
        for parameter in each.params:
            parameter.type.name = _NUMBERS.get(parameter.type.name, parameter.type.name)
    return command


def _option(names: list[str], show_version: Callable[[bool], None]) -> TyperOption:
    return TyperOption(
        param_decls=[*names, "version_of_all"],
        is_flag=True,
        is_eager=True,
        expose_value=False,
        hidden=True,
        callback=lambda context, parameter, wanted: show_version(wanted),
    )
