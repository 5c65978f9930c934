"""What an operator does to the process."""

from __future__ import annotations

import signal

from gearcli.server.host import ServerHost
from gearcli.server.log import Level, Log


def test_the_level_is_read_and_set_by_gearmands_names() -> None:
    log = Log(Level.NOTICE, None)
    host = ServerHost(log, print)
    assert "NOTICE" == host.verbosity()
    assert host.set_verbosity("debug")
    assert ("DEBUG", Level.PACKETS) == (host.verbosity(), log.level)
    assert not host.set_verbosity("loud")
    assert "DEBUG" == host.verbosity()


def test_to_stop_is_to_heed_a_signal() -> None:
    heeded: list[int] = []
    host = ServerHost(Log(Level.NOTICE, None), heeded.append)
    host.stop(graceful=False)
    host.stop(graceful=True)
    assert [signal.SIGTERM, signal.SIGUSR1] == heeded
