"""Resource limits of commands: their names, what is written for them, and setting them, setrlimit(2).

A limit holds for each process on its own, except that of processes, which
counts all of the user's (and is none for root).
"""

from __future__ import annotations

import errno
import math
import resource
from collections.abc import Callable, Mapping

from gearcli.errors import UsageError
from gearcli.units import duration, size

_HIGHEST = 2**63 - 1
"""What the system call takes at most, as Python passes it on."""


def _seconds(text: str) -> int:
    """Whole seconds, at least one: to the kernel none is one as well, and nobody would expect that."""
    return max(1, math.ceil(duration(text)))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{text!r} is not a number; write 64")
    return int(text) if len(text) < 20 else _HIGHEST + 1


LIMITS: dict[str, tuple[int, Callable[[str], int]]] = {
    "cpu": (resource.RLIMIT_CPU, _seconds),
    "memory": (resource.RLIMIT_AS, size),
    "file": (resource.RLIMIT_FSIZE, size),
    "files": (resource.RLIMIT_NOFILE, _count),
    "processes": (resource.RLIMIT_NPROC, _count),
    "core": (resource.RLIMIT_CORE, size),
}
"""Every limit: the system's number for it, and what makes its value of a text.

They are seconds of processor time, bytes of address space, bytes of the
longest file written, descriptors, processes of the user, and bytes of a core dump.
"""


def parse(text: str) -> dict[str, int]:
    """The limits in a text such as ``cpu=10s,memory=512M``; the last of a name counts.  Raises UsageError."""
    written = {}
    for each in text.split(","):
        name, equals, value = each.partition("=")
        if not equals:
            raise UsageError(f"{each!r} is not NAME=VALUE; the limits are {', '.join(LIMITS)}")
        written[name.strip()] = value.strip()
    return from_table(written)


def from_table(table: Mapping[str, object]) -> dict[str, int]:
    """The limits in a table such as ``{cpu = "10s", files = 64}``.  Raises UsageError."""
    return {name: _value(name, written) for name, written in table.items()}


def _value(name: str, written: object) -> int:
    if name not in LIMITS:
        raise UsageError(f"there is no limit {name!r}; the limits are {', '.join(LIMITS)}")
    if not isinstance(written, int | str) or isinstance(written, bool):
        # What it is instead is not shown: a table in a table in a table has no end.
        raise UsageError(f"limit {name}: it has to be text such as '10s' or '512M', or a number")
    try:
        value = LIMITS[name][1](str(written))
    except UsageError as error:
        raise UsageError(f"limit {name}: {error}") from None
    if value > _HIGHEST:
        raise UsageError(f"limit {name}: {written} is more than the system can count; leave it out for none")
    return value


def apply(limits: Mapping[str, int]) -> None:
    """Set limits for this process and those that it starts; they cannot be raised again.

    One of processor time first sends SIGXCPU, and a second later SIGKILL.
    Raises OSError, with EPERM for one above what this process itself may
    have; root's right to raise that is not made use of.
    """
    for number, pair in [(LIMITS[name][0], _pair(name, value)) for name, value in limits.items()]:
        try:
            resource.setrlimit(number, pair)
        except ValueError as error:  # what Python makes of EPERM and EINVAL
            raise OSError(errno.EPERM, f"a limit cannot be set: {error}") from None


def _pair(name: str, value: int) -> tuple[int, int]:
    """The soft and the hard limit for a value.  Raises OSError."""
    number = LIMITS[name][0]
    _, most = resource.getrlimit(number)
    unlimited = most == resource.RLIM_INFINITY
    if not unlimited and value > most:
        words = f"the limit {name} cannot be {value}: no more than {most} are permitted to the worker itself"
        raise OSError(errno.EPERM, words)
    hard = value + 1 if number == resource.RLIMIT_CPU else value
    return value, hard if unlimited else min(hard, most)
