"""The app: commands and their parser, and how an error becomes an exit status."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gearcli import __version__
from gearcli.cli.commands import ABOUT, COMMANDS, HELP, MANUAL, VERSION
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import coloured, message
from gearcli.cli.overview import overview
from gearcli.cli.process import end, status_of


class Commands(TyperGroup):
    """Commands that are imported only when they are used, which halves the time to start."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names, for "Did you mean"

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None for an unknown one."""
        return _command(cmd_name) if cmd_name in COMMANDS else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, for which no command is imported."""
        formatter.write(overview(styled=coloured()))


def _command(name: str) -> Any:
    from gearcli.cli.securing import securing  # the help of all commands does without it
    from gearcli.cli.versed import versed

    module = importlib.import_module(f"gearcli.cli.{name}")
    settings = {"help_option_names": list(HELP[0]), **getattr(module, "CONTEXT", {})}
    group = getattr(module, "GROUP", None)
    app = _typer(no_args_is_help=True, help=module.HELP) if group else _typer()
    for each in group or {name: getattr(module, name)}:
        function = group[each] if group else getattr(module, name)
        app.command(each, context_settings=settings)(_answering(securing(function)))
    command = versed(typer.main.get_command(app), _show_version)
    command.name = name
    if group:
        command.context_settings = settings
    misused = _its_own_words(module)
    if misused is not None:
        command.make_context = _saying(command.make_context, misused)
    return command


def _its_own_words(module: Any) -> Callable[[str], int] | None:
    """How a command says that it was misused, and its exit status, if it does not do as the others."""
    return getattr(module, "misused", None)


def _saying(make_context: Callable[..., Any], misused: Callable[[str], int]) -> Callable[..., Any]:
    """The maker of a command's context that has the command itself say what a wrong usage is."""

    @functools.wraps(make_context)
    def making(*args: Any, **kwargs: Any) -> Any:
        try:
            return make_context(*args, **kwargs)
        except Exception as error:
            # The parser's classes are nobody's business but its own; what it shows has a status.
            if getattr(error, "exit_code", None) != ExitStatus.USAGE or not hasattr(error, "format_message"):
                raise
            raise typer.Exit(misused(error.format_message())) from None

    return making


def _typer(**options: Any) -> typer.Typer:
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown" if coloured() else None,
        **options,
    )


def _answering(function: Callable[..., int | None]) -> Callable[..., None]:
    """A command whose return value is its exit status and whose errors are messages."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:
        raise typer.Exit(status_of(lambda: function(*args, **kwargs)))

    return command


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"gear {__version__}")
        raise typer.Exit


def _show_manual(wanted: bool) -> None:
    if wanted:  # `main` has looked for it already, where it is the first word
        from gearcli.cli.manual import show_manual

        raise typer.Exit(show_manual([]))


def _root(
    _: Annotated[
        bool, typer.Option(*VERSION[0], callback=_show_version, is_eager=True, help=VERSION[1])
    ] = False,
    manual: Annotated[
        bool, typer.Option(*MANUAL[0], callback=_show_manual, is_eager=True, help=MANUAL[1])
    ] = False,
) -> None:
    """What all command lines may say."""


def _means_a_host(arguments: Sequence[str]) -> bool:
    """Whether somebody types `-h HOST` as for the C tool `gearman`, and not for help."""
    own = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    if not own or own[0] in ("worker", "run") or "-h" not in own:
        return False
    following = own[own.index("-h") + 1 :]
    return bool(following) and not following[0].startswith("-")


def _misused(name: str, words: str) -> int:
    """Say what is wrong with the use of a command, as that says it; the exit status."""
    own = _its_own_words(importlib.import_module(f"gearcli.cli.{name}")) if name in COMMANDS else None
    if own is not None:
        return own(words)
    message(words)
    return ExitStatus.USAGE


def run(arguments: Sequence[str]) -> None:
    """Run one command line; raises SystemExit with its status."""
    if _means_a_host(arguments):
        raise SystemExit(_misused(arguments[0], "-h is --help here; a server is named with -s HOST:PORT"))
    end(lambda: _parse(arguments))


def whole() -> Any:
    """The parser of all command lines, as Typer makes it; commands are imported as they are asked for."""
    app = _typer(cls=Commands, no_args_is_help=True)
    app.callback(help=ABOUT, context_settings={"help_option_names": list(HELP[0])})(_root)
    return typer.main.get_command(app)


def _parse(arguments: Sequence[str]) -> None:
    whole().main(args=list(arguments), prog_name="gear")
