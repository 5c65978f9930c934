"""Programs of the client libraries people use: PHP's, Perl's, and libgearman itself.

The programs in `peers` understand the same words in every language.  A client is
told a verb and its arguments and prints what it hears; a worker serves the same
functions everywhere and prints what it does.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from tests.support import DEADLINE, Process, clean_environment, process

PEERS = Path(__file__).parent / "peers"


class Library(NamedTuple):
    """A library, and the command lines of its client and its worker."""

    name: str
    client: Sequence[str]
    worker: Sequence[str]


PHP = Library("php", ["php", str(PEERS / "client.php")], ["php", str(PEERS / "worker.php")])
PERL = Library("perl", ["perl", str(PEERS / "client.pl")], ["perl", str(PEERS / "worker.pl")])


def libgearman(folder: Path) -> Library:
    """The programs of libgearman, compiled into a folder."""
    for name in ("client", "worker"):
        source, program = PEERS / f"{name}.c", folder / name
        subprocess.run(["cc", "-Wall", "-Werror", "-o", program, source, "-lgearman"], check=True)
    return Library("libgearman", [str(folder / "client")], [str(folder / "worker")])


class Client:
    """A client of a library for one server."""

    def __init__(self, library: Library, port: int) -> None:
        self.library, self._port = library, port

    def command(self, verb: str, *arguments: str) -> list[str]:
        """The command line of one thing to do."""
        return [*self.library.client, str(self._port), verb, *arguments]

    def __call__(self, verb: str, *arguments: str) -> list[str]:
        """The lines that it prints doing one thing; it has nothing to complain about."""
        command = self.command(verb, *arguments)
        done = subprocess.run(
            command, capture_output=True, timeout=DEADLINE, env=clean_environment(), check=False
        )
        assert (0, b"") == (done.returncode, done.stderr)
        return done.stdout.decode().splitlines()

    def run(
        self, function: str, workload: bytes, *, exceptions: bool = False, namespace: str = ""
    ) -> list[str]:
        """What it hears of a job in the foreground."""
        with file_with(workload) as path:
            namespaced = [namespace] if namespace else []
            return self("run", function, path, "", "normal", "1" if exceptions else "", *namespaced)

    def call(self, function: str, workload: bytes) -> list[str]:
        """What it makes of the library's shortest way to a result."""
        with file_with(workload) as path:
            return self("call", function, path)

    @contextlib.contextmanager
    def running(
        self, function: str, workload: bytes, *, unique: str = "", priority: str = "normal"
    ) -> Iterator[Process]:
        """A client that waits for a job in the foreground."""
        with (
            file_with(workload) as path,
            process(self.command("run", function, path, unique, priority, "")) as it,
        ):
            yield it

    def background(
        self, function: str, workload: bytes, *, unique: str = "", priority: str = "normal"
    ) -> str:
        """The handle of a job in the background."""
        with file_with(workload) as path:
            (handle,) = self("background", function, path, unique, priority)
        return handle


@contextlib.contextmanager
def file_with(content: bytes) -> Iterator[str]:
    """The path of a file that has a content."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        yield file.name


def worker(
    library: Library, port: int, prefix: str, *, timeout: int = 0, namespace: str = ""
) -> contextlib.AbstractContextManager[Process]:
    """A worker of a library; its functions' names begin with a prefix, so that every test has its own."""
    namespaced = [namespace] if namespace else []
    return process([*library.worker, str(port), prefix, str(timeout), *namespaced])


def ran(worker: Process, function: str) -> list[bytes]:
    """The workloads that a worker was given for a function."""
    lines = (line for line in worker.said().splitlines(keepends=True) if line.endswith("\n"))
    rows = (line.partition(" ") for line in lines)
    return [bytes.fromhex(workload) for name, _, workload in rows if name == function]


class Gate:
    """A named pipe in which workers wait for a line; its path is a workload."""

    def __init__(self, folder: Path) -> None:
        path = folder / "gate"
        os.mkfifo(path)
        self.path = os.fsencode(path)
        self._descriptor = os.open(path, os.O_RDWR)

    def __enter__(self) -> Gate:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        os.close(self._descriptor)

    def open(self) -> None:
        """Let a worker pass."""
        os.write(self._descriptor, b"go\n")
