"""A server in the background: detached from its terminal, with a file that says its process id."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from typing import IO

from gearcli.errors import OutputError

_READY = b"1"


def in_background(run: Callable[[Callable[[], None]], int]) -> int:
    """Run a function in a process without a terminal; the caller's process may end once it is ready.

    `run` is given a function to call when it is ready; until then it has the
    caller's standard streams, for what goes wrong.  Returns twice: in the
    caller's process 0 when `run` is ready, or the status with which it ended
    before; in the new process what `run` returned.
    """
    reader, writer = os.pipe()
    middle = os.fork()
    if middle:
        os.close(writer)
        os.close(reader)
        return _status(middle)
    # The daemon must not lead its session, else it could acquire a terminal: so it is a grandchild.
    os.setsid()
    daemon = os.fork()
    if daemon:
        os.close(writer)
        os._exit(0 if os.read(reader, 1) == _READY else _status(daemon))
    os.close(reader)

    def ready() -> None:
        os.chdir("/")
        _silence()
        with contextlib.suppress(BrokenPipeError):  # who started it was interrupted
            os.write(writer, _READY)
        os.close(writer)

    return run(ready)


def _status(pid: int) -> int:
    """Wait for the end of a child; its exit status, as a shell has it."""
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 128 - code if code < 0 else code


def _silence() -> None:
    """Standard streams that read nothing and write nowhere."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)


class PidFile:
    """A file with the id of this process.  It appears whole, and never through somebody's link."""

    def __init__(self, path: str) -> None:
        """Write it.  Raises OutputError."""
        self.path = os.path.abspath(path)  # a daemon leaves its folder
        try:
            _check_replaceable(self.path)
            self._file = _put_in_place(self.path, b"%d\n" % os.getpid())
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OutputError(
                f"cannot write the pid file {self.path}: {reason}. Name another with --pid-file."
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


def _check_replaceable(path: str) -> None:
    """Raise OutputError where something stands that no server has left behind."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    with open(descriptor, "rb") as old:
        regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = old.read(32).strip() if regular else b""
    if not regular or (content and not content.isdigit()):
        raise OutputError(f"{path} is there and no pid file; remove it, or name another with --pid-file")


def _put_in_place(path: str, content: bytes) -> IO[bytes]:
    """Put a file in a path's place at once and whole; it is open still.  Raises OSError."""
    new = f"{path}.{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    file = open(descriptor, "wb", buffering=0)  # noqa: SIM115 (it stays open)
    try:
        file.write(content)
        os.rename(new, path)
    except OSError:
        file.close()
        os.unlink(new)
        raise
    return file
