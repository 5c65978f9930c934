"""The selectors loop: bytes in, bytes out, timers and signals.  It decides nothing.

One turn: wait for sockets; for each that is ready receive once, decode, and
hand every packet to the engine; let the engine do what is due; then send each
peer's whole outbox in one system call.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from gearcli.errors import ProtocolError, reason_of
from gearcli.protocol.packets import Packet
from gearcli.server import listener as listening
from gearcli.server.access import Access
from gearcli.server.bounds import Bounds
from gearcli.server.collector import no_collector
from gearcli.server.doors import Doors
from gearcli.server.engine import Engine
from gearcli.server.fairness import Flooded, Turns
from gearcli.server.host import ServerHost
from gearcli.server.links import NOTHING, READ, RECEIVED, WRITE, Link
from gearcli.server.log import Level, Log
from gearcli.server.operator import Operator
from gearcli.server.peers import UNCOPIED, Peer
from gearcli.server.rationing import Rationed
from gearcli.server.sending import Sending
from gearcli.server.shutdown import SIGNALS, Shutdown
from gearcli.server.supervision import Supervision
from gearcli.signals import received, registered

if TYPE_CHECKING:
    from gearcli.server.commits import Commits
    from gearcli.tls import Socket

_LOOKS = 25
"""How often the loop looks for work before it sleeps: about 50 microseconds."""
_LONGEST_SLEEP = 60.0
"""Seconds of one sleep at most: a clock that is set forward while jobs wait for a time is noticed."""
_Watched: TypeAlias = tuple[Callable[[socket.socket], None], socket.socket]
"""What the selector knows of a socket that is not a link: whom to call with it."""
_Ready: TypeAlias = tuple[selectors.SelectorKey, int]


class Server:
    """Runs an engine on sockets until it is told to stop.

    `listeners` are open and listening.  `grace` is how long the first TERM or
    INT waits for running jobs, in seconds; USR1 waits until no job is left; a
    second TERM or INT ends at once.  HUP has the log open its files again.
    """

    def __init__(
        self,
        engine: Engine,
        operator: Operator,
        listeners: list[socket.socket],
        *,
        log: Log,
        grace: float = 5.0,
        access: Access | None = None,
        bounds: Bounds = Bounds(),  # noqa: B008 (it is a constant)
    ) -> None:
        self._engine = engine
        self._leased = bool(engine.registry.lease)
        self._access = access or Access()
        self._shutdown = Shutdown(engine, log, grace, self._close_listeners)
        operator.host = ServerHost(log, self._shutdown.on_signal)
        self._links: dict[Peer, Link] = {}
        Turns(engine, operator, self._links)
        self._access.guard(engine.handlers)
        self._log = log
        self.selector = selectors.DefaultSelector()
        """Others may wait for sockets in it too: its keys' data are whom to call, and with what."""
        admit = self._access.door(self.selector, self._connected, log)
        self._doors = Doors(self.selector, listeners, admit, log, bounds.connections, self._connections)
        self._packet_limit = bounds.packet
        dead = engine.registry.dead
        dead.limit, engine.registry.say = min(dead.limit, bounds.memory // 8), log.notice
        self._rationed = Rationed(log.notice, time.monotonic)
        self._supervision = Supervision(
            bounds, engine, self._links, log, close=self._close, wait_for=self._wait_for
        )
        self._patience = self._supervision.patience
        self._when_stopping = _nothing
        self._commits: Commits | None = None
        self._sending = Sending(engine.talking, self._links, self._flush)
        self._patient = self._sending.patient

    def stop_when_readable(self, lifeline: socket.socket) -> None:
        """Stop at once when `lifeline` can be read: whoever holds its other end is gone."""
        self._watch(lifeline, lambda _: self._shutdown.stop())

    def keep(self, commits: Commits) -> None:
        """Keep background jobs in a store."""
        self._commits = commits
        self._watch(commits.bell, self._committed)

    def _committed(self, _: socket.socket) -> None:
        """Say what waited for a transaction."""
        assert self._commits is not None, "it is its bell that rang"
        for peer in self._commits.settle(self._engine.registry.now):
            link = self._links.get(peer)
            if link is not None:
                self._writable(link)

    @property
    def stopping(self) -> bool:
        """Whether it has been told to end."""
        return self._shutdown.begun

    def _watch(self, source: socket.socket, call: Callable[[socket.socket], None]) -> None:
        self.selector.register(source, READ, (call, source))

    # -- the turn -----------------------------------------------------------------

    def run(
        self,
        started: Callable[[], None] | None = None,
        stopping: Callable[[], None] | None = None,
        *,
        last: bool = False,
    ) -> int | None:
        """Serve.  Returns the number of the signal that cut running jobs short, None after a clean end.

        `started` is called once connections are accepted and signals are
        heeded, `stopping` when no more connections are accepted.  `last` says
        that the process ends afterwards: a further signal shall not end it otherwise.
        """
        self._log.on_level = self._trace_all
        with registered(self.selector, SIGNALS, self._signal_data, last=last), no_collector():
            try:
                (started or _nothing)()
                self._when_stopping = stopping or _nothing
                self._serve()
                if self._commits is not None:
                    self._commits.look()
                self._shutdown.say_what_is_lost()
            finally:
                self._close_all()
                if self._commits is not None:
                    self._commits.close()
        self.selector.close()
        return self._shutdown.cut_short_by

    def _serve(self) -> None:
        shutdown = self._shutdown
        while not (shutdown.begun and shutdown.finished(time.monotonic(), self._unsent)):
            asked = time.monotonic(), time.time()
            self._turn(self._ready(), *asked)
            if self._access.due <= asked[0]:
                self._access.expire(asked[0])
            self._doors.retry()

    def _ready(self) -> list[_Ready]:
        """Wait for sockets.

        Before it sleeps it looks a few times more: who was just answered
        often answers within microseconds, and being woken costs both sides
        more than that.  Whoever else wants the processor gets it in between.
        """
        select = self.selector.select
        ready = select(0.0)
        if ready:
            return ready
        if self._patient:
            self._sending.release()
            if self._shutdown.begun:
                return ready  # who was answered last may be all that it waited for
        for _ in range(_LOOKS):
            os.sched_yield()
            ready = select(0.0)
            if ready:
                return ready
        return select(min(self._sleep(), self._doors.patience))

    def _sleep(self) -> float:
        """Seconds to sleep at most."""
        due = min(self._engine.due(), self._shutdown.due, self._access.due, self._patience.wake)
        if self._commits is not None:
            due = min(due, self._commits.due)
        return min(max(0.0, due - time.monotonic()), _LONGEST_SLEEP)

    def _turn(self, ready: list[_Ready], asked: float, asked_wall: float) -> None:
        """Handle what is ready, do what is due, send the answers.

        Due is what was so when the selector was asked: what a worker had said
        by then has been read, also when this process stood still meanwhile.
        """
        self._engine.clock(time.monotonic(), time.time())
        for key, mask in ready:
            link = key.data
            if type(link) is not Link:
                call, source = link
                call(source)
            elif mask & WRITE:
                self._writable(link)
            elif not link.closed:
                self._readable(link)
                if link.peer.abilities and link.peer.outbox:
                    self._flush(link)  # a worker stands still until it is answered
        self._engine.tick(asked, asked_wall)
        if self._commits is not None:
            self._commits.hand_over(self._engine.registry.now)
        if self._engine.talking:
            self._sending.send(len(ready))
        if self._patience.next_look <= asked:
            self._supervision.look()

    def _unsent(self) -> bool:
        """Whether anybody has answers left to read."""
        return any(link.peer.outbox for link in self._links.values())

    # -- bytes in -------------------------------------------------------------------

    def _readable(self, link: Link) -> None:
        decoder = link.decoder
        try:
            data = link.socket.recv(link.wanted() if decoder.missing else RECEIVED)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._close(link)
            return
        if data:
            if len(data) >= UNCOPIED:
                self._sending.hurry()  # reading that took long enough for others to wait
            if self._leased:
                link.peer.heard = self._engine.registry.now
            packets = decoder.feed(data)
            self._decide(link, link.trace.received(packets) if link.trace else packets)
        else:
            self._hung_up(link)

    def _hung_up(self, link: Link) -> None:
        """The peer says no more, but it may still read: what it was told leaves first."""
        link.closing = True
        self._leave(link)
        if link.peer.outbox:
            self._flush(link)
        else:
            self._close(link)

    def _leave(self, link: Link) -> None:
        """Tell the engine, once, that a peer is gone."""
        if not link.left:
            link.left = True
            self._engine.disconnect(link.peer)

    def _decide(self, link: Link, packets: Iterator[Packet]) -> None:
        """Hand packets to the engine; a peer that leaves much unread is not read until it does."""
        handlers, peer = self._engine.handlers, link.peer
        try:
            for type_, fields in packets:
                handlers[type_](peer, *fields)
        except Flooded:
            link.undecided = packets
            self._wait_for(link)
        except ProtocolError as error:
            failed = self._engine.too_large(peer, link.decoder.too_large)
            self._rationed.say(
                "; ".join(filter(None, (f"{link.who} broke the protocol and is closed: {error}", failed)))
            )
            peer.error(error.code.encode(), str(error).encode())
            link.closing = True
            self._flush(link)  # at once: what follows in the stream means nothing and must not be read
        if link.decoder.held:
            self._patience.stalls(link, self._engine.registry.now)
        if self._patience.over:
            self._supervision.hold_back(link)
        if not link.closed and (link.held_back or link.mask != READ):
            self._wait_for(link)

    # -- bytes out --------------------------------------------------------------------

    def _flush(self, link: Link) -> bool:
        """Send what is in the outbox; whether all of it left."""
        try:
            emptied = link.flush()
        except OSError:
            self._close(link)
            return False
        if not emptied or link.mask != READ or link.closing:
            self._wait_for(link)
        return emptied

    def _wait_for(self, link: Link) -> None:
        """Wait for what a link needs next; close it where nothing is left to say."""
        if link.closing and not link.peer.outbox:
            self._close(link)
            return
        mask = link.interest()
        if mask & WRITE:
            self._patience.lags(link, self._engine.registry.now)
        if mask != link.mask:
            self._change_interest(link, mask)

    def _change_interest(self, link: Link, mask: int) -> None:
        """Have the selector wait for something else; it cannot wait for nothing.

        Where it has no room the link is closed: it would never be heard again.
        """
        try:
            if not mask:
                self.selector.unregister(link.socket)
            elif not link.mask:
                self.selector.register(link.socket, mask, link)
            else:
                self.selector.modify(link.socket, mask, link)
        except OSError as error:
            link.mask = NOTHING
            self._rationed.say(f"{link.who} cannot be served and is closed: {reason_of(error)}")
            self._close(link)
        else:
            link.mask = mask

    def _writable(self, link: Link) -> None:
        if link.closed or not self._flush(link):
            return
        packets, link.undecided = link.undecided, None
        if packets is not None:
            self._decide(link, packets)

    # -- connections --------------------------------------------------------------------

    def _connected(self, connection: Socket, sockname: object) -> None:
        connection.setblocking(False)
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        who, host = listening.peer_name(connection, sockname)
        peer = self._engine.connect(connection.fileno(), host, who)
        link = self._links[peer] = Link(connection, peer, who, self._packet_limit)
        link.free = self._access.welcome(peer, connection)
        link.follow(self._log)
        self._log.say(Level.CONNECTIONS, f"{who} connected")
        link.mask = NOTHING
        self._change_interest(link, READ)

    def _connections(self) -> int:
        """How many there are, those included that agree on TLS."""
        return len(self._links) + self._access.pending

    def _trace_all(self) -> None:
        for link in self._links.values():
            link.follow(self._log)

    def _close(self, link: Link) -> None:
        if link.closed:
            return
        link.closed = True
        if link.mask:
            self.selector.unregister(link.socket)
        self._patience.forget(link)
        link.socket.close()
        del self._links[link.peer]
        link.peer.outbox.clear()
        self._leave(link)
        self._access.leave(link.peer)
        self._log.say(Level.CONNECTIONS, f"{link.who} disconnected")
        self._doors.open()

    def _close_listeners(self) -> None:
        self._doors.close()
        self._when_stopping()
        self._when_stopping = _nothing

    def _close_all(self) -> None:
        for link in self._links.values():
            link.socket.close()
        self._access.close()
        self._close_listeners()

    # -- the end --------------------------------------------------------------------------

    def _signal_data(self, source: socket.socket) -> _Watched:
        return self._on_signals, source

    def _on_signals(self, source: socket.socket) -> None:
        for number in received(source):
            if number in SIGNALS:
                self._shutdown.on_signal(number)
            if number == signal.SIGHUP:
                self._access.renew(self._log)


def _nothing() -> None:
    pass
