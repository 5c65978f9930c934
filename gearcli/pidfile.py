"""A file that says the id of a process, for whoever is to send it signals."""

from __future__ import annotations

import contextlib
import os
import stat

from gearcli.errors import OutputError, reason_of
from gearcli.wholefile import put


class PidFile:
    """A file with the id of this process.  It appears whole, and never through somebody's link.

    `option` is how messages call what names its path.  Raises OutputError.
    """

    def __init__(self, path: str, option: str) -> None:
        self.path = os.path.abspath(path)  # a daemon leaves its folder
        try:
            _check_replaceable(self.path, option)
            self._file = put(self.path, b"%d\n" % os.getpid())
        except OSError as error:
            raise OutputError(
                f"cannot write the pid file {self.path}: {reason_of(error)}. Name another with {option}."
            ) from None

    def remove(self) -> None:
        """Remove it, if it is still ours.

        Who may no longer write into its folder, having become another user,
        leaves it empty; the next start replaces it.
        """
        with contextlib.suppress(OSError), self._file as file:
            try:
                if os.path.samestat(os.lstat(self.path), os.fstat(file.fileno())):
                    os.unlink(self.path)
            except PermissionError:
                file.truncate(0)


def _check_replaceable(path: str, option: str) -> None:
    """Raise OutputError where something stands that is no pid file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with open(descriptor, "rb") as old:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = old.read(32).strip() if regular else b""
    if not regular or (content and not content.isdigit()):
        raise OutputError(f"{path} is there and no pid file; remove it, or name another with {option}")
