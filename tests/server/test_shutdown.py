"""When a server ends, without a server; the signals themselves are in `test_loop_signals`."""

from __future__ import annotations

import signal
import time
from math import inf

import pytest

from gearcli.server.engine import Engine
from gearcli.server.log import Log
from gearcli.server.shutdown import Shutdown
from tests.server.transcript import Talker


class Doors:
    """Counts how often the doors are closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def doors() -> Doors:
    return Doors()


@pytest.fixture
def shutdown(engine: Engine, doors: Doors) -> Shutdown:
    return Shutdown(engine, Log(descriptor=None), 100.0, doors.close)


def ends(shutdown: Shutdown, later: float = 0.0, *, unsent: bool = False) -> bool:
    """Whether the server ends so many seconds from now."""
    return shutdown.finished(time.monotonic() + later, lambda: unsent)


def test_unasked_it_never_ends(shutdown: Shutdown) -> None:
    assert not ends(shutdown, inf)
    assert inf == shutdown.due


def test_with_nothing_to_do_it_ends_at_once(shutdown: Shutdown, doors: Doors) -> None:
    shutdown.on_signal(signal.SIGTERM)
    assert ends(shutdown)
    assert 1 == doors.closed
    assert shutdown.cut_short_by is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_waits_for_running_jobs_as_long_as_its_grace(
    shutdown: Shutdown, client: Talker, worker: Talker, number: int
) -> None:
    client.submit(b"w")
    worker.take()
    shutdown.on_signal(number)
    assert not ends(shutdown, 99.0)
    assert ends(shutdown, 101.0)
    assert number == shutdown.cut_short_by


def test_a_second_signal_ends_it_now(
    shutdown: Shutdown, client: Talker, worker: Talker, doors: Doors
) -> None:
    client.submit(b"w")
    worker.take()
    shutdown.on_signal(signal.SIGTERM)
    shutdown.on_signal(signal.SIGUSR1)
    assert not ends(shutdown)
    shutdown.on_signal(signal.SIGINT)
    assert ends(shutdown)
    assert (signal.SIGINT, 1) == (shutdown.cut_short_by, doors.closed)


def test_usr1_waits_for_every_job_however_long(shutdown: Shutdown, client: Talker, worker: Talker) -> None:
    client.submit(b"w")
    shutdown.on_signal(signal.SIGUSR1)
    assert not ends(shutdown, 1e9)
    worker.leave()
    client.leave()
    assert ends(shutdown)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_who_does_not_read_is_not_waited_for_without_end(shutdown: Shutdown, number: int) -> None:
    shutdown.on_signal(number)
    assert not ends(shutdown, 4.0, unsent=True)
    assert ends(shutdown, 10.0, unsent=True)


def test_hup_ends_nothing(shutdown: Shutdown, doors: Doors) -> None:
    shutdown.on_signal(signal.SIGHUP)
    assert not ends(shutdown)
    assert 0 == doors.closed


def test_stopped_it_ends_with_whatever_is_left(shutdown: Shutdown, client: Talker, worker: Talker) -> None:
    client.submit(b"w")
    worker.take()
    shutdown.stop()
    assert ends(shutdown, unsent=True)
