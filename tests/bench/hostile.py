"""What hostile peers cost a server and the innocent beside them.

Each scenario plays against a fresh server on loopback, ends by itself, and
returns its figures by name.  The targets are ours; other servers are measured
by the same.
"""

from __future__ import annotations

import contextlib
import math
import os
import resource
import select
import shlex
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from gearcli.protocol.packets import PacketType, request
from tests.bench import secured
from tests.bench.pings import pinging
from tests.bench.servers import Server

P = PacketType
MIB = 1 << 20
_ANSWER = 20.0  # seconds that an answer may take
_CERTIFIED = f"{shlex.quote(sys.executable)} -m tests.bench.secured {{folder}} "
_SERVER = "{folder}/server.pem"
_SSL = f" --ssl --ssl-ca-file={{folder}}/ca.pem --ssl-certificate={_SERVER} --ssl-key={_SERVER}"
_HUGE = b"\0REQ" + struct.pack(">II", P.SUBMIT_JOB_BG, 0xFFFFFFFF)


class Scenario(NamedTuple):
    """Something hostile; `targets` are the most that each figure may be."""

    name: str
    play: Callable[[Server], dict[str, float]]
    targets: dict[str, float]
    options: str = ""
    """For our server."""
    theirs: str = ""
    """For gearmand."""
    prefix: str = ""
    """Before the command of any server."""


# -- tools ---------------------------------------------------------------------------------


@contextlib.contextmanager
def crowd(port: int, count: int) -> Iterator[list[socket.socket]]:
    """So many connections."""
    allow_files(count + 100)
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(dial(port)) for _ in range(count)]


def dial(port: int) -> socket.socket:
    """A connection."""
    connection = socket.create_connection(("127.0.0.1", port), _ANSWER)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def allow_files(count: int) -> None:
    """Have so many descriptors ourselves."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))


def ask(connection: socket.socket, packet: bytes = request(P.ECHO_REQ, b"x")) -> bytes:
    """Send a packet; the packet that answers it."""
    connection.sendall(packet)
    head = _exactly(connection, 12)
    return head + _exactly(connection, struct.unpack(">I", head[8:])[0])


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = bytearray()
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise ConnectionError("closed by the server")
        data += piece
    return bytes(data)


def cpu(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak(server: Server) -> int:
    """The most resident memory there was, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _grown(server: Server, base: int) -> float:
    """By how many MiB its memory had grown at most."""
    return max(0, _peak(server) - base * 1024) / MIB


def closed(connections: list[socket.socket], within: float) -> int:
    """How many of some connections the server ends in a time, in seconds."""
    poll = select.poll()
    by_descriptor = {each.fileno(): each for each in connections}
    for each in connections:
        each.setblocking(False)
        poll.register(each, select.POLLIN)
    end, count = time.monotonic() + within, 0
    while by_descriptor and (left := end - time.monotonic()) > 0:
        for descriptor, _ in poll.poll(left * 1000):
            if _over(by_descriptor[descriptor]):
                poll.unregister(descriptor)
                del by_descriptor[descriptor]
                count += 1
    return count


