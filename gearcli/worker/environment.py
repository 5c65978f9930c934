"""The environment of a command, before anything is said of its job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gearcli.errors import UsageError
from gearcli.worker.plan import Recipe

OURS = (
    "GEARMAN_HANDLE",
    "GEARMAN_FUNCTION",
    "GEARMAN_UNIQUE",
    "GEARMAN_SERVER",
    "GEARMAN_STATUS_FD",
    "GEARMAN_ATTEMPT",
)
"""What the worker says of a job, and nobody else."""

_OF_THE_SERVICE = (
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "LISTEN_PID",
    "LISTEN_PIDFDID",
    "LISTEN_FDS",
    "LISTEN_FDNAMES",
)
"""What a service manager says to the worker alone, sd_notify(3) and sd_listen_fds(3).

A command that took it as said to itself would report the worker as ready or stopped.
"""


def of(recipe: Recipe, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for the commands of a recipe; `environ` are those of the worker.

    Nothing in it is about a job, even where the worker was itself started by
    a command that works on one.
    """
    named = recipe.environment
    kept = {name: value for name, value in environ.items() if name in named or _is_kept(recipe, name)}
    return {**kept, **{name: value for name, value in named.items() if value is not None}}


def _is_kept(recipe: Recipe, name: str) -> bool:
    """Whether a variable of the worker is passed on that the recipe does not name."""
    if recipe.clean_env:
        return name == "PATH"
    return name not in OURS and name not in _OF_THE_SERVICE


def parse(texts: Sequence[str]) -> dict[str, str | None]:
    """What ``--env NAME=VALUE`` (set it) and ``--env NAME`` (keep it) say, for `Recipe.environment`.

    The last of a name counts.  Raises UsageError.
    """
    variables: dict[str, str | None] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not name:
            raise UsageError(
                f"{text!r} names no variable; write NAME=VALUE, or NAME to keep the worker's own"
            )
        variables[name] = value if equals else None
    check(variables)
    return variables


def check(variables: Mapping[str, str | None]) -> None:
    """See to it that variables can be set.  Raises UsageError that names the one that cannot."""
    for name, value in variables.items():
        if not name or "=" in name:
            raise UsageError(f"{name!r} cannot be the name of a variable")
        if "\0" in name or "\0" in (value or ""):
            raise UsageError(f"the variable {name!r} has a NUL in it, and none can have that")
        if name in OURS:
            raise UsageError(f"{name} cannot be set: by it the worker tells a command of its job")
