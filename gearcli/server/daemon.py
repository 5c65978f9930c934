"""A server in the background: detached from its terminal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable

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
