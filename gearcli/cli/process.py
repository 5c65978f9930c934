"""A command line as a process: its standard descriptors, its errors as messages, its exit status."""

from __future__ import annotations

import errno
import os
import sys

from gearcli.cli.exits import ExitStatus, exit_status
from gearcli.cli.output import message, unwritable
from gearcli.errors import GearError

TYPE_CHECKING = False  # `gear --version` waits for every import, and `typing` is a slow one
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What is wrong with an output where a help cannot be printed."""


def status_of(call: Callable[[], int | None]) -> int:
    """The exit status of a command: what it returns, or what its error stands for once that is said."""
    try:
        return call() or ExitStatus.DONE
    except BaseException as error:
        return status_after(error)


def status_after(error: BaseException) -> ExitStatus:
    """Say what ended a command, and return the exit status for it; a fault of the program is raised again."""
    if isinstance(error, BrokenPipeError):
        return ExitStatus.PIPE
    if isinstance(error, KeyboardInterrupt):
        message("interrupted")
        return ExitStatus.INTERRUPTED
    if isinstance(error, GearError):
        message(str(error))
        return exit_status(error)
    raise error


def carry_out(call: Callable[[], int | None]) -> NoReturn:
    """Do what needs no parser, and end the process with its status, or with what its error stands for."""
    end(lambda: status_of(call))


def end(run: Callable[[], object]) -> NoReturn:
    """Run a command line and end the process with the status that it returns, or exits with."""
    _occupy_standard_descriptors()
    printed = sys.stdout
    try:
        status: object = run()
    except SystemExit as ended:
        status = ended.code
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise SystemExit(_unprintable(error)) from None
    # Of a broken pipe the parser makes a 1, and hides it behind another `sys.stdout`.
    gone = sys.stdout is not printed
    raise SystemExit(ExitStatus.PIPE if gone else _flushed() or status)


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
    message(str(unwritable("the output", error)))
    return ExitStatus.OUTPUT
