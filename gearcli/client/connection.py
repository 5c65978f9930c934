"""One connection to a server: packets out, packets in, and never waiting longer than allowed.

The socket does not block.  What is to be sent is sent while answers are read,
so that neither side can wait for the other however big the packets are.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections import deque
from typing import TYPE_CHECKING

from gearcli.errors import (
    ConfigError,
    ConnectFailed,
    ConnectionLost,
    ProtocolError,
    TimeLimit,
    TurnedAway,
    Untrusted,
    reason_of,
)
from gearcli.keepalive import USUAL, keep_alive
from gearcli.protocol.address import Address, too_long
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.lines import Lines
from gearcli.protocol.packets import RESPONSE, Packet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gearcli.protocol.tls_files import Tls
    from gearcli.tls import Socket, TlsSocket

CONNECT_TIMEOUT = 5.0
"""Seconds that connecting may take unless told otherwise."""
LONGEST_WAIT = 86400.0
"""Seconds of one wait at most, a day: poll and selectors know no more than 24 of them."""

SAY_TLS = "say --tls"
"""What to do where a server wants TLS.  Who is called by another name has another option for it."""

Place = tuple[int, object]
"""A family of sockets, and where to connect one of them."""

_RECEIVED = 1 << 18
_FULL_PAUSE = 0.01  # seconds until a Unix socket with too many waiting is tried again
_PARTS = 1024  # IOV_MAX
_TLS = (b"\x15\x03", b"\x16\x03")
"""How a server begins that speaks TLS: an alert or a handshake, of version 3 (RFC 8446, 5.1)."""


class Connection:
    """An open connection; `received` holds the packets that have arrived.

    What arrives are packets, unless `lines` says that it is the text protocol.
    """

    def __init__(self, opened: Socket, address: Address, lines: Lines | None = None) -> None:
        opened.setblocking(False)
        self.address = address
        self.received: deque[Packet] = deque()
        self.lost: ConnectionLost | ProtocolError | None = None
        """Why nothing more can be received."""
        self.heard = False
        """Whether anything has ever arrived."""
        self._socket = opened
        self._decoder = lines or Decoder(RESPONSE)
        self._outgoing: deque[bytes | memoryview] = deque()

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    @property
    def interest(self) -> int:
        """What to wait for, in the words of `select.poll`."""
        return select.POLLIN | select.POLLOUT if self._outgoing else select.POLLIN

    def send(self, *parts: bytes) -> None:
        """Queue bytes; they leave in `exchange`."""
        self._outgoing.extend(part for part in parts if part)

    @property
    def unsent(self) -> bool:
        """Whether something has not left yet."""
        return bool(self._outgoing)

    def exchange(self) -> None:
        """Send and receive what is possible without waiting.

        A broken connection is noted in `lost`; what arrived before counts.
        """
        self.flush()
        if self.lost is None:
            self._receive()

    def flush(self) -> None:
        """Send what is possible without waiting."""
        try:
            while self._outgoing and self.lost is None:
                self._sent(self._socket.sendmsg([*self._outgoing][:_PARTS]))
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self._receive()  # an answer may have arrived before the break
            self._lose(error)

    def finish(self) -> None:
        """Say that nothing more will be sent; the server closes when it has read everything.

        Closing with unread answers would make the system throw away what the
        server has not read.
        """
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def _receive(self) -> None:
        try:
            data = self._socket.recv(_RECEIVED)
            if not data:
                self._lose(None)
            elif not self.heard:
                self.heard = True
                self._require_no_tls(data)
            self.received.extend(self._decoder.feed(data))
        except (BlockingIOError, InterruptedError):
            pass
        except ProtocolError as error:
            self.lost = ProtocolError(f"{self.address} does not speak Gearman's protocol: {error}")
        except OSError as error:
            self._lose(error)

    def _require_no_tls(self, data: bytes) -> None:
        """Raise ProtocolError for a server that answers by TLS who does not speak it."""
        if self.address.tls is None and data.startswith(_TLS):
            raise ProtocolError(f"it speaks TLS; {SAY_TLS}")

    def _lose(self, error: OSError | None) -> None:
        if self.lost is None:
            refusal = _refusal(self.address, error) if error else None
            reason = f": {reason_of(error)}" if error else " by the server"
            if self._may_want_tls(error):
                reason += f", before any answer; if it speaks TLS, {SAY_TLS}"
            self.lost = (
                TurnedAway(f"{self.address} ended the connection: {refusal}")
                if refusal
                else ConnectionLost(f"the connection to {self.address} was closed{reason}")
            )

    def _may_want_tls(self, error: OSError | None) -> bool:
        """Whether it ended as it does at a server to which we should have spoken TLS."""
        plain = self.address.tls is None and not self.address.path
        return plain and not self.heard and (error is None or isinstance(error, ConnectionError))

    def _sent(self, count: int) -> None:
        outgoing = self._outgoing
        while count:
            first = outgoing.popleft()
            if count < len(first):
                outgoing.appendleft(memoryview(first)[count:])
                return
            count -= len(first)

    def next_packet(self, deadline: float | None) -> Packet:
        """The next packet, waiting until `deadline` (monotonic seconds) for it.

        Raises TimeLimit, ConnectionLost or ProtocolError.
        """
        while not self.received:
            if self.lost is not None:
                raise self.lost
            if not self.wait(deadline):
                raise TimeLimit(f"{self.address} did not answer in time")
        return self.received.popleft()

    def wait(self, deadline: float | None) -> bool:
        """Send and receive what there is, waiting for it until `deadline`; False if that has passed."""
        poll = select.poll()
        poll.register(self, self.interest)
        if not poll.poll(milliseconds_until(deadline)) and expired(deadline):
            return False
        self.exchange()
        return True


def milliseconds_until(deadline: float | None) -> int | None:
    """What `poll` takes: at least 0, rounded up so that the deadline has passed afterwards, a day at most."""
    if deadline is None:
        return None
    return max(0, int(min(deadline - time.monotonic(), LONGEST_WAIT) * 1000) + 1)


def seconds_until(deadline: float) -> float:
    """What a selector takes: at least 0, a day at most; the deadline need not have passed afterwards."""
    return max(0.0, min(deadline - time.monotonic(), LONGEST_WAIT))


def expired(deadline: float | None) -> bool:
    """Whether a deadline has passed."""
    return deadline is not None and time.monotonic() >= deadline


class Opening:
    """A connection that is being made.  Raises ConnectFailed when the name does not resolve.

    Who knows the `places` already waits for no name.
    Wait until `fileno` can be written to, or read where it `wants_read`, not longer
    than until `due` (monotonic seconds), and call `proceed`.
    """

    def __init__(
        self,
        address: Address,
        timeout: float = CONNECT_TIMEOUT,
        lines: Lines | None = None,
        places: Sequence[Place] | None = None,
    ) -> None:
        self.address = address
        self._lines = lines
        self._timeout = timeout
        self._deadline = time.monotonic() + timeout
        self._places = deque(places_of(address) if places is None else places)
        self._secured: TlsSocket | None = None
        """The connection, once it is made and TLS is being agreed upon."""
        self._attempt()

    def fileno(self) -> int:
        """The descriptor to wait for; -1 while there is nothing to wait for but time."""
        return -1 if self._full else self._end.fileno()

    @property
    def wants_read(self) -> bool:
        """Whether to wait until there is something to read, not until something can be written."""
        return self._secured is not None and self._secured.wants_read

    @property
    def _end(self) -> Socket:
        return self._secured or self._socket

    @property
    def due(self) -> float:
        """When to call `proceed` even if nothing has happened."""
        pause = time.monotonic() + _FULL_PAUSE if self._full else self._deadline
        return min(pause, self._deadline)

    def proceed(self) -> Connection | None:
        """The connection, if it has been made.

        Raises ConnectFailed once it cannot be made, and ConfigError for files of TLS that cannot be used.
        """
        error = 0 if self._secured else self._error()
        if error == 0:
            if self._agreed():
                return Connection(self._end, self.address, self._lines)
            error = errno.EINPROGRESS
        if error not in _UNDECIDED and self._places:
            self._socket.close()
            self._attempt()
        elif error not in _UNDECIDED:
            self.close()
            raise ConnectFailed(
                f"cannot connect to {self.address}: {os.strerror(error).lower()}. "
                "Is a job server running? Start one with 'gear serve'."
            )
        elif expired(self._deadline):
            self.close()
            raise ConnectFailed(f"cannot connect to {self.address}: no answer within {self._timeout:g} s")
        return None

    def wait(self) -> None:
        """Wait until `proceed` has something to say."""
        poll = select.poll()
        if self.fileno() >= 0:
            poll.register(self, select.POLLIN if self.wants_read else select.POLLOUT)
        poll.poll(milliseconds_until(self.due))

    def close(self) -> None:
        """Give up."""
        self._end.close()

    def _agreed(self) -> bool:
        """Whether the connection, which is made, can be used.  Raises ConnectFailed, ConfigError."""
        try:
            if self._secured is None:
                self._tune()
            return self._secured is None or self._secured.shake()
        except OSError as error:
            self.close()
            refusal = _refusal(self.address, error)
            if refusal:
                raise Untrusted(f"cannot connect to {self.address}: {refusal}") from None
            raise ConnectFailed(f"cannot connect to {self.address}: {reason_of(error)}") from None

    def _tune(self) -> None:
        """Have a connection that sends at once, and notices a server that lost power and says no goodbye."""
        if self._socket.family == socket.AF_UNIX:
            return
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        keep_alive(self._socket, USUAL)
        if self.address.tls is not None:
            self._secured = self._wrapped(self.address.tls)

    def _wrapped(self, files: Tls) -> TlsSocket:
        """The connection as one that is to speak TLS.  Raises ConfigError, Untrusted."""
        from gearcli import tls

        try:
            context = tls.client_context(*files)
        except Untrusted as error:
            self.close()
            raise Untrusted(f"cannot connect to {self.address}: {error}") from None
        except ConfigError:
            self.close()
            raise
        return tls.wrapped(self._socket, context, host=self.address.host)

    def _attempt(self) -> None:
        """Begin to connect to the next place that the address may mean."""
        family, self._where = self._places.popleft()
        self._socket = socket.socket(family, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        try:
            self._result = self._socket.connect_ex(self._where)  # type: ignore[arg-type]  # of its family
        except OSError as error:  # a path that is too long for a Unix socket
            self.close()
            raise ConnectFailed(f"cannot connect to {self.address}: {reason_of(error)}") from None

    @property
    def _full(self) -> bool:
        """Whether too many wait already: a Unix socket says so instead of waiting."""
        return self._result == errno.EAGAIN

    def _error(self) -> int:
        """How it stands: 0 for connected, else an error number."""
        if self._full:
            self._result = self._socket.connect_ex(self._where)  # type: ignore[arg-type]
        if self._result != errno.EINPROGRESS:
            return self._result
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        with contextlib.suppress(OSError):
            self._socket.getpeername()
            return error
        return error or errno.EINPROGRESS


_UNDECIDED = (errno.EINPROGRESS, errno.EAGAIN)


def connect(address: Address, timeout: float = CONNECT_TIMEOUT, lines: Lines | None = None) -> Connection:
    """Connect to a server within `timeout` seconds.  Raises ConnectFailed."""
    opening = Opening(address, timeout, lines)
    while (connection := opening.proceed()) is None:
        opening.wait()
    return connection


def places_of(address: Address, flags: int = 0) -> Sequence[Place]:
    """What an address may mean, `flags` being those of getaddrinfo(3).  Raises ConnectFailed."""
    if address.path:
        if fault := too_long(address.path):
            raise ConnectFailed(f"cannot connect to {address}: {fault}")
        return [(socket.AF_UNIX, address.path)]
    try:
        found = socket.getaddrinfo(address.node(), address.port, type=socket.SOCK_STREAM, flags=flags)
    except OSError as error:
        raise ConnectFailed(f"cannot find the host {address.host}: {reason_of(error)}") from None
    except UnicodeError:  # a label of it is empty or longer than 63 characters
        raise ConnectFailed(f"cannot find the host {address.host}: it is no name of a host") from None
    return [(family, where) for family, _, _, _, where in found]


def _refusal(address: Address, error: OSError) -> str | None:
    """Why TLS did not come about or ended; None for another error."""
    if address.tls is None:
        return None
    from gearcli import tls

    return tls.refusal(error)
