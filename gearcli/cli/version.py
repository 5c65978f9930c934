"""`gear --version`, answered before anything heavy is imported."""

from __future__ import annotations

from gearcli import __version__
from gearcli.cli.exits import ExitStatus, exit_status
from gearcli.cli.output import message, write_text
from gearcli.errors import OutputError


def show_version() -> ExitStatus:
    """Print the version; returns the exit status."""
    try:
        write_text(f"gear {__version__}\n")
    except OutputError as error:
        message(str(error))
        return exit_status(error)
    except BrokenPipeError:
        return ExitStatus.PIPE
    return ExitStatus.DONE
