"""Tasks on their way to some servers and back: one connection each, many tasks in flight.

A task whose server is lost before it has answered is submitted again, to
another server or to the same one when it is back; nothing is dropped.
"""

from __future__ import annotations

import select
import time
from collections import deque
from collections.abc import Iterator, Sequence
from math import inf
from types import TracebackType
from typing import NamedTuple, Self

from gearcli.client.connection import CONNECT_TIMEOUT, Connection, expired, milliseconds_until
from gearcli.client.servers import Server, by_preference
from gearcli.client.tasks import ANSWERS, Event, Local, Task, packet_of
from gearcli.errors import ConnectFailed, ConnectionLost, GearError, ProtocolError, TimeLimit, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType, checked, request
from gearcli.protocol.refusals import Refusal

ANSWER_TIMEOUT = 10.0
"""Seconds that an answer may take which the server gives at once."""
SILENCE = 30.0
"""Seconds after which a server is taken for gone that has not even answered a submission."""
_STOPS = [Refusal.DRAINING.code, Refusal.DRAINING.text]
LOSSES = 10
"""How often a task may lose its server: one that kills every server must not go round for ever."""


class ServerLost(NamedTuple):
    """A server went away before it had answered these tasks; they are submitted again.

    Each of them may have been done, or be done, all the same.
    """

    reason: GearError
    tasks: list[Task]


Happening = Event | ServerLost


