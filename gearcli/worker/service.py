"""A worker as a service: what a service manager hears of it, sd_notify(3)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, MutableMapping

from gearcli import systemd
from gearcli.timers import Timers


class Service:
    """Tells the service manager that `environ` names, if there is one."""

    def __init__(self, environ: MutableMapping[str, str]) -> None:
        self._environ = environ
        self._is_ready = False

    def ready(self, timers: Timers) -> None:
        """There is a server to work for; said once.  From now on the watchdog is fed."""
        if self._is_ready:
            return
        self._is_ready = True
        systemd.notify(self._environ, "READY=1")
        systemd.feed_watchdog(self._environ, timers)

    def stopping(self) -> None:
        """No more jobs are taken."""
        systemd.notify(self._environ, "STOPPING=1")

    @contextlib.contextmanager
    def reloading(self) -> Iterator[None]:
        """The plans are being read again."""
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        systemd.notify(self._environ, f"RELOADING=1\nMONOTONIC_USEC={now}")
        yield
        systemd.notify(self._environ, "READY=1")
