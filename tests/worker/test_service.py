"""What a service manager hears of a worker: a real socket instead of systemd's."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.timers import Timers
from gearcli.worker.service import Service


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        yield manager


def heard(manager: socket.socket) -> list[str]:
    """What has been told since the last time."""
    said: list[str] = []
    try:
        while True:
            said.append(manager.recv(4096).decode())
    except BlockingIOError:
        return said


def service(manager: socket.socket, **more: str) -> Service:
    return Service({"NOTIFY_SOCKET": manager.getsockname(), **more})


def test_a_worker_is_ready_once(manager: socket.socket) -> None:
    worker, timers = service(manager), Timers()
    worker.ready(timers)
    worker.ready(timers)
    worker.stopping()
    assert ["READY=1", "STOPPING=1"] == heard(manager)


def test_the_watchdog_is_fed_twice_as_often_as_it_wants(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    worker, timers = service(manager, WATCHDOG_USEC="4000000", WATCHDOG_PID=str(os.getpid())), Timers()
    worker.ready(timers)
    assert ["READY=1", "WATCHDOG=1"] == heard(manager)
    for step in (1002.0, 1004.0):
        assert step == timers.due
        now = step
        for call in timers.pop_due(now):
            call()
        assert ["WATCHDOG=1"] == heard(manager)


def test_the_watchdog_of_another_process_is_not_fed(manager: socket.socket) -> None:
    worker = service(manager, WATCHDOG_USEC="4000000", WATCHDOG_PID="1")
    worker.ready(Timers())
    assert ["READY=1"] == heard(manager)


def test_reading_plans_again_is_told(manager: socket.socket) -> None:
    worker = service(manager)
    with worker.reloading():
        (said,) = heard(manager)
        assert said.startswith("RELOADING=1\nMONOTONIC_USEC=")
        assert said.rpartition("=")[2].isdigit()
    assert ["READY=1"] == heard(manager)


def test_without_a_manager_nothing_is_told() -> None:
    worker, timers = Service({}), Timers()
    worker.ready(timers)
    worker.stopping()
    assert 0 == len(timers), "no watchdog is fed"
