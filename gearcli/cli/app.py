"""The app: the list of commands, and how an error becomes an exit status."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from gearcli import __version__
from gearcli.cli.exits import ExitStatus
from gearcli.cli.output import message
from gearcli.cli.process import end, status_of

COMMANDS = {
    "submit": "Submit a job and print its result.",
    "run": "Run every record of the input through a command, several at a time.",
    "worker": "Run a command for every job of a function.",
    "report": "Say how far a job is, from within the command that works on it.",
    "serve": "Run a Gearman job server.",
    "store": "Look after the file of `gear serve --store`.",
    "status": "Show functions with their waiting and running jobs and their workers.",
    "top": "Watch functions live: jobs, workers, rates in and out, the time until a queue is empty.",
    "job": "Show whether jobs wait or run, and how far they are.",
    "wait": "Wait until the server knows background jobs no longer; progress goes to standard error.",
    "result": "Print the result of a background job, "
    "from a server started with `gear serve --keep-results 1h`.",
    "jobs": "Show jobs that wait and run, in the order of their submission.",
    "workers": "Show workers: address, client id, what they do, their functions.",
    "clients": "Show all connections: address, client id, what they do, their functions.",
    "cancel": "Cancel jobs: those that wait will not run, and who waits for them hears that they failed.",
    "purge": "Throw away the waiting jobs of functions (gear server).",
    "pause": "Give out no more jobs of functions until `gear resume` (gear server).",
    "resume": "Give out jobs of functions again (gear server).",
    "retry": "Queue dead jobs again, as if they had never been tried (gear server).",
    "admin": "Send a server one of gearmand's text commands.",
    "ping": "Measure round trips to a server; exit status 69 when none answers.",
    "check": "Check servers as a monitoring plugin: exit status 0 ok, 1 warning, 2 critical, 3 unknown.",
    "metrics": "Print figures of functions in Prometheus's format, under gearman-exporter's names.",
    "doctor": "Look for what is wrong: "
    "queues without workers, misspelt functions, workers that hang, and more.",
    "bench": "Measure how many jobs a second a server bears, and how fast it is.",
    "certs": "Make certificates for a try of TLS: an authority, a server and clients.",
    "completion": "Print the script that completes command lines of gear in a shell.",
}
"""Each is the function of its name in the module of its name, imported when it is asked for; what it does."""


class Commands(TyperGroup):
    """Commands that are imported only when they are used, which halves the time to start."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._listing = False
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # names, for "Did you mean"

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; None for an unknown one."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name]) if self._listing else _command(cmd_name)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help, for which no command is imported."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


def _command(name: str) -> Any:
    from gearcli.cli.securing import securing  # the help of all commands does without it

    module = importlib.import_module(f"gearcli.cli.{name}")
    settings = {"help_option_names": ["-h", "--help"], **getattr(module, "CONTEXT", {})}
    group = getattr(module, "GROUP", None)
    app = _typer(no_args_is_help=True, help=module.HELP) if group else _typer()
    for each in group or {name: getattr(module, name)}:
        function = group[each] if group else getattr(module, name)
        app.command(each, context_settings=settings)(_answering(securing(function)))
    command = typer.main.get_command(app)
    command.name = name
    if group:
        command.context_settings = settings
    misused = _its_own_words(module)
    if misused is not None:
        command.make_context = _saying(command.make_context, misused)  # type: ignore[method-assign]
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
        rich_markup_mode="markdown" if _pretty() else None,
        **options,
    )


def _pretty() -> bool:
    """Whether help may use colour and boxes: only for a person at a capable terminal."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")


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
        bool,
        typer.Option("-V", "--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    manual: Annotated[
        bool,
        typer.Option(
            "--man", callback=_show_manual, is_eager=True, help="Show the manual; --man COMMAND: its page."
        ),
    ] = False,
) -> None:
    """All of Gearman in one command: submit jobs, work on them, serve them, look at them."""


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
    app.callback(context_settings={"help_option_names": ["-h", "--help"]})(_root)
    return typer.main.get_command(app)


def _parse(arguments: Sequence[str]) -> None:
    whole().main(args=list(arguments), prog_name="gear")
