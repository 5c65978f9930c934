"""What the handles of a server's jobs begin with."""

from __future__ import annotations

import socket
import time


def handle_prefix(wanted: bytes | None = None) -> bytes:
    """What comes before the number in job handles: the machine, as in gearmand, and this start of the server.

    gearmand's handles begin anew at 1 with every start, so that who polls one
    may see a stranger's job.  The time of the start, in base 36, prevents that.
    """
    if wanted is None:
        wanted = b"H:" + socket.gethostname().encode("ascii", "replace")[:24]
    return b"%b:%b-" % (wanted, _base36(time.time_ns() // 1_000_000).encode())


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
