"""Asking servers for somebody who waits in a selector: each in its own thread, none waits for another."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

from gearcli.client.admin import Admin
from gearcli.client.survey import Answer, Survey
from gearcli.protocol.address import Address

T = TypeVar("T")


class Asker(Generic[T]):
    """Servers, by the numbers of their addresses; its `fileno` can be read when there are answers.

    `question` is called in a thread with the number of a server and an Admin
    of it.  A context manager.  A server that is being asked at the end is
    left to its thread, which ends with the process.
    """

    def __init__(
        self, addresses: Sequence[Address], question: Callable[[int, Admin], T], *, connect_timeout: float
    ) -> None:
        self.asked: set[int] = set()
        """The servers that have not answered yet."""
        self._surveys = [
            Survey([address], _of(question, number), connect_timeout=connect_timeout)
            for number, address in enumerate(addresses)
        ]
        self._said: queue.SimpleQueue[tuple[int, Answer[T]]] = queue.SimpleQueue()
        self._bell, self._rope = socket.socketpair()
        self._bell.setblocking(False)
        self._rope.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, survey in enumerate(self._surveys):
            if number not in self.asked:
                survey.close()
        if not self.asked:  # a thread that still asks would find another descriptor in their place
            self._bell.close()
            self._rope.close()

    def fileno(self) -> int:
        """What a selector waits for."""
        return self._bell.fileno()

    def ask(self, number: int) -> None:
        """Ask a server, unless it is being asked."""
        if number not in self.asked:
            self.asked.add(number)
            threading.Thread(target=self._answered, args=[number], daemon=True).start()

    def answers(self) -> list[tuple[int, Answer[T]]]:
        """What came since the last call: the numbers of servers and what they said."""
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._said.get_nowait())
        self.asked -= {number for number, _ in found}
        return found

    def _answered(self, number: int) -> None:
        self._said.put((number, self._surveys[number].ask()[0]))
        with contextlib.suppress(BlockingIOError):  # it rings already
            self._rope.send(b".")


def _of(question: Callable[[int, Admin], T], number: int) -> Callable[[Admin], T]:
    return lambda admin: question(number, admin)
