"""A resolver, played by the test, that answers when the test wants it to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support import DEADLINE


class Resolver:
    """Every name is 127.0.0.1 once `answer` was called; what is no name is left to the real one."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answers = threading.Event()
        self._real = socket.getaddrinfo

    def answer(self) -> None:
        """Answer all who ask."""
        self._answers.set()

    def getaddrinfo(self, host: bytes | str, port: int, type: int, flags: int = 0) -> object:
        """As in `socket`."""
        if flags & socket.AI_NUMERICHOST:
            return self._real(host, port, type=type, flags=flags)
        self.asked.append(host.decode() if isinstance(host, bytes) else host)
        self._answers.wait(DEADLINE)
        return self._real("127.0.0.1", port, type=type)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """The only resolver; at the end it answers all who still wait."""
    made = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    yield made
    made.answer()
