"""Many connections in one thread, served as they become ready."""

from __future__ import annotations

import functools
import selectors
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from gearcli.client.connection import Connection, expired, seconds_until
from gearcli.errors import TimeLimit


class Member(Protocol):
    """Who speaks on a connection; what is sent on it leaves when there is room."""

    connection: Connection

    def take(self) -> None:
        """Deal with the packets that the connection has received.

        What is raised ends the crowd's `run`; packets that are left then wait for the next one.
        """


class Crowd:
    """Members whose connections it waits for and closes.

    `selector` may have other keys; their data are called without arguments
    when they are ready, and may raise to end a `run`.
    """

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self._sending: dict[Member, bool] = {}  # whether it waits for room to send

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()
        self.selector.close()

    @property
    def members(self) -> list[Member]:
        """Those that have not been dismissed."""
        return list(self._sending)

    def add(self, member: Member) -> None:
        """One more; what it has to say leaves in `run`."""
        serve = functools.partial(self._serve, member)
        self.selector.register(member.connection, selectors.EVENT_READ, serve)
        self._sending[member] = False

    def run(self, done: Callable[[], bool], deadline: float) -> None:
        """Let the members talk until `done()`.

        Raises TimeLimit at `deadline` (monotonic seconds), ConnectionLost or
        ProtocolError for a connection that cannot go on, and what a member
        raises.  The members stay, so that another `run` may go on.
        """
        for member in self._sending:
            self._serve(member)
        while not done():
            if expired(deadline):
                raise TimeLimit("the time limit passed")
            for key, _ in self.selector.select(seconds_until(deadline)):
                key.data()

    def dismiss_lost(self) -> None:
        """Forget those whose connection cannot go on."""
        for member in self.members:
            if member.connection.lost is not None:
                self._dismiss(member)

    def dismiss(self) -> None:
        """Close every connection."""
        for member in self.members:
            self._dismiss(member)

    def _dismiss(self, member: Member) -> None:
        del self._sending[member]
        self.selector.unregister(member.connection)
        member.connection.close()

    def _serve(self, member: Member) -> None:
        connection = member.connection
        connection.exchange()
        if connection.received:
            member.take()
            connection.flush()
        if connection.lost is not None:
            raise connection.lost
        if connection.unsent is not self._sending[member]:
            self._sending[member] = connection.unsent
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
            self.selector.modify(connection, events, functools.partial(self._serve, member))
