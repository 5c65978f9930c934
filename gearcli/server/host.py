"""What an operator may do by text command to the process that serves: its log's level, its end."""

from __future__ import annotations

import signal
from collections.abc import Callable

from gearcli.errors import UsageError
from gearcli.server.log import Log


class ServerHost:
    """The `Host` of an operator; `on_signal` is how the loop heeds a signal."""

    def __init__(self, log: Log, on_signal: Callable[[int], None]) -> None:
        self._log = log
        self._on_signal = on_signal

    def verbosity(self) -> str:
        """gearmand's name of the level at which things are logged."""
        return self._log.level_name

    def set_verbosity(self, level: str) -> bool:
        """Log from now on at a level of gearmand's; whether there is one of this name."""
        try:
            self._log.level_name = level
        except UsageError:
            return False
        return True

    def stop(self, graceful: bool) -> None:
        """Stop as TERM does; gracefully, as USR1 does, when no job is left."""
        self._on_signal(signal.SIGUSR1 if graceful else signal.SIGTERM)
