"""The app: the list of commands, and how an error becomes an exit status."""

from __future__ import annotations

import errno
import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from gearcli import __version__
from gearcli.cli.exits import ExitStatus, exit_status
from gearcli.cli.output import message
from gearcli.errors import GearError

COMMANDS = (
    "submit",
    "run",
    "worker",
    "report",
    "serve",
    "store",
    "status",
    "job",
    "wait",
    "result",
    "cancel",
    "ping",
    "bench",
)
"""Each is the function of its name in the module of its name; imported when it is asked for."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What is wrong with an output when the parser cannot print a help."""


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


def _command(name: str) -> Any:
    module = importlib.import_module(f"gearcli.cli.{name}")
    settings = {"help_option_names": ["-h", "--help"], **getattr(module, "CONTEXT", {})}
    group = getattr(module, "GROUP", None)
    app = _typer(no_args_is_help=True, help=module.HELP) if group else _typer()
    for each in group or {name: getattr(module, name)}:
        function = group[each] if group else getattr(module, name)
        app.command(each, context_settings=settings)(_answering(function))
    command = typer.main.get_command(app)
    command.name = name
    if group:
        command.context_settings = settings
    return command


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
        raise typer.Exit(_status_of(lambda: function(*args, **kwargs)))

    return command


def _status_of(call: Callable[[], int | None]) -> int:
    try:
        return call() or ExitStatus.DONE
    except GearError as error:
        message(str(error))
        return exit_status(error)
    except KeyboardInterrupt:
        message("interrupted")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        return ExitStatus.PIPE


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"gear {__version__}")
        raise typer.Exit


def _root(
    _: Annotated[
        bool,
        typer.Option("-V", "--version", callback=_show_version, is_eager=True, help="Show the version."),
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


def run(arguments: Sequence[str]) -> None:
    """Run one command line; raises SystemExit with its status."""
    if _means_a_host(arguments):
        message("-h is --help here; a server is named with -s HOST:PORT")
        raise SystemExit(ExitStatus.USAGE)
    _occupy_standard_descriptors()
    app = _typer(cls=Commands, no_args_is_help=True)
    app.callback(context_settings={"help_option_names": ["-h", "--help"]})(_root)
    command = typer.main.get_command(app)
    printed = sys.stdout
    try:
        command.main(args=list(arguments), prog_name="gear")
    except SystemExit as end:
        # Of a broken pipe the parser makes a 1, and hides it behind another `sys.stdout`.
        gone = sys.stdout is not printed
        raise SystemExit(ExitStatus.PIPE if gone else _flushed() or end.code) from None
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise SystemExit(_unprintable(error)) from None


def _occupy_standard_descriptors() -> None:
    """A standard descriptor that is closed must not become that of a socket: results would go there.

    What takes its place can be opened but not used, so that using it is said to be an error.
    """
    for number, flags in enumerate((os.O_WRONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 (it stays open)
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _flushed() -> ExitStatus | None:
    """Flush what the parser printed; the exit status if that is impossible."""
    try:
        sys.stdout.flush()
    except OSError as error:
        return _unprintable(error)
    return None


def _unprintable(error: OSError) -> ExitStatus:
    """A reader that has gone, or a full disk, is no reason for a traceback at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if isinstance(error, BrokenPipeError):
        return ExitStatus.PIPE
    message(f"cannot write the output: {(error.strerror or str(error)).lower()}")
    return ExitStatus.OUTPUT
