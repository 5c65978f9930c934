"""A file that others read at any time: it is always whole."""

from __future__ import annotations

import contextlib
import os

from gearcli.cli.output import unwritable


def replace(path: str, text: str) -> None:
    """Put a text in a file's place at once, readable by all.  Raises OutputError.

    node_exporter reads every ``*.prom`` of a folder whenever it likes; what
    is being written stands beside it, under a name that it does not read.
    """
    new = f"{path}.{os.getpid()}"
    try:
        try:
            _write(new, text)
            os.rename(new, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(new)
            raise
    except OSError as error:
        raise unwritable(path, error) from None


def _write(path: str, text: str) -> None:
    """A new file with this text.  Raises OSError."""
    with contextlib.suppress(FileNotFoundError):  # of one that was killed and had our process id
        os.unlink(path)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    with open(descriptor, "wb") as file:
        file.write(text.encode("utf-8", "backslashreplace"))
        os.fchmod(descriptor, 0o644)  # whatever the umask is: its reader is another user
