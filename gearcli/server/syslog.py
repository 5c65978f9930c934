"""The log in the system's log: RFC 3164 datagrams to /dev/log, as libc's syslog(3) sends them.

libc's own function waits when the log's reader is stuck; a server must not.
"""

from __future__ import annotations

import contextlib
import os
import socket

from gearcli.errors import OutputError, reason_of
from gearcli.server.log import Level

PATH = "/dev/log"
"""The log's socket on Linux and the BSDs (_PATH_LOG of syslog.h)."""

_DAEMON = 3 << 3
"""The facility of background services."""
_SEVERITIES = {Level.NOTICE: 5, Level.CONNECTIONS: 6, Level.JOBS: 7, Level.PACKETS: 7}
"""notice, info, debug."""
_LINE_LIMIT = 1024
"""Bytes of a message that every syslog keeps (RFC 3164)."""


class Syslog:
    """Lines to the system's log; those that it does not take at once are dropped."""

    def __init__(self, path: str = PATH) -> None:
        self._path = path
        self._socket = _unconnected()

    def put(self, text: str, level: Level) -> None:
        """Send a line.  A log that was started anew is found again."""
        header = f"<{_DAEMON | _SEVERITIES[level]}>gear[{os.getpid()}]: "
        line = (header + text).encode("utf-8", "backslashreplace")[:_LINE_LIMIT]
        with contextlib.suppress(OSError):
            try:
                self._socket.send(line)
            except BlockingIOError:
                pass
            except OSError:
                self._connect()
                self._socket.send(line)

    def reopen(self) -> None:
        """Connect to the log anew.  Raises OutputError where nobody listens."""
        try:
            self._connect()
        except OSError as error:
            raise OutputError(
                f"cannot reach the system's log at {self._path}: {reason_of(error)}. "
                "Is syslogd or journald running?"
            ) from None

    def _connect(self) -> None:
        self._socket.close()
        self._socket = _unconnected()
        self._socket.connect(self._path)

    def close(self) -> None:
        """Send nothing more."""
        self._socket.close()


def _unconnected() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made
