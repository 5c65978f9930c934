"""What the parser knows of a command, as a page tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from gearcli.cli.outline import Argument, Command, Option
from tools.manual import mdoc


def title(command: Command) -> str:
    """The name of its page: `gear-submit`."""
    return "-".join(command.words)


def synopsis(command: Command) -> list[str]:
    """How it is called, a line for each command of a group."""
    if len(command.words) > 1 and command.commands:
        return [each for one in command.commands for each in synopsis(one)]
    name, *words = command.words
    called = [f".Nm {name}", *([f".Cm {' '.join(words)}"] if words else [])]
    return [*called, *(f".{_piece(each)}" for each in _pieces(command.usage))]


def _pieces(usage: str) -> list[str]:
    """The words of a usage line; what stands in brackets, and alternatives, are one word."""
    return re.findall(r"\[(?:[^][]|\[[^][]*\])*\](?:\.\.\.)?|[^\s\[]+(?: \|[^\[\]]*)?", usage)


def _piece(piece: str) -> str:
    """The macros for a word of a usage line."""
    if not piece.startswith("["):
        return r"Fl \-" if piece == "--" else f"Ar {_dotted(piece)}"
    inner = piece.removesuffix("...").removeprefix("[").removesuffix("]")
    double = r"Op Fl \-" if inner.startswith("-- ") else "Op"
    within = inner.removeprefix("-- ")
    if "[" in within:
        within, _, optional = within.partition(" ")
        return f"{double} Ar {within} Op Ar {_dotted(optional.replace('[', '').replace(']', ''))}"
    return f"{double} Ar {_dotted(within + ('...' if piece.endswith('...') else ''))}"


def _dotted(word: str) -> str:
    return mdoc.literal(word.removesuffix("...")) + (" ..." if word.endswith("...") else "")


def description(command: Command, common: Sequence[Option] = ()) -> list[str]:
    """Its help, its arguments and its options but those that are told elsewhere."""
    lines = []
    for number, paragraph in enumerate(command.help.split("\n\n")):
        lines += [*([".Pp"] if number else []), *mdoc.prose(paragraph)]
    if command.arguments:
        lines += [".Pp", "Arguments:"]
        lines += mdoc.tagged((_argument(each), mdoc.prose(each.help)) for each in command.arguments)
    return lines + options([each for each in command.options if each not in common])


def options(chosen: Sequence[Option]) -> list[str]:
    """Options, under the headings that the help has."""
    lines: list[str] = []
    for panel in dict.fromkeys(each.panel for each in chosen):
        lines += [".Pp", *mdoc.prose(f"{panel or 'Options'}:")]
        lines += mdoc.tagged((_names(each), _explained(each)) for each in chosen if each.panel == panel)
    return lines


def _argument(argument: Argument) -> str:
    return " ".join(_piece(each) for each in _pieces(argument.metavar.removeprefix("-- "))).removeprefix(
        "Op "
    )


def _names(option: Option) -> str:
    value = f" Ar {mdoc.literal(option.metavar)}" if option.takes_value else ""
    return " , ".join(_flag(each) + value for each in (*option.names, *option.opposites))


def _flag(name: str) -> str:
    return f"Fl Fl {mdoc.literal(name[2:])}" if name.startswith("--") else f"Fl {mdoc.literal(name[1:])}"


def _explained(option: Option) -> list[str]:
    words = option.help if option.help.endswith((".", "…")) else f"{option.help}."
    return mdoc.prose(words + (f" Default: {option.default}." if option.default else ""))


def group(command: Command) -> list[str]:
    """The description of a group: what all its commands have in common, and each of them."""
    common = [
        each for each in command.commands[0].options if all(each in one.options for one in command.commands)
    ]
    lines = [*description(command, command.options), *options(common)]
    for each in command.commands:
        lines += [f".Ss {mdoc.literal(' '.join(each.words))}", *description(each, common)]
    return lines


def environment(command: Command) -> tuple[str, ...]:
    """The variables that its options stand for, or name in their help."""
    found: list[str] = []
    for option in command.options:
        found += re.findall(r"\$([A-Z_]+)", option.help)
        found += [option.environment] if option.environment else []
        found += ["XDG_CONFIG_HOME"] if "--context" in option.names else []
    return tuple(dict.fromkeys(found))


def reads_config(command: Command) -> bool:
    """Whether it reads the user's configuration file."""
    return any("--context" in option.names for one in (command, *command.commands) for option in one.options)


def index(commands: Iterable[Command]) -> list[str]:
    """A list of commands with the page of each."""
    return mdoc.tagged((f"Xr {title(each)} 1", mdoc.prose(each.summary)) for each in commands)
