"""The servers of a client: which are there, which are tried again and when, and which takes a task."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import inf

from gearcli.client.connection import Connection, Opening
from gearcli.client.pauses import Pauses
from gearcli.client.tasks import EXCEPTIONS, Task, Tasks
from gearcli.errors import ConfigError, ConnectFailed, GearError
from gearcli.protocol.address import Address

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds until a lost server is tried again, at first and in the end."""


class Server:
    """One of the servers: absent, being reached (`opening`), or there (`connection`)."""

    def __init__(self, address: Address, connect_timeout: float) -> None:
        self.address = address
        self.connection: Connection | None = None
        self.opening: Opening | None = None
        self.tasks = Tasks(address)
        """What was submitted over the present connection."""
        self.failure: GearError | None = None
        """Why it is absent."""
        self.retry_at = 0.0
        """When it may be tried again, in monotonic seconds."""
        self.stopping = False
        """Whether it has said that it takes no new tasks until it has been started again."""
        self.late = 0
        """Answers to questions that nobody waits for any longer."""
        self._heard_at = 0.0
        self._pauses = Pauses(FIRST_PAUSE, LONGEST_PAUSE)
        self._connect_timeout = connect_timeout

    @property
    def absent(self) -> bool:
        """Whether it is not there and must not be tried yet."""
        return self.connection is None and self.opening is None and self.retry_at > time.monotonic()

    @property
    def takes_tasks(self) -> bool:
        """Whether it is there for new tasks."""
        return self.connection is not None and not self.stopping

    def reach(self) -> None:
        """Begin to connect, or go on with it.  What fails is noted in `failure`.

        Raises ConfigError for files of TLS that cannot be used.
        """
        try:
            if self.opening is None:
                self.opening = Opening(self.address, self._connect_timeout)
            connection = self.opening.proceed()
        except ConnectFailed as error:
            self.gone(error)
            return
        except ConfigError:
            self.close()
            raise
        if connection is not None:
            self.opening, self.connection, self.tasks, self.late = None, connection, Tasks(self.address), 0
            self.stopping = False
            connection.send(EXCEPTIONS)

    def submit(self, task: Task, packet: Sequence[bytes]) -> None:
        """Send a task to it; it is there."""
        assert self.connection is not None
        self.connection.send(*packet)
        self.tasks.submitted(task)
        task.server, task.submitted = self.address, time.monotonic()

    def heard(self) -> None:
        """It has answered, so it works."""
        self._pauses.reset()
        self._heard_at = time.monotonic()

    def silent_until(self, seconds: float) -> float:
        """When it will have owed an answer to a submission for so long, monotonic; infinity if it owes none.

        While there is something left to send, it may be that it reads slowly.
        """
        oldest = self.tasks.oldest_unanswered
        if self.connection is None or oldest is None or self.connection.unsent:
            return inf
        return max(oldest.submitted, self._heard_at) + seconds

    def gone(self, failure: GearError, *, idle: bool = False) -> None:
        """It is not there, or no longer.  Who lost nothing but an `idle` connection may try again at once."""
        self.close()
        self.failure = failure
        self.retry_at = time.monotonic() + (0.0 if idle else self._pauses.next())

    def forget(self) -> None:
        """End the connection; it may be tried again at once."""
        self.close()
        self.retry_at = 0.0
        self._pauses.reset()

    def close(self) -> None:
        """End the connection, if there is one."""
        for end in (self.connection, self.opening):
            if end is not None:
                end.close()
        self.connection = self.opening = None


def by_preference(servers: Sequence[Server], task: Task) -> Sequence[Server]:
    """The servers in the order in which a task with a shared unique tries them.

    Every client that knows the same servers, in whatever order, finds the same
    one for the same function and unique.  When one is down, only its tasks move.
    """
    from zlib import crc32  # which nobody needs who has one server

    key = b"%b\0%b\0" % (task.function, task.unique)
    return sorted(servers, key=lambda server: _mixed(crc32(key + str(server.address).encode())), reverse=True)


def _mixed(number: int) -> int:
    """A number whose order says nothing about the one it is made of.

    The checksums of texts that differ at their end only are too much alike to be compared.
    """
    number = (number ^ number >> 16) * 0x45D9F3B & 0xFFFFFFFF
    number = (number ^ number >> 16) * 0x45D9F3B & 0xFFFFFFFF
    return number ^ number >> 16
