"""`gear --version`, answered before anything heavy is imported."""

from __future__ import annotations

from gearcli import __version__
from gearcli.cli.output import write_text


def show_version() -> None:
    """Print the version."""
    write_text(f"gear {__version__}\n")
