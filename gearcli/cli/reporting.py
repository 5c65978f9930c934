"""`gear report` without the command line parser: a command may call it many times.

What only a failure needs is imported where it fails.
"""

from __future__ import annotations

import os

from gearcli.worker.report_lines import lines_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from gearcli.errors import UsageError

VARIABLE = "GEARMAN_STATUS_FD"
"""The variable that names the descriptor to write to."""
_READ = 1 << 16


def quickly(arguments: Sequence[str]) -> int | None:
    """Report what the arguments say, and return the exit status; errors are messages."""
    try:
        reported(arguments)
    except BaseException as error:
        from gearcli.cli.process import status_after

        return status_after(error)
    return None


def reported(arguments: Sequence[str]) -> None:
    """Write what the arguments say to the worker.  Raises UsageError, also outside of a worker's command."""
    descriptor = os.environ.get(VARIABLE, "")
    if not descriptor.isdigit():
        raise _usage(f"there is no {VARIABLE}; gear report is for a command that gear worker runs")
    try:
        for line in lines_for(arguments, lambda: os.read(0, _READ)):
            os.write(int(descriptor), line)
    except BrokenPipeError:
        raise
    except OSError as error:
        from gearcli.errors import reason_of

        raise _usage(f"cannot report to descriptor {descriptor}: {reason_of(error)}") from None


def _usage(text: str) -> UsageError:
    from gearcli.errors import UsageError

    return UsageError(text)
