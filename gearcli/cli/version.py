"""`gear --version`, answered before anything heavy is imported."""

from __future__ import annotations

from gearcli import __version__
from gearcli.cli.output import write_text
from gearcli.cli.process import status_of


def show_version() -> int:
    """Print the version; returns the exit status."""
    return status_of(lambda: write_text(f"gear {__version__}\n"))
