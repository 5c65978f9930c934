"""Sockets from systemd, and what it is told: real sockets, real processes."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import socket
import sys
from collections.abc import Iterator
from math import inf
from pathlib import Path

import pytest

from gearcli import systemd
from gearcli.errors import BindError
from gearcli.timers import Timers
from tests.support import DEADLINE, ServerProcess, Wire, clean_environment, gear, gear_serve, wait_until

_HAND_OVER = """
import os, socket, sys
opened = socket.create_server({where!r}, family=socket.{family})
os.dup2(opened.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
"""


def hand_over(where: object, family: str = "AF_INET") -> str:
    """A Python program that opens a listening socket as its descriptor 3 and becomes its arguments."""
    return _HAND_OVER.format(where=where, family=family)


@contextlib.contextmanager
def activated(where: object, family: str = "AF_INET") -> Iterator[ServerProcess]:
    """`gear serve` as systemd starts it: with a listening socket as its descriptor 3."""
    server = ServerProcess([sys.executable, "-c", hand_over(where, family), *gear("serve")])
    try:
        wait_until(lambda: "listening on " in server.said() or not server.alive())
        server.port = int((re.findall(r"listening on 127.0.0.1:(\d+)\n", server.said()) or ["0"])[0])
        yield server
    finally:
        server.end()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


@pytest.fixture
def handed(listener: socket.socket) -> int:
    """The descriptor of a listener that this process was given."""
    return os.dup(listener.fileno())


def environment(count: str = "1", pid: int | str = "") -> dict[str, str]:
    return {"LISTEN_FDS": count, "LISTEN_PID": str(pid or os.getpid()), "LISTEN_FDNAMES": "x", "OTHER": "y"}


def test_a_socket_is_taken_and_the_environment_cleaned(listener: socket.socket, handed: int) -> None:
    environ = environment()
    (taken,) = systemd.inherited(environ, first=handed)
    with taken:
        assert listener.getsockname() == taken.getsockname()
        assert not taken.getblocking()
        assert not taken.get_inheritable()
    assert {"OTHER": "y"} == environ


@pytest.mark.parametrize(
    "environ", [{}, environment(pid=1), environment(count="many"), environment(count="0")]
)
def test_what_is_not_ours_is_left_alone(environ: dict[str, str]) -> None:
    assert [] == systemd.inherited(environ)
    assert environ in ({}, {"OTHER": "y"})


def test_a_descriptor_that_is_no_socket_is_an_error(tmp_path: Path) -> None:
    with open(tmp_path / "file", "w") as file, pytest.raises(BindError, match=r"LISTEN_FDS: .*ListenStream="):
        systemd.inherited(environment(), first=file.fileno())


def test_a_socket_that_does_not_listen_is_an_error() -> None:
    with socket.socket() as idle, pytest.raises(BindError, match="not a listening stream socket"):
        systemd.inherited(environment(), first=idle.fileno())


def test_an_inherited_socket_is_served_instead_of_the_default() -> None:
    with activated(("127.0.0.1", 0)) as server:
        assert 1 == server.said().count("listening on")
        with server.wire() as wire:
            assert wire.works()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()


def test_the_file_of_an_inherited_unix_socket_stays(tmp_path: Path) -> None:
    path = tmp_path / "gear.sock"
    with activated(str(path), "AF_UNIX") as server:
        with Wire(path=str(path)) as wire:
            assert wire.works()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert path.is_socket()


def test_an_abstract_socket_is_served() -> None:
    name = f"gear-test-{os.getpid()}"
    with activated("\0" + name, "AF_UNIX") as server:
        assert f"listening on unix:@{name}\n" in server.said()
        with Wire(path="\0" + name) as wire:
            assert wire.works()


def test_an_inherited_socket_for_the_world_has_to_be_meant() -> None:
    with activated(("0.0.0.0", 0)) as server:
        assert 2 == server.exit_status()
        assert "--insecure-listen" in server.said()


# -- notify --------------------------------------------------------------------------------


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_of_the_beginning_and_the_end(tmp_path: Path, abstract: bool) -> None:
    path = f"@gear-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(DEADLINE)
        manager.bind(path.replace("@", "\0") if abstract else path)
        with gear_serve(environ={**clean_environment(), "NOTIFY_SOCKET": path}) as server:
            assert b"READY=1" == manager.recv(100)
            with server.wire() as wire:
                assert wire.works()
            server.signal(signal.SIGTERM)
            assert b"STOPPING=1" == manager.recv(100)
            assert 0 == server.exit_status()


@pytest.mark.parametrize("path", ["", "/nobody/is/there", "vsock:1:2"])
def test_a_manager_that_cannot_be_told_is_no_error(path: str) -> None:
    systemd.notify({"NOTIFY_SOCKET": path}, "READY=1")


def test_the_watchdog_of_a_server_is_fed_while_it_serves(tmp_path: Path) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.settimeout(DEADLINE)
        manager.bind(path)
        environ = {**clean_environment(), "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"}
        with gear_serve(environ=environ) as server:
            assert [b"READY=1", *[b"WATCHDOG=1"] * 4] == [manager.recv(100) for _ in range(5)]
            with server.wire() as wire:
                assert wire.works()
            server.signal(signal.SIGSTOP)  # who stands still feeds no watchdog
            wait_until(lambda: server.state() == "T")
            while _heard(manager, within=0):
                manager.recv(100)
            assert not _heard(manager, within=0.2)
            server.signal(signal.SIGCONT)
            assert b"WATCHDOG=1" == manager.recv(100)


def _heard(manager: socket.socket, within: float) -> bool:
    return bool(select.select([manager], [], [], within)[0])


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_how_often_the_watchdog_wants_to_be_fed(environ: dict[str, str], seconds: float | None) -> None:
    assert seconds == systemd.watchdog(environ)


def test_nobody_is_fed_who_does_not_want_it() -> None:
    timers = Timers()
    systemd.feed_watchdog({"NOTIFY_SOCKET": "/nobody/is/there"}, timers)
    assert inf == timers.due
