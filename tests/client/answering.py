"""A server of the text protocol that says what the test wants said, each time when it is asked."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from gearcli.protocol.address import Address
from tests.support import DEADLINE

Reply: TypeAlias = bytes | Callable[[socket.socket], None] | None
"""Bytes to say, or what to do with the connection; None closes it."""


class Answering:
    """Listens on loopback and answers command lines.

    The answers are those of `replies`, by the whole command; a command that
    is not there is answered with what `say` was told, in this order.  `asked`
    are the commands that came.  A command without an answer gets none.
    """

    def __init__(self, replies: Mapping[bytes, Reply] | None = None) -> None:
        self.asked: list[bytes] = []
        self._replies = dict(replies or {})
        self._next: queue.SimpleQueue[Reply] = queue.SimpleQueue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.address = Address("127.0.0.1", self.port)
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def say(self, *replies: Reply) -> None:
        """What to answer to the next commands."""
        for reply in replies:
            self._next.put(reply)

    def close(self) -> None:
        """Cut all connections and stop listening."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for accepted in self._open:
            with contextlib.suppress(OSError):
                accepted.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self._open.append(accepted)
                thread = threading.Thread(target=self._serve, args=[accepted])
                self._threads.append(thread)
                thread.start()

    def _serve(self, accepted: socket.socket) -> None:
        with contextlib.suppress(OSError), accepted, accepted.makefile("rb") as lines:
            for line in lines:
                command = line.rstrip(b"\r\n")
                self.asked.append(command)
                if command in self._replies:
                    reply = self._replies[command]
                elif self._next.empty():
                    continue
                else:
                    reply = self._next.get()
                if reply is None:
                    accepted.shutdown(socket.SHUT_RDWR)
                    return
                if isinstance(reply, bytes):
                    accepted.sendall(reply)
                else:
                    reply(accepted)


@contextlib.contextmanager
def answering(replies: Mapping[bytes, Reply] | None = None) -> Iterator[Answering]:
    """A server that answers so as long as the block."""
    server = Answering(replies)
    try:
        yield server
    finally:
        server.close()
