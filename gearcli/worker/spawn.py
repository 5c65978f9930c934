"""Starting a process: without a shell, in a process group of its own, with no descriptors but those named.

Without limits posix_spawn(3) does it, which costs the same however large the
worker is.  It sets no limits; then the worker forks.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from gearcli.worker.limits import apply

_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that a command expects to be as they are by default."""
_ALL = signal.valid_signals()
_NOT_STARTED = 127
"""The status of a forked child that could not become the command; only `spawn` sees it."""
_ROOM = 1 << 20
"""Bytes that a forked child may need besides the arguments, at most."""


class _Start(NamedTuple):
    """What is to be started; `moves` are our descriptors and what they are to be in the child."""

    program: str
    argv: list[bytes]
    environment: Mapping[str, str]
    moves: list[tuple[int, int]]
    folder: str | None
    limits: Mapping[str, int]


def spawn(
    program: str,
    argv: Sequence[str | bytes],
    environment: Mapping[str, str],
    pipes: Mapping[int, int],
    *,
    folder: str | None = None,
    limits: Mapping[str, int] | None = None,
) -> int:
    """Start a process; its pid, which is also its process group.

    `program` is the path that is executed, seen from `folder`, the child's
    working directory.  `pipes` has our descriptor for each of the child's
    numbers; ours are closed on execution, and any may have a number that is
    also the child's for another.  `limits` are those of
    `gearcli.worker.limits`.  Raises OSError when it cannot be started so;
    its file name is that of the program or the folder that is at fault.

    Only for a process that has one thread.
    """
    try:
        with _apart(pipes) as moves:
            start = _Start(program, _arguments(argv), environment, moves, folder, limits or {})
            if start.limits:
                return _forked(start)
            return _spawned(start) if folder is None else _spawned_in(folder, start)
    except ValueError as error:  # a NUL, or what has no bytes in this locale
        raise _unfit(error) from None


def _arguments(argv: Sequence[str | bytes]) -> list[bytes]:
    arguments = [os.fsencode(each) for each in argv]
    if not arguments or not arguments[0]:
        raise OSError(errno.EINVAL, "a command needs a name, which is its first argument")
    if any(b"\0" in each for each in arguments):
        raise OSError(errno.EINVAL, "an argument has a NUL in it, and none can have that")
    return arguments


def _unfit(error: ValueError) -> OSError:
    return OSError(errno.EINVAL, f"cannot be passed on to a command: {error}")


@contextlib.contextmanager
def _apart(pipes: Mapping[int, int]) -> Iterator[list[tuple[int, int]]]:
    """Our descriptors and the numbers they are to have, none of which is both.

    So none is overwritten before it was copied, and each is copied, which
    is what makes it stay open.
    """
    copies: dict[int, int] = {}
    try:
        for ours in pipes.values():
            if ours in pipes and ours not in copies:
                copies[ours] = fcntl.fcntl(ours, fcntl.F_DUPFD_CLOEXEC, max(pipes) + 1)
        yield [(copies.get(ours, ours), theirs) for theirs, ours in pipes.items()]
    finally:
        for copy in copies.values():
            os.close(copy)


# -- without limits ----------------------------------------------------------------------


def _spawned(start: _Start) -> int:
    return os.posix_spawn(
        start.program,
        start.argv,
        start.environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in start.moves],
        setpgroup=0,
        setsigdef=_IGNORED_BY_PYTHON,
    )


def _spawned_in(folder: str, start: _Start) -> int:
    """Go there for a moment: Python's posix_spawn knows no folder."""
    here = _way_back()
    if here is None:
        return _forked(start)
    try:
        os.chdir(folder)
        return _spawned(start)
    finally:
        os.fchdir(here)
        os.close(here)


def _way_back() -> int | None:
    """A descriptor of the working directory; None if it could be left, but not entered again."""
    try:
        here = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return None
    try:
        os.fchdir(here)
    except OSError:
        os.close(here)
        return None
    return here


# -- with limits -------------------------------------------------------------------------


def _forked(start: _Start) -> int:
    """Fork, and wait until the child is the program, or has told why it cannot be."""
    listening, telling = _pipe_above(max((theirs for _, theirs in start.moves), default=2))
    with open(listening, "rb") as told:
        try:
            pid = _fork(start, telling)
        finally:
            os.close(telling)
        words = told.read()
    if not words:
        return pid
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)
    raise _error_in(words)


def _pipe_above(highest: int) -> tuple[int, int]:
    """A pipe whose writing end has a number that is not wanted for another."""
    reading, writing = os.pipe()
    try:
        return reading, fcntl.fcntl(writing, fcntl.F_DUPFD_CLOEXEC, highest + 1)
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)


def _fork(start: _Start, telling: int) -> int:
    """Fork, with no signal until the child has none of our handlers: they would act in our name."""
    mask = signal.pthread_sigmask(signal.SIG_SETMASK, _ALL)
    try:
        pid = os.fork()
        if pid == 0:
            try:
                _become(start, mask)
            except BaseException as error:
                os.write(telling, _words_of(error))
            finally:
                os._exit(_NOT_STARTED)
        return pid
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _become(start: _Start, mask: set[int]) -> None:
    """Be the command, as posix_spawn would make it."""
    os.setpgid(0, 0)
    for ours, theirs in start.moves:
        os.dup2(ours, theirs)
    if start.folder is not None:
        os.chdir(start.folder)
    _forget_handlers()
    if "memory" in start.limits:
        _make_room(_needed(start))
    apply(start.limits)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.execve(start.program, start.argv, start.environment)


def _forget_handlers() -> None:
    for number in _ALL:
        if number in _IGNORED_BY_PYTHON or callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def _needed(start: _Start) -> int:
    """Bytes that suffice for two copies of all that is passed on, in four bytes a character."""
    count = len(start.argv) + len(start.environment)
    length = sum(map(len, start.argv)) + sum(map(len, start.environment.values()))
    return _ROOM + 64 * count + 8 * length


def _make_room(size: int) -> None:
    """Have so many bytes in the heap that are free.

    A limit of memory counts what the worker has, and the heap may not grow
    any more once there is less than that; but the arguments have to be
    copied.  The first block teaches glibc to take one of that size from the
    heap, and what is freed there to keep: mallopt(3), M_MMAP_THRESHOLD.
    """
    for _ in range(2):
        bytes(size)


def _words_of(error: BaseException) -> bytes:
    """An error as the child tells it: its number, the file and the words."""
    if isinstance(error, ValueError):
        error = _unfit(error)
    if not isinstance(error, OSError):  # no memory, above all
        return b"%d\0\0" % errno.ENOMEM
    file = b"" if error.filename is None else os.fsencode(error.filename)
    return b"%d\0%b\0%b" % (error.errno or errno.EIO, file, os.fsencode(error.strerror or ""))


def _error_in(words: bytes) -> OSError:
    """The error that a child has told of."""
    number, file, reason = words.split(b"\0", 2)
    code = int(number)
    return OSError(code, os.fsdecode(reason) or os.strerror(code), os.fsdecode(file) or None)
