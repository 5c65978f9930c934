"""What the tests share: processes that are always reaped, a raw connection, waiting for conditions."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import pytest

from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import RESPONSE, Packet, PacketType, request

DEADLINE = 20.0
"""Seconds that anything may take; only a fault takes so long."""

GEARMAND, GEARMAN, GEARADMIN = "/usr/sbin/gearmand", "/usr/bin/gearman", "/usr/bin/gearadmin"

needs_peers = pytest.mark.peers
"""For tests against Debian's gearmand, gearman and gearadmin; see conftest.py."""

CHROMIUM = "/usr/bin/chromium"

needs_browser = pytest.mark.peers(browser=True)
"""For tests that need a browser besides."""

SHELLS = ("/usr/bin/bash", "/usr/share/bash-completion/bash_completion", "/usr/bin/zsh", "/usr/bin/fish")

needs_shells = pytest.mark.shells
"""For tests that press Tab in bash with its package of completions, in zsh and in fish; see conftest.py."""

SYSTEMD_ANALYZE = "/usr/bin/systemd-analyze"

needs_systemd = pytest.mark.peers(systemd=True)
"""For tests that need systemd's own judgement."""

LOGROTATE = "/usr/sbin/logrotate"


def needs_programs(*names: str) -> pytest.MarkDecorator:
    """For tests that need other programs, and nothing of Gearman's."""
    return pytest.mark.peers(programs=names)


needs_libraries = pytest.mark.peers(libraries=True)
"""For tests that need Gearman's libraries for PHP, Perl and C besides."""

needs_mandoc = pytest.mark.skipif(
    shutil.which("mandoc") is None and "CI" not in os.environ, reason="mandoc is not installed"
)
"""For tests of the manual that have mandoc(1) read it."""

T = TypeVar("T")


LIBRARIES = {
    "php-gearman": ["php", "-r", "new GearmanClient();"],
    "libgearman-client-perl": ["perl", "-MGearman::Client", "-e", "1"],
    "libgearman-dev": ["sh", "-c", "echo '#include <libgearman/gearman.h>' | cc -E -"],
}
"""Debian's packages of Gearman's libraries, and what succeeds only with each."""


@functools.cache
def missing_peers(
    libraries: bool = False,
    browser: bool = False,
    systemd: bool = False,
    programs: tuple[str, ...] | None = None,
) -> list[str]:
    """Which of Gearman's own programs, or also of its libraries and a browser, are not installed.

    Instead of them: systemd, or any `programs`.
    """
    wanted = [GEARMAND, GEARMAN, GEARADMIN, *([CHROMIUM] if browser else [])]
    wanted = [SYSTEMD_ANALYZE] if systemd else wanted
    wanted = wanted if programs is None else list(programs)
    absent = [program for program in wanted if shutil.which(program) is None]
    return absent + [name for name, command in LIBRARIES.items() if libraries and not succeeds(command)]


def succeeds(command: Sequence[str]) -> bool:
    """Whether a program is there and ends well."""
    try:
        return subprocess.run(command, capture_output=True, timeout=DEADLINE, check=False).returncode == 0
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], T | None], deadline: float = DEADLINE) -> T:
    """The first true value of a condition, asked again and again."""
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f"not so after {deadline} seconds"
        time.sleep(0.002)
    return value


