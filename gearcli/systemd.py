"""What systemd and its like agree on with a service: sockets it inherits, and what it tells about itself.

The environment's variables are those of sd_listen_fds(3) and sd_notify(3).
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping, MutableMapping

from gearcli.errors import BindError, reason_of
from gearcli.timers import Timers

FIRST = 3
"""The first descriptor that is handed over (SD_LISTEN_FDS_START)."""

_FAMILIES = (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX)


def inherited(environ: MutableMapping[str, str], *, first: int = FIRST) -> list[socket.socket]:
    """The listening sockets that were opened for this process; none if they are another's.

    Takes the variables that say so out of the environment.  Raises BindError
    for a descriptor that is no listening stream socket.
    """
    pid, count, _ = (environ.pop(name, "") for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"))
    if pid != str(os.getpid()) or not (count.isascii() and count.isdigit()):
        return []
    return [_listening(descriptor) for descriptor in range(first, first + int(count))]


def _listening(descriptor: int) -> socket.socket:
    try:
        found = socket.socket(fileno=descriptor)
    except OSError as error:
        raise _unfit(descriptor, reason_of(error)) from None
    try:
        listens = found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:  # pragma: no cover (every socket of Linux knows the option)
        listens = 0
    if not listens or found.type != socket.SOCK_STREAM or found.family not in _FAMILIES:
        found.detach()
        raise _unfit(descriptor, "not a listening stream socket")
    found.setblocking(False)
    found.set_inheritable(False)
    return found


def _unfit(descriptor: int, reason: str) -> BindError:
    return BindError(
        f"cannot listen on descriptor {descriptor} of LISTEN_FDS: {reason}. "
        "The socket unit needs ListenStream= and Accept=no."
    )


def notify(environ: MutableMapping[str, str], state: str) -> None:
    """Tell the service manager, if there is one, `state`, for example ``READY=1``.

    One that does not listen, or not at once, is not waited for.
    """
    path = environ.get("NOTIFY_SOCKET", "")
    if not path.startswith(("/", "@")):
        return
    address = "\0" + path[1:] if path.startswith("@") else path  # an abstract socket has no file
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.setblocking(False)
        manager.sendto(state.encode(), address)


def watchdog(environ: Mapping[str, str]) -> float | None:
    """The seconds within which this process has to say ``WATCHDOG=1`` each time; None if it need not."""
    pid, microseconds = environ.get("WATCHDOG_PID", ""), environ.get("WATCHDOG_USEC", "")
    if pid not in ("", str(os.getpid())) or not (microseconds.isascii() and microseconds.isdigit()):
        return None
    return int(microseconds) / 1e6 or None


def feed_watchdog(environ: MutableMapping[str, str], timers: Timers) -> None:
    """Say ``WATCHDOG=1`` now, and from now on twice as often as the service manager wants it, if it does.

    `timers` are those of the loop, by `time.monotonic`: only while it turns is the watchdog fed.
    """
    within = watchdog(environ)
    if within is not None:
        _feed(environ, timers, within / 2)


def _feed(environ: MutableMapping[str, str], timers: Timers, every: float) -> None:
    notify(environ, "WATCHDOG=1")
    timers.add(time.monotonic() + every, lambda: _feed(environ, timers, every))
