"""Where the configuration file is, and what names one of its contexts; known without reading it."""

from __future__ import annotations

import posix

TYPE_CHECKING = False  # completion waits for every import, and `typing` and `os` are slow ones
if TYPE_CHECKING:
    from collections.abc import Mapping

ENVIRONMENT = "GEAR_CONTEXT"
"""The variable that names a context where the command line does not."""


def file(environ: Mapping[str, str]) -> str:
    """The path of the file, which need not be there; as elsewhere, a relative folder does not count."""
    folder = environ.get("XDG_CONFIG_HOME", "")
    if not folder.startswith("/"):
        folder = _home(environ) + "/.config"
    return folder.rstrip("/") + "/gear/config.toml"


def concerns(context: str | None, environ: Mapping[str, str]) -> bool:
    """Whether the file has to be read to know the servers of a command line without -s."""
    return context is not None or bool(environ.get(ENVIRONMENT)) or _is_there(file(environ))


def _home(environ: Mapping[str, str]) -> str:
    """The user's folder without a slash at its end."""
    if "HOME" in environ:
        return environ["HOME"].rstrip("/")
    from os.path import expanduser  # asks the system's list of users

    return expanduser("~").rstrip("/")


def _is_there(path: str) -> bool:
    """Whether there is anything of this name, be it a link to nothing."""
    try:
        posix.lstat(path)
    except (OSError, ValueError):
        return False
    return True
