"""The app as plain data: what its commands, options and arguments are called, take and mean.

Completions and pages of the manual are made from this, so that they cannot
say anything else than the parser.  What kind of value belongs somewhere is
read off the metavar, whose words mean the same in every command: ``FILE`` is
a path, ``text|json`` a choice, ``FUNCTION`` the name of a function.  Nothing
here is used when a command runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from gearcli.cli.app import whole
from gearcli.server.log import LEVELS


class Kind(StrEnum):
    """What kind of value somebody has to write."""

    NOTHING = "nothing"  # a flag
    CHOICE = "choice"  # nothing but the choices
    FILE = "file"
    FOLDER = "folder"
    SERVER = "server"  # an address that somebody serves
    ADDRESS = "address"  # an address to listen on
    CONTEXT = "context"  # of the config file
    FUNCTION = "function"
    HANDLE = "handle"
    COMMAND = "command"  # a program and its arguments
    VARIABLE = "variable"  # of the environment
    USER = "user"
    DURATION = "duration"
    SIZE = "size"
    NUMBER = "number"
    TEXT = "text"  # anything else


class Option(NamedTuple):
    """An option of a command."""

    names: tuple[str, ...]
    """As the help lists them: ``-b``, ``--background``."""
    opposites: tuple[str, ...]
    """What turns it off: ``--no-keepalive``."""
    metavar: str
    """What stands for the value in the help; empty for a flag."""
    help: str
    default: str
    """The default that the help shows in brackets; empty where it shows none."""
    environment: str
    """The variable that counts where the option is not given; empty for none."""
    repeatable: bool
    kind: Kind
    choices: tuple[str, ...]
    """Words that the value may be; with another kind than CHOICE it may be something else."""
    panel: str
    """The heading under which a person's help lists it; empty for the usual one."""

    @property
    def takes_value(self) -> bool:
        """Whether a value follows it."""
        return self.kind is not Kind.NOTHING


class Argument(NamedTuple):
    """An argument of a command."""

    metavar: str
    """As the help writes it, brackets and dots included."""
    help: str
    required: bool
    repeatable: bool
    """Whether it takes all words that are left."""
    kind: Kind
    choices: tuple[str, ...]


class Command(NamedTuple):
    """A command, or a group of them."""

    words: tuple[str, ...]
    """What is typed to reach it: ``("gear", "admin", "drop")``."""
    usage: str
    """What follows these words in the usage line: ``[OPTIONS] FUNCTION``."""
    help: str
    """Paragraphs with an empty line between them; the first is the summary."""
    options: tuple[Option, ...]
    """In the order of the help, --help last; hidden ones are left out."""
    arguments: tuple[Argument, ...]
    commands: tuple[Command, ...]
    """The commands of a group, in the order of the help; else empty."""
    own_options_first: bool
    """Whether options after the first argument belong to that: of `worker` and `run`."""

    @property
    def name(self) -> str:
        """The last of its words."""
        return self.words[-1]

    @property
    def summary(self) -> str:
        """What it does, on one line."""
        return " ".join(self.help.partition("\n\n")[0].split())


_KINDS = {
    "FILE": Kind.FILE,
    "FILE.prom": Kind.FILE,
    "PATH": Kind.FILE,
    "NEW": Kind.FILE,
    "GEARMANDS": Kind.FILE,
    "DIR": Kind.FOLDER,
    "FOLDER": Kind.FOLDER,
    "ADDR": Kind.SERVER,
    "HOST": Kind.SERVER,
    "FUNCTION": Kind.FUNCTION,
    "GLOB": Kind.FUNCTION,
    "FILTER": Kind.FUNCTION,
    "HANDLE": Kind.HANDLE,
    "COMMAND": Kind.COMMAND,
    "NAME[=VALUE]": Kind.VARIABLE,
    "[HOST:]PORT": Kind.ADDRESS,
    "DURATION": Kind.DURATION,
    "SIZE": Kind.SIZE,
    "N": Kind.NUMBER,
    "MIN-MAX": Kind.NUMBER,
    "PORT": Kind.NUMBER,
    "CODE": Kind.NUMBER,
}
"""Metavars and what they stand for; any other is text."""

