"""Hostile servers: whatever they say, commands end with 76, soon and without taking much memory."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import response
from tests.support import DEADLINE, clean_environment, gear

MIB = 1 << 20
Say: TypeAlias = Callable[[socket.socket], None]


def once(data: bytes) -> Say:
    """Say something, whatever was asked, and wait for the other side to go."""

    def say(connection: socket.socket) -> None:
        connection.recv(MIB)
        connection.sendall(data)
        while connection.recv(MIB):
            pass

    return say


def endlessly(data: bytes, first: bytes = b"") -> Say:
    """Say the same for ever, without listening."""

    def say(connection: socket.socket) -> None:
        connection.recv(MIB)
        connection.sendall(first)
        much = data * max(1, MIB // 4 // len(data))
        while True:
            connection.sendall(much)

    return say


HUGE = b"\0RES" + struct.pack(">II", P.JOB_ASSIGN, 0xFFFFFFFF)
SAYS = {
    "oversized": once(HUGE),
    "oversized in part": endlessly(bytes(65536), first=HUGE),
    "no packet": once(b"\0RES\xff\xff\xff\xff\0\0\0\0"),
    "a request": once(b"\0REQ" + struct.pack(">II", P.ECHO_REQ, 0)),
    "too few arguments": once(response(P.STATUS_RES, b"H:1") + response(P.JOB_ASSIGN, b"H:1")),
    "another protocol": once(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "a line without end": endlessly(b"x" * 65536),
    "names without end": endlessly(response(P.JOB_CREATED, b"H:1")),
    "reports without end": endlessly(response(P.WORK_STATUS, b"H:other", b"1", b"2")),
    "options without end": endlessly(response(P.OPTION_RES, b"exceptions")),
    "wake-ups without end": endlessly(response(P.NOOP)),
    "refusals without end": endlessly(response(P.NO_JOB)),
    "jobs without end": endlessly(response(P.JOB_ASSIGN_UNIQ, b"H:1", b"other", b"u", b"w")),
}
COMMANDS = {
    "submit": ("submit", "f", "x"),
    "job": ("job", "H:1"),
    "wait": ("wait", "H:1"),
    "result": ("result", "H:1"),
    "ping": ("ping",),
    "worker": ("worker", "-q", "-f", "f", "--", "true"),
}


_ALL = [(say, command) for say in SAYS for command in COMMANDS]
_FEW = [(say, [*COMMANDS][number % len(COMMANDS)]) for number, say in enumerate(SAYS)]
_FEW += [(say, "worker") for say in ("oversized in part", "wake-ups without end", "refusals without end")]
PAIRS = _ALL if "GEAR_TEST_HOSTILE" in os.environ else [*dict.fromkeys(_FEW)]
"""Each saying to one command, and to the worker what is for it; to every command on demand."""


class Hostile:
    """A server that says one thing to everybody."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self) -> None:
        threads = []
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(DEADLINE)
                self._open.append(connection)
                threads.append(threading.Thread(target=self._serve, args=[connection]))
                threads[-1].start()
        for thread in threads:
            thread.join(DEADLINE)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            self._say(connection)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()


@pytest.fixture
def hostile(request: pytest.FixtureRequest) -> Iterator[Hostile]:
    server = Hostile(SAYS[request.param])
    yield server
    server.close()


@pytest.mark.parametrize(("hostile", "command"), PAIRS, indirect=["hostile"])
def test_a_hostile_server_is_left_soon(hostile: Hostile, command: str, tmp_path: Path) -> None:
    words = gear(COMMANDS[command][0], "-s", f"127.0.0.1:{hostile.port}", *COMMANDS[command][1:])
    with (tmp_path / "said").open("w+b") as said:
        ran = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=clean_environment()
        )
        try:
            most = _watched(ran)
        finally:
            ran.kill()
            ran.wait()
        said.seek(0)
        words_said = said.read().decode()
    assert 76 == ran.returncode, words_said
    assert most < 700 * MIB
    assert "Traceback" not in words_said
    assert f"127.0.0.1:{hostile.port}" in words_said


def _watched(ran: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process; the most memory that it was seen to take."""
    end, most = time.monotonic() + 2 * DEADLINE, 0
    while ran.poll() is None:
        assert time.monotonic() < end, "it does not end"
        with contextlib.suppress(OSError, IndexError):
            pages = int(Path(f"/proc/{ran.pid}/statm").read_text().split()[1])
            most = max(most, pages * os.sysconf("SC_PAGE_SIZE"))
        time.sleep(0.01)  # between two looks
    return most
