"""Servers to measure: how each is started on a free port, looked at, and stopped."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

GEAR = f"{shlex.quote(sys.executable)} -m gearcli serve -q -p {{port}}"
BARE = f"{shlex.quote(sys.executable)} -m tests.bench.bare {{port}}"
KNOWN = {
    "gear": GEAR,
    "gear, stored": f"{GEAR} --store {{folder}}/jobs.db",
    "gearmand": "/usr/sbin/gearmand -p {port} -L 127.0.0.1 -l none -P {folder}/pid",
    "gearmand, stored": "/usr/sbin/gearmand -p {port} -L 127.0.0.1 -l none -P {folder}/pid"
    " -q libsqlite3 --libsqlite3-db={folder}/queue.db",
    "perl": "/usr/bin/gearmand -p {port} -L 127.0.0.1",
    "geard": "geard -d -p {port} --listen-address 127.0.0.1 --log-config {here}/geard.ini",
    "bare": BARE,
}
"""Ours; the C server; both with SQLite; Perl's (Debian's gearman-server); PyPI's `gear`; see `bare`."""

_DIALECTS = {KNOWN["geard"]: ("grab=30",)}
"""What `load` has to be told about a server that does not know everything."""

_PATIENCE = 20.0
"""Seconds a server may take to listen, or to end."""


class Server:
    """A running server: its port on loopback, its process, and what `load` has to be told of it."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], dialect: tuple[str, ...]) -> None:
        self.port = port
        self.process = process
        self.dialect = dialect

    def memory(self) -> int:
        """Resident memory in kB (VmRSS in /proc)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])


def installed(name: str) -> bool:
    """Whether a known server can be started here."""
    return shutil.which(shlex.split(KNOWN[name])[0]) is not None


@contextlib.contextmanager
def running(command: str) -> Iterator[Server]:
    """A server of its own for one measurement.  Raises RuntimeError when it does not listen in time."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        words = shlex.split(command.format(port=port, folder=folder, here=Path(__file__).parent))
        process = subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            _await(port, process, command)
            yield Server(port, process, _DIALECTS.get(command, ()))
        finally:
            _stop(process)


def _await(port: int, process: subprocess.Popen[bytes], command: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"does not listen: {command}")
        time.sleep(0.02)  # there is nothing to wait on but the next try


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a server with all it started; nothing it holds is worth waiting for."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_PATIENCE)