_LISTENING = ("--listen",)
"""Options whose address is not one that somebody serves already."""
_NAMES = {"--context": Kind.CONTEXT, "--user": Kind.USER}
"""Options whose metavar is only a name, and whose name it is."""
_WORDS = {"LEVEL": tuple(LEVELS)}
"""Metavars that stand for one of some words."""

_CHOICE = re.compile(r"[a-z][a-z-]*( [a-z]+)*")
_TERMS = re.compile(r"([a-z|]+),([a-z]+)=N")


def outline() -> Command:
    """The whole app, from `gear` down."""
    return _command(whole(), ("gear",))


def every(command: Command) -> Iterator[Command]:
    """A command and all below it."""
    yield command
    for each in command.commands:
        yield from every(each)


def _command(command: Any, words: tuple[str, ...]) -> Command:
    context = command.make_context(" ".join(words), [], resilient_parsing=True)
    shown = [each for each in command.get_params(context) if not getattr(each, "hidden", False)]
    names = command.list_commands(context) if hasattr(command, "list_commands") else ()
    return Command(
        words=words,
        usage=" ".join(command.collect_usage_pieces(context)).replace("{", "").replace("}", ""),
        help=(command.help or "").strip(),
        options=tuple(_option(each) for each in shown if each.param_type_name == "option"),
        arguments=tuple(_argument(each) for each in shown if each.param_type_name == "argument"),
        commands=tuple(_command(command.get_command(context, name), (*words, name)) for name in names),
        own_options_first=not context.allow_interspersed_args and not names,
    )


def _option(option: Any) -> Option:
    metavar = "" if option.is_flag or option.count else option.metavar or _made_of_choices(option)
    kind, choices = (Kind.NOTHING, ()) if not metavar else _value(metavar, option)
    return Option(
        names=tuple(sorted(option.opts, key=len)),
        opposites=tuple(option.secondary_opts),
        metavar=metavar,
        help=_one_line(option.help),
        default=_default(option),
        environment=option.envvar or "",
        repeatable=bool(option.multiple or option.count),
        kind=_NAMES.get(option.opts[-1], kind),
        choices=choices,
        panel=option.rich_help_panel or "",
    )


def _argument(argument: Any) -> Argument:
    metavar = argument.metavar or argument.name.upper()
    kind, choices = _value(metavar, argument)
    several = argument.nargs != 1
    return Argument(metavar, _one_line(argument.help), argument.required, several, kind, choices)


def _value(metavar: str, parameter: Any) -> tuple[Kind, tuple[str, ...]]:
    """What kind of value belongs to a parameter, and the words that it may be."""
    given = getattr(parameter.type, "choices", None)
    if given is not None:
        return Kind.CHOICE, tuple(map(_text, given))
    if (terms := _TERMS.fullmatch(metavar)) is not None:
        return Kind.TEXT, tuple(f"{each},{terms[2]}=1" for each in terms[1].split("|"))
    bare = metavar if metavar in _KINDS else _without_brackets(metavar)
    if bare in _WORDS:
        return Kind.CHOICE, _WORDS[bare]
    if any(name in _LISTENING for name in parameter.opts):
        return Kind.ADDRESS, ()
    parts = [each.strip() for each in bare.split("|")]
    choices = tuple(each for each in parts if len(parts) > 1 and _CHOICE.fullmatch(each))
    others = [_KINDS.get(each, Kind.TEXT) for each in parts if each not in choices]
    return next(iter(others), Kind.CHOICE), choices


def _without_brackets(metavar: str) -> str:
    """The word of a metavar that may be left out or repeated."""
    inner = metavar.removeprefix("-- ").removesuffix("...").removeprefix("[").removesuffix("]")
    return inner.partition("[:")[0].partition(" [")[0]


def _made_of_choices(option: Any) -> str:
    """The metavar of an option that has none: its choices, or the name of its type."""
    choices = getattr(option.type, "choices", None)
    return "|".join(map(_text, choices)) if choices else option.type.name.upper()


def _default(option: Any) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    if not option.show_default or option.default is None or option.default is False:
        return ""
    if option.is_flag:
        return str(max(option.opts, key=len)).lstrip("-") if option.secondary_opts else ""
    return _text(option.default)


def _text(value: object) -> str:
    return str(value.value if isinstance(value, Enum) else value)


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
