"""The selectors loop: bytes in, bytes out, timers and signals.  It decides nothing.

One turn: wait for sockets; for each that is ready receive once, decode, and
hand every packet to the engine; let the engine do what is due; then send each
peer's whole outbox in one system call.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from itertools import islice

from gearcli.errors import ProtocolError
from gearcli.protocol.packets import PACKET_LIMIT, REQUEST, Decoder, Packet, PacketType, response
from gearcli.server import listener as listening
from gearcli.server.engine import Engine
from gearcli.server.log import Level, Log
from gearcli.server.operator import Operator
from gearcli.server.peers import Peer
from gearcli.server.trace import Trace

_RECEIVED = 65536
"""Bytes asked for in one recv.  More would make malloc map and unmap memory each time."""
_RECEIVED_OF_BIG = 1 << 20
"""Bytes asked for while a packet is known to need more."""
_JOINED = 65536
"""Up to this size an outbox is joined for one send; a larger one goes by sendmsg, uncopied."""
_PARTS = 1024
"""Pieces given to one sendmsg (IOV_MAX)."""
_EVENTS_HELD = 32
"""Ready sockets during which an answer to a client may wait for others to be sent with it."""
_ACCEPTED = 128
"""Connections accepted in one turn."""
_UNREAD_LIMIT = 1 << 20
"""Bytes a peer may leave unread before nothing more is read from it."""
_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_OUT_OF_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class _Link:
    """One connection: its socket, its decoder, and the peer that the engine knows."""

    __slots__ = (
        "closed",
        "closing",
        "decoder",
        "mask",
        "peer",
        "receive",
        "socket",
        "trace",
        "undecided",
        "who",
    )

    def __init__(self, connection: socket.socket, peer: Peer, who: str, trace: Trace | None) -> None:
        self.socket = connection
        self.receive = connection.recv
        self.peer = peer
        self.who = who
        self.trace = trace
        self.decoder = Decoder(REQUEST, PACKET_LIMIT)
        self.undecided: Iterator[Packet] | None = None
        """Packets received but not handed to the engine, because the peer does not read."""
        self.mask = _READ
        self.closing = False
        """Whether it is to be closed once its outbox has left."""
        self.closed = False


class Server:
    """Runs an engine on sockets until it is told to stop.

    `listeners` are open and listening.  `grace` is how long the first TERM or
    INT waits for running jobs, in seconds; USR1 waits without limit; a second
    signal ends at once.
    """

    def __init__(
        self,
        engine: Engine,
        operator: Operator,
        listeners: list[socket.socket],
        *,
        log: Log,
        grace: float = 5.0,
    ) -> None:
        self._engine = engine
        self._handlers = {**engine.handlers, PacketType.TEXT: operator.text}
        self._log = log
        self._grace = grace
        self._selector = selectors.DefaultSelector()
        self._links: dict[Peer, _Link] = {}
        self._listeners = listeners
        self._accepting: list[socket.socket] = []
        self._patient: list[Peer] = []
        """Peers whose answers wait for more to be sent with them."""
        self._held = 0
        """Events handled since the first of them had to wait."""
        self._stop_at: float | None = None
        self._signalled = 0
        self._accept_from(listeners)

    def stop_when_readable(self, lifeline: socket.socket) -> None:
        """Stop at once when `lifeline` can be read: whoever holds its other end is gone."""
        self._watch(lifeline, lambda _: self._stop(time.monotonic()))

    def _watch(self, source: socket.socket, call: Callable[[socket.socket], None]) -> None:
        self._selector.register(source, _READ, (call, source))

    # -- the turn -----------------------------------------------------------------

    def run(self) -> int | None:
        """Serve.  Returns the number of the signal that cut running jobs short, None after a clean end."""
        with _signals(self), _quiet_collector():
            try:
                self._serve()
            finally:
                self._close_all()
        return self._signalled if self._engine.running else None

    def _serve(self) -> None:
        engine, select, clock = self._engine, self._selector.select, time.monotonic
        due = engine.tick(clock())
        while not self._finished():
            events = select(0.0 if self._patient else self._until(due))
            engine.now = clock()
            for key, mask in events:
                link = key.data
                if type(link) is not _Link:
                    call, source = link
                    call(source)
                elif mask & _WRITE:
                    self._writable(link)
                elif not link.closed:
                    self._readable(link)
            due = engine.tick(engine.now)
            self._flush_all(len(events))

    def _until(self, due: float | None) -> float | None:
        """Seconds to sleep at most."""
        times = [when for when in (due, self._stop_at) if when is not None]
        return max(0.0, min(times) - time.monotonic()) if times else None

    def _finished(self) -> bool:
        if self._stop_at is None:
            return False
        busy = self._engine.running or any(link.peer.outbox for link in self._links.values())
        return not busy or time.monotonic() >= self._stop_at

    # -- bytes in -------------------------------------------------------------------

    def _readable(self, link: _Link) -> None:
        decoder = link.decoder
        missing = decoder.missing
        try:
            data = link.receive(_RECEIVED if missing < _RECEIVED else min(missing, _RECEIVED_OF_BIG))
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self._close(link)
            return
        packets = decoder.feed(data)
        self._decide(link, link.trace.received(packets) if link.trace else packets)

    def _decide(self, link: _Link, packets: Iterator[Packet]) -> None:
        """Hand packets to the engine, until the peer has too much of its answers unread."""
        handlers, peer = self._handlers, link.peer
        try:
            for type_, fields in packets:
                handlers[type_](peer, *fields)
                if peer.unsent > _UNREAD_LIMIT and not self._flush(link):
                    link.undecided = packets
                    return
        except ProtocolError as error:
            self._log.say(Level.CONNECTIONS, f"{link.who} broke the protocol: {error}")
            peer.send(response(PacketType.ERROR, error.code.encode(), str(error).encode()))
            link.closing = True

    # -- bytes out --------------------------------------------------------------------

    def _flush_all(self, events: int) -> None:
        """Send what peers are told.

        Workers get it at once, they stand still until then.  Answers to
        others wait while there is more to read, for some events: sending
        wakes another process, which costs more than making the answer, so
        one send carries many.  With nothing to read they leave.
        """
        talking, links, patient = self._engine.talking, self._links, self._patient
        self._held = self._held + events if patient else events
        hold = events > 0 and self._held < _EVENTS_HELD
        while talking:
            peer = talking.pop()
            link = links.get(peer)
            if link is None or not peer.outbox:
                continue
            if hold and not peer.abilities:
                patient.append(peer)
            else:
                self._flush(link)
        if patient and not hold:
            talking.extend(patient)
            patient.clear()
            self._flush_all(0)

    def _flush(self, link: _Link) -> bool:
        """Send what is in the outbox; whether all of it left."""
        peer, trace = link.peer, link.trace
        outbox = peer.outbox
        if trace is not None:
            trace.sent(outbox)
        try:
            if peer.unsent <= _JOINED:
                data = outbox[0] if len(outbox) == 1 else b"".join(outbox)
                sent = link.socket.send(data)
                if sent == len(data):
                    outbox.clear()
                else:
                    outbox[:] = [memoryview(data)[sent:]]
                peer.unsent -= sent
            while outbox:
                sent = link.socket.sendmsg(islice(outbox, _PARTS))
                _drop_sent(outbox, sent)
                peer.unsent -= sent
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._close(link)
            return False
        if trace is not None:
            trace.said = len(outbox)
        if outbox or link.closing or link.mask != _READ:
            self._update_interest(link)
        return not outbox

    def _update_interest(self, link: _Link) -> None:
        """Wait to write while something is unsent; read only from a peer that reads."""
        peer = link.peer
        if not peer.outbox:
            if link.closing:
                self._close(link)
                return
            mask = _READ
        else:
            mask = _WRITE if peer.unsent > _UNREAD_LIMIT or link.closing else _READ | _WRITE
        if mask != link.mask:
            link.mask = mask
            self._selector.modify(link.socket, mask, link)

    def _writable(self, link: _Link) -> None:
        if link.closed or not self._flush(link):
            return
        packets, link.undecided = link.undecided, None
        if packets is not None:
            self._decide(link, packets)

    # -- connections --------------------------------------------------------------------

    def _accept(self, listener: socket.socket) -> None:
        try:
            for _ in range(_ACCEPTED):
                self._connected(*listener.accept())
        except OSError as error:
            if error.errno in _OUT_OF_DESCRIPTORS:
                self._log.notice(f"no new connections until one ends: {error.strerror}")
                self._accept_from([])

    def _connected(self, connection: socket.socket, sockname: object) -> None:
        connection.setblocking(False)
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        who, host = listening.peer_name(connection, sockname)
        peer = self._engine.connect(connection.fileno(), host)
        trace = Trace(self._log, who) if self._log.says(Level.JOBS) else None
        link = self._links[peer] = _Link(connection, peer, who, trace)
        self._selector.register(connection, _READ, link)
        self._log.say(Level.CONNECTIONS, f"{who} connected")

    def _accept_from(self, listeners: list[socket.socket]) -> None:
        """Accept connections from these listeners, and from no others."""
        for listener in self._accepting:
            self._selector.unregister(listener)
        for listener in listeners:
            self._watch(listener, self._accept)
        self._accepting = listeners

    def _close(self, link: _Link) -> None:
        if link.closed:
            return
        link.closed = True
        self._selector.unregister(link.socket)
        link.socket.close()
        del self._links[link.peer]
        link.peer.outbox.clear()
        self._engine.disconnect(link.peer)
        self._log.say(Level.CONNECTIONS, f"{link.who} disconnected")
        if not self._accepting:
            self._accept_from(self._listeners)

    def _close_listeners(self) -> None:
        self._accept_from([])
        for listener in self._listeners:
            listening.close(listener)
        self._listeners = []

    def _close_all(self) -> None:
        for link in self._links.values():
            link.socket.close()
        self._close_listeners()
        self._selector.close()

    # -- the end --------------------------------------------------------------------------

    def on_signal(self, number: int) -> None:
        """TERM, INT: drain for `grace`, at once the second time.  USR1: drain as long as it takes."""
        now = time.monotonic()
        if self._engine.draining and number != signal.SIGUSR1:
            self._signalled = number
            self._stop(now)
            return
        self._signalled = number
        self._engine.draining = True
        self._close_listeners()
        self._stop_at = float("inf") if number == signal.SIGUSR1 else now + self._grace
        if self._engine.running:
            self._log.notice(f"stopping; {_jobs(self._engine.running)} still running")
        waiting = sum(queue.waiting for queue in self._engine.queues.values())
        if waiting:
            self._log.notice(f"{_jobs(waiting)} still waiting will be lost: the queue is in memory only")

    def _stop(self, now: float) -> None:
        self._stop_at = now


def _jobs(count: int) -> str:
    return "1 job" if count == 1 else f"{count} jobs"


def _drop_sent(outbox: list[bytes | memoryview], sent: int) -> None:
    """Take the first `sent` bytes out of an outbox."""
    for index, part in enumerate(outbox):
        if sent < len(part):
            outbox[: index + 1] = [memoryview(part)[sent:]] if sent else [part]
            return
        sent -= len(part)
    outbox.clear()


@contextlib.contextmanager
def _signals(server: Server) -> Iterator[None]:
    """Have TERM, INT and USR1 arrive in the loop as bytes on a socket."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)
    inner, outer = socket.socketpair()
    inner.setblocking(False)
    outer.setblocking(False)

    def arrived(source: socket.socket) -> None:
        for number in source.recv(64):
            if number in numbers:
                server.on_signal(number)

    server._watch(inner, arrived)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    wakeup = signal.set_wakeup_fd(outer.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        inner.close()
        outer.close()


@contextlib.contextmanager
def _quiet_collector() -> Iterator[None]:
    """Run the cycle collector seldom: a job and a packet make no cycles, and a million
    queued jobs would be walked through again and again."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
