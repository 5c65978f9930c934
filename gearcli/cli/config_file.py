"""Where the configuration file is, and what names one of its contexts; known without reading it."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # completion waits for every import, and `typing` is a slow one
if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT = "GEAR_CONTEXT"
"""The variable that names a context where the command line does not."""


def file(environ: Mapping[str, str]) -> str:
    """The path of the file, which need not be there; as elsewhere, a relative folder does not count."""
    folder = environ.get("XDG_CONFIG_HOME", "")
    if not os.path.isabs(folder):
        folder = os.path.expanduser("~/.config")
    return os.path.join(folder, "gear", "config.toml")


def concerns(context: str | None, environ: Mapping[str, str]) -> bool:
    """Whether the file has to be read to know the servers of a command line without -s."""
    return context is not None or bool(environ.get(ENVIRONMENT)) or os.path.lexists(file(environ))
