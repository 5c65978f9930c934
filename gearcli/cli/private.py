"""A server and workers of our own, as child processes, for the length of one command.

Both hold one end of a lifeline.  When its other end closes, because the
command is done or was killed in whatever way, they stop at once: the server
removes its socket, the workers end their commands.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from types import FrameType

from gearcli import __version__
from gearcli.cli.exits import ExitStatus
from gearcli.cli.process import status_after
from gearcli.errors import BindError, GearError, WorkersEnded, reason_of
from gearcli.protocol.address import Address, too_long
from gearcli.worker.notes import Silence
from gearcli.worker.plan import Settings
from gearcli.worker.pool import Pool

_SHORT = ("/tmp", "/dev/shm")
"""Where a private server's socket goes when TMPDIR's path is too long for its name."""


@contextlib.contextmanager
def private_server() -> Iterator[Address]:
    """A server on a Unix socket in a folder of its own that only its owner may enter."""
    from gearcli.server import privileges
    from gearcli.server.bounds import Bounds
    from gearcli.server.engine import Engine
    from gearcli.server.listener import listen
    from gearcli.server.log import Log
    from gearcli.server.loop import Server
    from gearcli.server.operator import Operator

    address = Address("", 0, os.path.join(folder := _folder(), "socket"))

    def serve(lifeline: socket.socket) -> None:
        engine = Engine(b"H:run:")
        operator = Operator(engine, version=__version__, pid=os.getpid())
        # Both sides are ours: who is slow is waited for, and there are as many connections as slots.
        bounds = Bounds(connections=privileges.connections(None, as_files_allow=True), idle=0.0)
        server = Server(engine, operator, listeners, log=Log(descriptor=2), bounds=bounds)
        server.stop_when_readable(lifeline)
        try:
            server.run()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    try:
        listeners = listen(address)
        with _child(serve):
            for listener in listeners:
                listener.close()
            yield address
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> str:
    """A fresh folder for a socket, which only its owner may enter.  Raises BindError.

    It is where temporary files belong, unless that path is too long for the name of a socket.
    """
    failed: OSError | None = None
    for place in (None, *_SHORT):
        try:
            folder = tempfile.mkdtemp(prefix="gear-run-", dir=place)
        except OSError as error:
            failed = failed or error
            continue
        if not too_long(os.path.join(folder, "socket")):
            return folder
        os.rmdir(folder)
    reason = reason_of(failed) if failed else f"the path of {tempfile.gettempdir()} is too long for a socket"
    raise BindError(f"cannot make a folder for the private server: {reason}; have TMPDIR name another place")


@contextlib.contextmanager
def private_workers(settings: Settings) -> Iterator[None]:
    """Workers for as long as the context lasts; if they end before, WorkersEnded is raised inside it."""

    def work(lifeline: socket.socket) -> int:
        pool = Pool(settings, Silence())
        pool.stop_when_readable(lifeline.fileno())
        try:
            pool.run()
        except GearError as error:
            return status_after(error)
        return ExitStatus.DONE

    with _child(work) as pid, _noticing_the_end_of(pid):
        yield


@contextlib.contextmanager
def _child(run: Callable[[socket.socket], int | None]) -> Iterator[int]:
    """A child process that runs a function with its end of a lifeline, and ends with the context.

    What the function returns is its exit status.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        status: int = ExitStatus.FAILED
        try:
            ours.close()
            os.setpgid(0, 0)  # so that the terminal's Ctrl-C does not reach what takes signals itself
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is for the parent
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            status = run(theirs) or ExitStatus.DONE
        finally:
            os._exit(status)
    theirs.close()
    try:
        yield pid
    finally:
        ours.close()
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)


@contextlib.contextmanager
def _noticing_the_end_of(pid: int) -> Iterator[None]:
    """Raise WorkersEnded in the main program when a child ends before the context does."""

    def child_ended(number: int, frame: FrameType | None) -> None:
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None:
            status = ended.si_status if ended.si_code == os.CLD_EXITED else 0
            raise WorkersEnded("the workers of this run have ended", status=status)

    before = signal.signal(signal.SIGCHLD, child_ended)
    try:
        child_ended(signal.SIGCHLD, None)  # it may have ended before anybody listened
        yield
    finally:
        signal.signal(signal.SIGCHLD, before)
