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
        every = systemd.watchdog(self._environ)
        if every is not None:
            self._feed(timers, every / 2)

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

    def _feed(self, timers: Timers, every: float) -> None:
        """Show that the loop turns."""
        systemd.notify(self._environ, "WATCHDOG=1")
        timers.add(time.monotonic() + every, lambda: self._feed(timers, every))
