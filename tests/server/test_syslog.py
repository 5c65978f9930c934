"""The system's log: datagrams to a socket on which the test listens."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.errors import OutputError
from gearcli.server.log import Level, Log
from gearcli.server.syslog import Syslog
from tests.support import DEADLINE


@contextlib.contextmanager
def reader(path: Path) -> Iterator[socket.socket]:
    """The system's log, as far as it is concerned here."""
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.settimeout(DEADLINE)
        made.bind(str(path))
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def syslog(path: Path) -> Iterator[Syslog]:
    made = Syslog(str(path))
    yield made
    made.close()


def test_lines_have_a_severity_and_the_process(path: Path, syslog: Syslog) -> None:
    log = Log(Level.PACKETS, None)
    log.outlets.append(syslog)
    with reader(path) as log_of_the_system:
        log.notice("hello")
        log.say(Level.CONNECTIONS, "connected")
        log.say(Level.PACKETS, "ECHO_REQ")
        said = [log_of_the_system.recv(2000) for _ in range(3)]
    us = b"gear[%d]: " % os.getpid()
    assert [b"<29>" + us + b"hello", b"<30>" + us + b"connected", b"<31>" + us + b"ECHO_REQ"] == said


def test_a_long_line_is_cut(path: Path, syslog: Syslog) -> None:
    with reader(path) as log_of_the_system:
        syslog.put("x" * 5000, Level.NOTICE)
        assert 1024 == len(log_of_the_system.recv(5000))


def test_a_log_that_was_started_anew_is_found_again(path: Path, syslog: Syslog) -> None:
    syslog.put("to nobody", Level.NOTICE)
    for i in range(2):
        with reader(path) as log_of_the_system:
            syslog.put(f"line {i}", Level.NOTICE)
            assert log_of_the_system.recv(2000).endswith(b"line %d" % i)


def test_a_log_that_is_stuck_stops_nothing(path: Path, syslog: Syslog) -> None:
    with reader(path):
        for _ in range(5000):
            syslog.put("x" * 1000, Level.NOTICE)


def test_hup_says_that_nobody_listens(path: Path, syslog: Syslog) -> None:
    with pytest.raises(OutputError, match=r"cannot reach the system's log at \S+: no such file"):
        syslog.reopen()
    with reader(path):
        syslog.reopen()
