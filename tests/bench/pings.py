"""Round trips of an innocent client while others misbehave: `python -m tests.bench.pings PORT [tls]`.

A process of its own, so that nothing but the server delays it.  It asks every
few milliseconds until its standard input ends, and then says the median, the
99th percentile and the longest, in milliseconds.
"""

from __future__ import annotations

import contextlib
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from gearcli.protocol.packets import PacketType, request
from tests.bench import secured

_EVERY = 0.01  # seconds
_PATIENCE = 60.0
_PING = request(PacketType.ECHO_REQ, b"ping")


class Pings:
    """The figures, in milliseconds, once the context has ended."""

    median = p99 = longest = float("nan")
    count = 0


@contextlib.contextmanager
def pinging(port: int, *, tls: bool = False) -> Iterator[Pings]:
    """Ping a server for the length of a block."""
    pings = Pings()
    command = [sys.executable, "-m", "tests.bench.pings", str(port), *(["tls"] if tls else [])]
    pinger = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert pinger.stdout is not None
        pinger.stdout.readline()  # it has had an answer
        yield pings
        words = pinger.communicate(timeout=_PATIENCE)[0].split()
        if len(words) == 4:
            pings.median, pings.p99, pings.longest = map(float, words[:3])
            pings.count = int(words[3])
    finally:
        pinger.kill()
        pinger.communicate()


def _ping(connection: socket.socket) -> float:
    """The milliseconds of a round trip."""
    begin = time.perf_counter()
    connection.sendall(_PING)
    missing = len(_PING)
    while missing:
        missing -= len(connection.recv(missing))
    return (time.perf_counter() - begin) * 1000


def main(port: int, how: str = "") -> None:
    """Ping until standard input ends."""
    address = "127.0.0.1", port
    with secured.dial(port) if how else socket.create_connection(address, _PATIENCE) as connection:
        connection.settimeout(_PATIENCE)
        _ping(connection)
        print("pinging", flush=True)
        times = []
        while not select.select([sys.stdin], [], [], _EVERY)[0]:
            times.append(_ping(connection))
    times.sort()
    count = len(times)
    print(times[count // 2], times[count * 99 // 100], times[-1], count)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
