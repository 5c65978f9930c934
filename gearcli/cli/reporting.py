"""`gear report` without the command line parser: a command may call it many times."""

from __future__ import annotations

import os
from collections.abc import Sequence

from gearcli.cli.exits import ExitStatus, exit_status
from gearcli.cli.output import message
from gearcli.errors import GearError, UsageError
from gearcli.worker.report import lines_for

VARIABLE = "GEARMAN_STATUS_FD"
"""The variable that names the descriptor to write to."""
_READ = 1 << 16


def quickly(arguments: Sequence[str]) -> int:
    """Report what the arguments say, and return the exit status; errors are messages."""
    try:
        return reported(arguments)
    except GearError as error:
        message(str(error))
        return exit_status(error)
    except BrokenPipeError:
        return ExitStatus.PIPE


def reported(arguments: Sequence[str]) -> int:
    """Write what the arguments say to the worker.  Raises UsageError, also outside of a worker's command."""
    descriptor = os.environ.get(VARIABLE, "")
    if not descriptor.isdigit():
        raise UsageError(f"there is no {VARIABLE}; gear report is for a command that gear worker runs")
    try:
        for line in lines_for(arguments, lambda: os.read(0, _READ)):
            os.write(int(descriptor), line)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageError(f"cannot report to descriptor {descriptor}: {reason}") from None
    return ExitStatus.DONE
