"""Files that are whole at any time: who reads one meanwhile has the old text, or the new one."""

from __future__ import annotations

import contextlib
import os
import stat
from typing import IO

READABLE = 0o644
"""The mode of a file that everybody may read."""


def write(path: str, content: bytes) -> None:
    """Have this content at a path, readable by all.  Raises OSError.

    A file is replaced at once, where its links lead to.  What stands there and
    is no file, such as a pipe or a device, is written to: in its place a file
    would be of no use to anybody.
    """
    target = _file_at(path)
    if target is None:
        _write_to(path, content)
    else:
        put(target, content, mode=READABLE).close()


def is_file(path: str) -> bool:
    """Whether a path is that of a file, or could become one."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except OSError:
        return True


def _file_at(path: str) -> str | None:
    """Which file to replace, by the path that has no links in it; None where something else stands."""
    real = os.path.realpath(path)
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return real
    # An open file of /dev/fd may have no path any longer.
    same = os.path.lexists(real) and os.path.samestat(there, os.lstat(real))
    return real if same and stat.S_ISREG(there.st_mode) else None


def _write_to(path: str, content: bytes) -> None:
    """Write to what is there.  Raises OSError."""
    with open(os.open(path, os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC), "wb", buffering=0) as there:
        rest = memoryview(content)
        while rest:
            rest = rest[there.write(rest) :]


def put(path: str, content: bytes, *, mode: int | None = None) -> IO[bytes]:
    """Put a file in a path's place, whatever stands there; it is open still.  Raises OSError.

    It is written beside it first, under a name that ends in our process id.
    `mode` is what its permissions are; None for what the umask leaves of `READABLE`.
    """
    new = f"{path}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):  # of one that was killed and had our process id
        os.unlink(new)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = open(os.open(new, flags, READABLE), "wb", buffering=0)  # noqa: SIM115 (it stays open)
    try:
        if mode is not None:
            os.fchmod(file.fileno(), mode)
        rest = memoryview(content)
        while rest:
            rest = rest[file.write(rest) :]
        os.rename(new, path)
    except OSError:
        file.close()
        os.unlink(new)
        raise
    return file
