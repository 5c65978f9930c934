"""The least a server on selectors can do: receive, count bytes, send bytes that were made before.

It takes nothing apart.  A worker's messages are compared whole, a client's are
counted by their length, and the answers are always the same bytes, as many as
a real server has for `load cycle`; no job is kept.  How near a server comes
to it is how little it adds to the system calls.

    python -m tests.bench.bare PORT [SIZE]
"""

from __future__ import annotations

import os
import selectors
import socket
import sys
from collections import deque

from gearcli.protocol.packets import PacketType as P
from gearcli.protocol.packets import request, response

HANDLE = b"H:bare:1"
CREATED = response(P.JOB_CREATED, HANDLE)
COMPLETE = response(P.WORK_COMPLETE, HANDLE, b"ok")
NOOP, NO_JOB = response(P.NOOP), response(P.NO_JOB)
SETTLED = response(P.STATUS_RES, b"none", b"0", b"0", b"0", b"0")

# All that a worker says, each in one piece, since it says nothing before it is answered.
ASKS = request(P.GRAB_JOB)
BEGINS = request(P.CAN_DO, b"bench") + ASKS
REPORTS = request(P.WORK_COMPLETE, HANDLE, b"ok") + ASKS
SLEEPS = request(P.PRE_SLEEP)
SETTLES = SLEEPS + request(P.GET_STATUS, b"none")

LOOKS = 25  # before it sleeps, as the real server


class Bare:
    """Answers `load cycle` by numbers of bytes."""

    def __init__(self, port: int, size: int) -> None:
        self.submit = len(request(P.SUBMIT_JOB, b"bench", b"", bytes(size)))
        self.assign = response(P.JOB_ASSIGN, HANDLE, b"bench", b"x" * size)
        self.selector = selectors.DefaultSelector()
        self.listener = socket.create_server(("127.0.0.1", port))
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.waiting: deque[socket.socket] = deque()  # a client for each job that nobody has
        self.running: dict[socket.socket, socket.socket] = {}  # the client, by worker
        self.sleeping: deque[socket.socket] = deque()
        self.rest: dict[socket.socket, int] = {}  # bytes of a message that is not whole
        self.told: dict[socket.socket, list[bytes]] = {}

    def run(self) -> None:
        """Serve until killed."""
        while True:
            for key, _ in self.ready():
                if key.fileobj is self.listener:
                    self.accept()
                else:
                    assert isinstance(key.fileobj, socket.socket)
                    self.receive(key.fileobj)
            for connection, parts in self.told.items():
                connection.send(b"".join(parts))
            self.told.clear()

    def ready(self) -> list[tuple[selectors.SelectorKey, int]]:
        """Wait as the real server does."""
        for _ in range(LOOKS):
            events = self.selector.select(0.0)
            if events:
                return events
            os.sched_yield()
        return self.selector.select()

    def accept(self) -> None:
        connection, _ = self.listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.selector.register(connection, selectors.EVENT_READ)
        self.rest[connection] = 0

    def tell(self, connection: socket.socket, data: bytes) -> None:
        self.told.setdefault(connection, []).append(data)

    def receive(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(65536)
        except ConnectionResetError:
            data = b""
        if data == REPORTS:
            self.tell(self.running.pop(connection), COMPLETE)
            self.assign_to(connection)
        elif data in (ASKS, BEGINS):
            self.assign_to(connection)
        elif data in (SLEEPS, SETTLES):
            self.put_to_sleep(connection)
            if data == SETTLES:
                self.tell(connection, SETTLED)
        elif data:
            self.take_jobs(connection, len(data))
        else:
            self.selector.unregister(connection)
            connection.close()

    def take_jobs(self, client: socket.socket, size: int) -> None:
        jobs, self.rest[client] = divmod(self.rest[client] + size, self.submit)
        self.tell(client, CREATED * jobs)
        self.waiting.extend([client] * jobs)
        while self.sleeping and jobs:
            self.tell(self.sleeping.popleft(), NOOP)
            jobs -= 1

    def assign_to(self, worker: socket.socket) -> None:
        if self.waiting:
            self.running[worker] = self.waiting.popleft()
            self.tell(worker, self.assign)
        else:
            self.tell(worker, NO_JOB)

    def put_to_sleep(self, worker: socket.socket) -> None:
        if self.waiting:
            self.tell(worker, NOOP)
        else:
            self.sleeping.append(worker)


if __name__ == "__main__":
    Bare(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 64).run()
