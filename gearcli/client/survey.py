"""Asking several servers the same thing at the same time.

Each server is asked in a thread of its own, which shares nothing with the
others but that it hands over its answer: so neither a server that is slow,
nor one that is dead, nor a name that does not resolve holds up the others.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Generic, NamedTuple, Self, TypeVar

from gearcli.client.admin import Admin
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.client.conversation import ANSWER_TIMEOUT
from gearcli.errors import GearError, NoAnswer
from gearcli.protocol.address import Address

T = TypeVar("T")


class Answer(NamedTuple, Generic[T]):
    """What became of a question to one server: `value`, or the `error` that took its place."""

    address: Address
    value: T | None
    error: GearError | None
    seconds: float
    """How long it took."""


class Survey(Generic[T]):
    """Servers that are asked one question again and again, over connections that stay.

    `question` is called with an `Admin` of each server, for example
    `gearcli.client.snapshot.snapshot` or ``Admin.workers``; a GearError that
    it raises is the answer of that server.  A server that is not there is
    connected to anew each time.  Use it as a context manager, or call `close`.

        with Survey(addresses, snapshot) as servers:
            for answer in servers.ask():
                …
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        question: Callable[[Admin], T],
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        self._answers: queue.SimpleQueue[tuple[int, Answer[T] | Exception]] = queue.SimpleQueue()
        self._asked = [_Asked(address, question, connect_timeout, timeout) for address in addresses]
        self._within = connect_timeout + timeout
        self._pending: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections; one that is being asked ends when its time is over."""
        for number, asked in enumerate(self._asked):
            if number not in self._pending:
                asked.close()

    def ask(self, within: float | None = None) -> list[Answer[T]]:
        """One answer for each server, in the order of the addresses, in `within` seconds at most.

        The default leaves each the time to connect and to answer.  Who has
        not answered by then has NoAnswer for an error; what it says later is
        its answer the next time.
        """
        began = time.monotonic()
        seconds = self._within if within is None else within
        for number in range(len(self._asked)):
            if number not in self._pending:
                self._begin(number)
        answers = self._collected(began + seconds)
        return [
            answers.get(number) or _late(asked.address, time.monotonic() - began)
            for number, asked in enumerate(self._asked)
        ]

    def _begin(self, number: int) -> None:
        """Ask a server."""
        asked = self._asked[number]
        self._pending.add(number)
        threading.Thread(target=self._hand_over, args=(number, asked), daemon=True).start()

    def _hand_over(self, number: int, asked: _Asked[T]) -> None:
        """Ask a server, in its own thread."""
        try:
            self._answers.put((number, asked.answer()))
        except Exception as fault:  # of this program: it is raised where somebody sees it
            self._answers.put((number, fault))

    def _collected(self, deadline: float) -> dict[int, Answer[T]]:
        """The answers until a deadline, in monotonic seconds, by the number of the server."""
        found: dict[int, Answer[T]] = {}
        while self._pending:
            try:
                number, answer = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            self._pending.discard(number)
            if isinstance(answer, Exception):
                raise answer
            found[number] = answer
        return found


def survey(
    addresses: Sequence[Address],
    question: Callable[[Admin], T],
    *,
    connect_timeout: float = CONNECT_TIMEOUT,
    timeout: float = ANSWER_TIMEOUT,
) -> list[Answer[T]]:
    """Ask each server once; one answer for each, in the order of the addresses."""
    with Survey(addresses, question, connect_timeout=connect_timeout, timeout=timeout) as servers:
        return servers.ask()


class _Asked(Generic[T]):
    """One server that is asked, and the connection to it."""

    def __init__(
        self, address: Address, question: Callable[[Admin], T], connect_timeout: float, timeout: float
    ) -> None:
        self.address = address
        self._question = question
        self._connect_timeout = connect_timeout
        self._timeout = timeout
        self._admin: Admin | None = None

    def answer(self) -> Answer[T]:
        """Ask it."""
        began = time.monotonic()
        try:
            if self._admin is None:
                self._admin = Admin(
                    self.address, connect_timeout=self._connect_timeout, timeout=self._timeout
                )
            value, error = self._question(self._admin), None
        except GearError as failure:
            return Answer(self.address, None, failure, time.monotonic() - began)
        return Answer(self.address, value, error, time.monotonic() - began)

    def close(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None


def _late(address: Address, seconds: float) -> Answer[T]:
    return Answer(address, None, NoAnswer(f"{address} has not answered within {seconds:.3g} s"), seconds)