def _over(connection: socket.socket) -> bool:
    """Read what there is; whether that was the end."""
    try:
        while connection.recv(MIB):
            pass
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def flood(connection: socket.socket, data: bytes, seconds: float, most: int) -> int:
    """Send the same again and again without reading, as long as it is taken; how many bytes were."""
    connection.setblocking(False)
    view, sent, end = memoryview(data * max(1, 65536 // len(data))), 0, time.monotonic() + seconds
    position = 0
    while sent < most and time.monotonic() < end:
        try:
            count = connection.send(view[position:])
        except BlockingIOError:
            if not select.select([], [connection], [], min(0.2, max(0.0, end - time.monotonic())))[1]:
                continue
        except OSError:
            break
        else:
            sent += count
            position = (position + count) % len(view)
    return sent


# -- scenarios -----------------------------------------------------------------------------------


def slow_loris(server: Server, count: int = 1000, within: float = 60.0) -> dict[str, float]:
    """Connections that send a part of a packet, and no more."""
    parts = (b"\0RE", _HUGE[:8], request(P.SUBMIT_JOB, b"f", b"", b"w" * 100)[:40], b"statu")
    with crowd(server.port, count) as connections, pinging(server.port) as pings:
        for number, connection in enumerate(connections):
            connection.sendall(parts[number % len(parts)])
        begin = time.monotonic()
        ended = closed(connections, within)
        seconds = time.monotonic() - begin
    return {"left open": count - ended, "seconds until closed": seconds, "ECHO p99 ms": pings.p99}


def silent_with_tls(server: Server, count: int = 500, within: float = 60.0) -> dict[str, float]:
    """Connections that never begin to agree on TLS: what they cost until they end, and others."""
    _greet(server)
    before, begin = cpu(server.process.pid), time.monotonic()
    with crowd(server.port, count) as connections:
        ended = closed(connections, within)
        seconds = time.monotonic() - begin
        share = (cpu(server.process.pid) - before) / seconds * 100
    with crowd(server.port, count), pinging(server.port, tls=True) as pings:
        came_in = _seconds(lambda: _greet(server))
        time.sleep(1.0)  # so long are others asked
    return {
        "left open": count - ended,
        "seconds until closed": seconds,
        "CPU %": share,
        "ms to come in": came_in * 1000,
        "ECHO p99 ms": pings.p99,
    }


def _greet(server: Server) -> None:
    """Agree on TLS, and ask."""
    with secured.dial(server.port) as connection:
        ask(connection)


def never_reading_echo(server: Server, seconds: float = 4.0) -> dict[str, float]:
    """A client that asks for its own bytes and reads none."""
    base = server.memory()
    with dial(server.port) as connection, pinging(server.port) as pings:
        flood(connection, request(P.ECHO_REQ, b"x" * 60_000), seconds, 600 * MIB)
    return {"MiB more": _grown(server, base), "ECHO p99 ms": pings.p99}


def never_reading_listener(server: Server, seconds: float = 4.0) -> dict[str, float]:
    """A client that does not read what the worker of its job makes."""
    base = server.memory()
    with dial(server.port) as client, dial(server.port) as worker, pinging(server.port) as pings:
        worker.sendall(request(P.CAN_DO, b"f"))
        ask(worker)
        ask(client, request(P.SUBMIT_JOB, b"f", b"", b""))
        handle = ask(worker, request(P.GRAB_JOB))[12:].split(b"\0")[0]
        flood(worker, request(P.WORK_DATA, handle, b"x" * 60_000), seconds, 600 * MIB)
    return {"MiB more": _grown(server, base), "ECHO p99 ms": pings.p99}


def never_reading_status(server: Server, functions: int = 10_000, times: int = 1000) -> dict[str, float]:
    """A client that asks for the status of very many functions again and again and reads none of it."""
    with dial(server.port) as worker:
        worker.sendall(b"".join(request(P.CAN_DO, b"function %06d" % number) for number in range(functions)))
        ask(worker)
        base = server.memory()
        with dial(server.port) as connection, pinging(server.port) as pings:
            connection.sendall(b"status\n" * times)
            time.sleep(2.0)  # what is measured is what happens to others meanwhile
    return {"MiB more": _grown(server, base), "ECHO p99 ms": pings.p99}


def huge_lengths(server: Server, count: int = 50, body: int = 300 * MIB) -> dict[str, float]:
    """Packets of 4 GiB that are only announced, and one whose first 300 MB come."""
    base = server.memory()
    with crowd(server.port, count) as connections:
        for connection in connections:
            connection.sendall(_HUGE)
        refused = closed(connections, 2.0)
    with dial(server.port) as connection:
        connection.sendall(_HUGE)
        taken = flood(connection, bytes(65536), 5.0, body)
    return {
        "not refused": count - refused,
        "MB of a body taken": taken / 1e6,
        "MiB more": _grown(server, base),
    }


def few_descriptors(server: Server, count: int = 200, seconds: float = 3.0) -> dict[str, float]:
    """More connections than descriptors; then they go."""
    with dial(server.port) as first:
        ask(first)
        with crowd(server.port, count):
            time.sleep(0.5)  # those that are let in are let in
            before, begin = cpu(server.process.pid), time.monotonic()
            time.sleep(seconds)  # what is measured is what nothing costs
            share = (cpu(server.process.pid) - before) / (time.monotonic() - begin) * 100
            submit = _seconds(lambda: ask(first, request(P.SUBMIT_JOB_BG, b"f", b"u", b"w")))
        with dial(server.port) as late:
            recovered = _seconds(lambda: ask(late))
    return {"CPU %": share, "ms of a submit": submit * 1000, "seconds to recover": recovered}


def _seconds(call: Callable[[], object]) -> float:
    """How long something takes; infinity if it takes too long."""
    begin = time.monotonic()
    try:
        call()
    except TimeoutError:
        return math.inf
    return time.monotonic() - begin


def idlers(server: Server, count: int = 10_000, within: float = 60.0) -> dict[str, float]:
    """Very many connections that do nothing."""
    base, begin = server.memory(), time.monotonic()
    allow_files(count + 100)
    with contextlib.ExitStack() as stack:
        connections: list[socket.socket] = []
        while len(connections) < count and time.monotonic() < begin + within:
            connections.append(stack.enter_context(dial(server.port)))
        answered = 0
        while answered < len(connections) and time.monotonic() < begin + within:
            ask(connections[answered])
            answered += 1
        seconds = time.monotonic() - begin
        grown = (server.memory() - base) / 1024
        with pinging(server.port) as pings:
            time.sleep(1.0)  # so long are others asked
    left = _descriptors_left(server)
    return {
        "not served": count - answered,
        "seconds": seconds,
        "MiB": grown,
        "ECHO p99 ms": pings.p99,
        "descriptors left over": left,
    }


def _descriptors_left(server: Server) -> int:
    """How many connections are still open half a minute at most after all have gone."""
    folder, end = Path(f"/proc/{server.process.pid}/fd"), time.monotonic() + 30

    def sockets() -> int:
        return sum(1 for each in folder.iterdir() if "socket:" in _link(each))

    while sockets() > 8 and time.monotonic() < end:  # gearmand keeps some for itself
        time.sleep(0.05)  # there is nothing to wait on but the next look
    return max(0, sockets() - 8)


def _link(path: Path) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(path)
    return ""


SCENARIOS = (
    Scenario(
        "slow loris, 1,000", slow_loris, {"left open": 0, "seconds until closed": 35, "ECHO p99 ms": 20}
    ),
    Scenario(
        "silent with TLS, 500",
        silent_with_tls,
        {"left open": 0, "seconds until closed": 12, "CPU %": 5, "ms to come in": 50, "ECHO p99 ms": 20},
        options=f" --tls --cert {_SERVER}",
        theirs=_SSL,
        prefix=_CERTIFIED,
    ),
    Scenario("never reads ECHO", never_reading_echo, {"MiB more": 80, "ECHO p99 ms": 50}),
    Scenario("never reads WORK_DATA", never_reading_listener, {"MiB more": 80, "ECHO p99 ms": 50}),
    Scenario("never reads status", never_reading_status, {"MiB more": 80, "ECHO p99 ms": 50}),
    Scenario(
        "4 GiB announced, 50", huge_lengths, {"not refused": 0, "MB of a body taken": 10, "MiB more": 1}
    ),
    Scenario(
        "200 at ulimit -n 64",
        few_descriptors,
        {"CPU %": 5, "ms of a submit": 50, "seconds to recover": 1},
        prefix="prlimit --nofile=64:64 ",
    ),
    Scenario(
        "10,000 idle",
        idlers,
        {"not served": 0, "seconds": 15, "MiB": 150, "ECHO p99 ms": 5, "descriptors left over": 0},
        options=" --max-connections 11000",
    ),
)
