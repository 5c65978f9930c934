"""What this process knows of itself: since when it runs, what it has used."""

from __future__ import annotations

import os
import time

_PAGE = os.sysconf("SC_PAGE_SIZE")


class Pulse:
    """Begins when it is made, which is when the server starts."""

    def __init__(self) -> None:
        self.started = time.time()
        """Seconds since 1970, UTC."""
        self._began = time.monotonic()

    def uptime(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def processor(self) -> float:
        """Seconds of processor time that the process has used."""
        return time.process_time()

    def memory(self, path: str = "/proc/self/statm") -> int | None:
        """Bytes that are resident; None where there is no such file, which only Linux has (proc(5))."""
        try:
            with open(path, "rb") as file:
                return int(file.read().split()[1]) * _PAGE
        except OSError:
            return None