class Dispatch:
    """Tasks over some servers.

    With `spread` every task goes to the server with the fewest, else to the
    first that is there; those with a shared unique go where the unique
    belongs.  When no server is there that was there before, they are tried
    again for `patience` seconds.
    """

    def __init__(
        self,
        addresses: Sequence[Address],
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        patience: float = 0.0,
        spread: bool = False,
    ) -> None:
        self._servers = [Server(address, connect_timeout) for address in addresses]
        self._spread = spread and len(self._servers) > 1
        self._patience = patience
        self._answered = False
        """Whether a server has ever answered; those that never did are not waited for."""
        self._deserted: float | None = None
        """Since when tasks wait and no server is there."""
        self._homeless: deque[Task] = deque()
        """Tasks that wait for a server."""
        self.source_ready = False
        """Whether the last `turn` found the source readable."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connections.  Servers drop jobs that wait and that nobody else listens to."""
        for server in self._servers:
            server.close()

    # -- tasks ------------------------------------------------------------------

    def submit(self, task: Task) -> None:
        """Send a task to a server, at once or when one is there.  Raises UsageError if that is impossible."""
        packet = packet_of(task)
        server = self._server_for(task)
        if server is None:
            self._homeless.append(task)
        else:
            server.submit(task, packet)

    def flush(self) -> None:
        """Send what is possible without waiting."""
        for server in self._servers:
            if server.connection is not None:
                server.connection.flush()

    def _server_for(self, task: Task) -> Server | None:
        """The server that takes a task, if it is there."""
        servers: Sequence[Server] = self._servers
        if task.shared and len(servers) > 1:
            servers = by_preference(servers, task)
        elif self._spread:
            present = [server for server in servers if server.takes_tasks]
            if present:
                return min(present, key=lambda server: len(server.tasks))
        for server in servers:
            if server.connection is None and not server.absent:
                server.reach()
            if server.takes_tasks or server.opening is not None:
                return server if server.takes_tasks else None
        return None

    def turn(self, deadline: float | None = None, source: int | None = None) -> Iterator[Happening]:
        """Wait until something happens, and tell what; not longer than until `deadline` (monotonic
        seconds), nor when the descriptor `source` can be read.

        Raises ConnectFailed or ConnectionLost when tasks wait for a server and
        none can be reached, ProtocolError when one breaks the rules.
        """
        self._house()
        ready = self._wait(deadline, source)
        self.source_ready = source is not None and source in ready
        for server in self._servers:
            if server.opening is not None:
                server.reach()
            elif (connection := server.connection) is not None:
                if connection.fileno() in ready:
                    connection.exchange()
                if connection.received or connection.lost is not None:
                    yield from self._heard(server, connection)
                elif server.silent_until(SILENCE) <= time.monotonic():
                    reason = f"{server.address} has not answered for {SILENCE:g} s"
                    yield from self._lost(server, ConnectionLost(reason))

    def _house(self) -> None:
        """Find servers for the tasks that have none."""
        if self._spread:
            for server in self._servers:
                if server.connection is None and not server.absent:
                    server.reach()
        for _ in range(len(self._homeless)):
            self.submit(self._homeless.popleft())
        if self._homeless and all(server.absent for server in self._servers):
            now = time.monotonic()
            self._deserted = self._deserted or now
            if not self._answered or now >= self._deserted + self._patience:
                raise self._unreachable()

    def _unreachable(self) -> GearError:
        failures = [server.failure for server in self._servers if server.failure is not None]
        if len(failures) == 1:
            return failures[0]
        return ConnectFailed("; ".join(str(failure) for failure in failures))

    def _wait(self, deadline: float | None, source: int | None) -> set[int]:
        """The descriptors that are ready."""
        poll = select.poll()
        for descriptor, mask in self.descriptors().items():
            poll.register(descriptor, mask)
        if source is not None:
            poll.register(source, select.POLLIN)
        times = [time for time in (deadline, self.due) if time is not None]
        return {descriptor for descriptor, _ in poll.poll(milliseconds_until(min(times, default=None)))}

    def descriptors(self) -> dict[int, int]:
        """What to wait for, each with its mask in the words of `select.poll`; what can be sent is sent."""
        masks = {}
        self.flush()
        for server in self._servers:
            if server.connection is not None:
                mask = select.POLLIN if server.connection.lost is None else select.POLLIN | select.POLLOUT
                masks[server.connection.fileno()] = mask | server.connection.interest
            elif server.opening is not None and server.opening.fileno() >= 0:
                mask = select.POLLIN if server.opening.wants_read else select.POLLOUT
                masks[server.opening.fileno()] = mask
        return masks

    @property
    def due(self) -> float | None:
        """When to take a turn even if nothing is ready, in monotonic seconds."""
        connections = [server.connection for server in self._servers if server.connection is not None]
        if any(connection.received or connection.lost is not None for connection in connections):
            return 0.0  # a question, or a callback that raised, has left something
        times = [server.opening.due for server in self._servers if server.opening is not None]
        times += [until for server in self._servers if (until := server.silent_until(SILENCE)) < inf]
        if self._homeless or self._spread:
            times += [server.retry_at for server in self._servers if server.absent]
        if self._homeless and self._deserted is not None:
            times.append(self._deserted + self._patience)
        return min(times, default=None)

    def _heard(self, server: Server, connection: Connection) -> Iterator[Happening]:
        """Tell what a server has said.

        Packets are taken one by one: who is told of one may ask a question, or take a turn.
        """
        if connection.received:
            server.heard()
            self._answered, self._deserted = True, None
        while connection.received:
            packet = connection.received.popleft()
            if server.late and packet[0] in ANSWERS:
                server.late -= 1
                continue
            for event in server.tasks.events(packet):
                if self._moves_on(server, event):
                    self._homeless.append(event.task)
                else:
                    yield event
        if server.connection is not connection or connection.lost is None:
            return
        if isinstance(connection.lost, ProtocolError):
            raise connection.lost
        yield from self._lost(server, connection.lost)

    def _moves_on(self, server: Server, event: Event) -> bool:
        """Whether a task is refused only because its server stops, and may be taken elsewhere or later."""
        stops = event.kind is PacketType.ERROR and event.fields == _STOPS
        if not stops or not (self._patience or len(self._servers) > 1):
            return False
        server.stopping, event.task.ended = True, False
        return True

    def _lost(self, server: Server, reason: GearError) -> Iterator[Happening]:
        """A server is gone: its tasks look for another, or for itself when it is back."""
        tasks = server.tasks.unfinished()
        server.gone(reason, idle=not tasks)
        if tasks and not self._patience and all(server.absent for server in self._servers):
            raise reason
        for task in tasks:
            task.losses += 1
            task.ended = task.losses > LOSSES
            task.handle = b""
        again = [task for task in tasks if not task.ended]
        self._homeless.extend(again)
        if again:
            yield ServerLost(reason, again)
        for task in tasks:
            if task.ended:
                yield Event(task, Local.LOST, [str(reason).encode()])

    def forget(self) -> None:
        """Give up all tasks: nothing is submitted again, and nothing more is told of them."""
        self._homeless.clear()
        self._deserted = None
        for server in self._servers:
            server.forget()

    # -- questions --------------------------------------------------------------

    def connect(self, address: Address | None = None) -> Address:
        """Connect to a server, or to the first of all that can be reached, if that is not so yet.

        Returns which.  Raises ConnectFailed when none can be.
        """
        return self._connected(address).address

    def _connected(self, address: Address | None) -> Server:
        candidates = [server for server in self._servers if address in (None, server.address)]
        for server in candidates:
            while server.connection is None:
                server.reach()
                if server.opening is None:
                    break
                server.opening.wait()
            if server.connection is not None:
                self._answered = True
                return server
        raise self._unreachable()

    def ask(
        self, type_: PacketType, field: bytes, expected: PacketType, *, address: Address | None = None
    ) -> list[bytes]:
        """Ask a server, or the first that can be reached, and return the arguments of its answer.

        What happens to tasks meanwhile is told by the next `turn`.  Raises
        ConnectFailed, ConnectionLost, ServerError for an ERROR, TimeLimit for
        silence, UsageError for what the protocol cannot carry.
        """
        from gearcli.client.questions import Question  # who only submits asks nothing

        try:
            packet = request(type_, *checked(type_, field))
        except ValueError as error:
            raise UsageError(str(error)) from None
        server = self._connected(address)
        if self._gone_while_idle(server):
            server = self._connected(address)
        connection = server.connection
        assert connection is not None
        connection.send(packet)
        connection.flush()
        deadline = time.monotonic() + ANSWER_TIMEOUT
        question = Question(server, connection, expected, field)
        while (found := question.answer()) is None:
            if connection.lost is not None:
                raise connection.lost
            if expired(deadline) or not connection.wait(deadline):  # who talks of other things is silent too
                server.late += 1
                raise TimeLimit(f"{server.address} did not answer in time")
        return found

    def _gone_while_idle(self, server: Server) -> bool:
        """Whether a connection over which nothing is in flight turns out to be at its end."""
        connection = server.connection
        assert connection is not None
        connection.exchange()
        if isinstance(connection.lost, ProtocolError):
            raise connection.lost
        if connection.lost is None or connection.received or server.tasks.unfinished():
            return False
        server.gone(connection.lost, idle=True)
        return True