def free_port() -> int:
    """A loopback port that nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def connects(port: int) -> bool:
    """Whether somebody accepts connections on a loopback port."""
    try:
        socket.create_connection(("127.0.0.1", port), DEADLINE).close()
    except ConnectionError:
        return False
    return True


# -- bytes cut in pieces ----------------------------------------------------------


def whole(data: bytes) -> list[bytes]:
    """All in one piece."""
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    """Every byte a piece of its own."""
    return [data[i : i + 1] for i in range(len(data))]


def cut_at_random(data: bytes) -> list[bytes]:
    """Pieces of random sizes, the same in every run."""
    chance = random.Random(len(data))
    cuts = sorted(chance.sample(range(1, len(data)), min(len(data) - 1, 7)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


FRAGMENTATIONS = (whole, byte_by_byte, cut_at_random)


# -- a raw connection -------------------------------------------------------------


class Wire:
    """A connection to a server that says any bytes and waits for packets, never longer than DEADLINE."""

    def __init__(self, port: int = 0, *, path: str = "") -> None:
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(DEADLINE)
            self.socket.connect(path)
        else:
            self.socket = socket.create_connection(("127.0.0.1", port), DEADLINE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._decoder = Decoder(RESPONSE)
        self._packets: Iterator[Packet] = iter(())

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Say bytes."""
        self.socket.sendall(data)

    def say(self, type_: PacketType, *fields: bytes) -> None:
        """Say a packet and wait for nothing."""
        self.send(request(type_, *fields))

    def ask(self, type_: PacketType, *fields: bytes) -> Packet:
        """Say a packet; the next packet that arrives."""
        self.say(type_, *fields)
        return self.packet()

    def packet(self) -> Packet:
        """The next packet or line.  Raises ConnectionError at the end of the connection."""
        while True:
            for packet in self._packets:
                return packet
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the server closed the connection")
            self._packets = self._decoder.feed(data)

    def line(self, command: bytes) -> bytes:
        """The reply line to a text command."""
        self.send(command + b"\n")
        return self._line()

    def rows(self, command: bytes) -> list[bytes]:
        """The rows of the reply to a text command, without the dot that ends them."""
        self.send(command + b"\n")
        rows = []
        while (row := self._line()) != b".\n":
            rows.append(row)
        return rows

    def skip_rows(self, count: int) -> None:
        """Read a reply of so many rows that was asked for before."""
        assert {PacketType.TEXT} == {self.packet()[0] for _ in range(count)}
        assert b".\n" == self._line()

    def _line(self) -> bytes:
        type_, (line, *_) = self.packet()
        assert PacketType.TEXT == type_
        return line

    def ends(self) -> bool:
        """Whether the server closes the connection and says nothing before."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True

    def works(self) -> bool:
        """Whether the server answers."""
        return self.ask(PacketType.ECHO_REQ, b"still there?") == (PacketType.ECHO_RES, [b"still there?"])


# -- processes ----------------------------------------------------------------------


class Process:
    """A program in the background; what it says on standard error is kept in a file."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        before: Callable[[], None] | None = None,
        environ: dict[str, str] | None = None,
    ) -> None:
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 (closed by `end`)
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._said,
            preexec_fn=before,
            env=clean_environment() if environ is None else environ,
        )
        self.pid = self._popen.pid

    def said(self) -> str:
        """What it has said until now."""
        size = os.fstat(self._said.fileno()).st_size
        return os.pread(self._said.fileno(), size, 0).decode("utf-8", "surrogateescape")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._popen.send_signal(number)

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    def exit_status(self) -> int:
        """Wait for its end; its exit status."""
        return self._popen.wait(DEADLINE)

    def end(self) -> None:
        """End it, kindly if it listens, and reap it."""
        if self.alive():
            self.signal(signal.SIGTERM)
        try:
            self._popen.wait(5)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._said.close()


@contextlib.contextmanager
def under_nohup() -> Iterator[None]:
    """Programs that are started in the block ignore HUP, as those of nohup(1)."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


class ServerProcess(Process):
    """A server in the background and the loopback port on which it listens (0: none)."""

    port = 0

    def wire(self) -> Wire:
        """A connection to it."""
        return Wire(self.port)

    def memory(self, key: str) -> int:
        """A size of /proc/PID/status in bytes: VmRSS is the memory in use, VmHWM the most there was."""
        return int(self._proc(key)) * 1024

    def state(self) -> str:
        """R while it runs, S while it waits for something, Z when it has ended."""
        return self._proc("State")

    def _proc(self, key: str) -> str:
        """The first word of a line of /proc/PID/status."""
        found = re.search(rf"^{key}:\s+(\S+)", Path(f"/proc/{self.pid}/status").read_text(), re.MULTILINE)
        assert found
        return found[1]


def clean_environment() -> dict[str, str]:
    """This process's environment without what would configure a Gearman program, or its terminal."""
    unwanted = ("GEAR", "COLUMNS", "LINES", "NO_COLOR")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "XDG_CONFIG_HOME": os.devnull}


def gear(*arguments: str) -> list[str]:
    """The command line of `gear`."""
    return [sys.executable, "-m", "gearcli", *arguments]


@contextlib.contextmanager
def process(command: Sequence[str], *, before: Callable[[], None] | None = None) -> Iterator[Process]:
    """A program that has ended when the block ends."""
    running = Process(command, before=before)
    try:
        yield running
    finally:
        running.end()


@contextlib.contextmanager
def gear_serve(
    *options: str,
    address: Sequence[str] = ("-p", "0"),
    before: Callable[[], None] | None = None,
    environ: dict[str, str] | None = None,
) -> Iterator[ServerProcess]:
    """`gear serve`, listening."""
    server = ServerProcess(gear("serve", *address, *options), before=before, environ=environ)
    try:
        said = wait_until(lambda: _said_where(server))
        server.port = int(said[2] or 0)
        yield server
    finally:
        server.end()


def _said_where(server: ServerProcess) -> re.Match[str] | None:
    found = re.search(r"listening on (unix:\S+|\S+:(\d+))\n", server.said())
    assert found or server.alive(), f"gear serve ended: {server.said()}"
    return found


@contextlib.contextmanager
def gearmand(*options: str) -> Iterator[ServerProcess]:
    """Debian's gearmand, listening."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        files = ["-P", f"{folder}/pid", "-l", f"{folder}/log"]
        server = ServerProcess([GEARMAND, "-p", str(port), "-L", "127.0.0.1", *files, *options])
        try:
            wait_until(lambda: connects(port) or not server.alive())
            assert server.alive(), f"gearmand ended: {server.said()}"
            server.port = port
            yield server
        finally:
            server.end()
