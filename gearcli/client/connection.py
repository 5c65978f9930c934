"""One connection to a server: packets out, packets in, and never waiting longer than allowed.

The socket does not block.  What is to be sent is sent while answers are read,
so that neither side can wait for the other however big the packets are.
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Sequence

from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError, TimeLimit
from gearcli.protocol.address import Address
from gearcli.protocol.packets import RESPONSE, Decoder, Packet

CONNECT_TIMEOUT = 5.0
"""Seconds that connecting may take unless told otherwise."""

REPLY_LINE_LIMIT = 16 << 20
"""Bytes of a line in a text reply: a row of ``workers`` names all functions of a worker."""

_RECEIVED = 1 << 18
_FULL_PAUSE = 0.01  # seconds until a Unix socket with too many waiting is tried again
_PARTS = 1024  # IOV_MAX


class Connection:
    """An open connection; `received` holds the packets that have arrived."""

    def __init__(self, opened: socket.socket, address: Address) -> None:
        opened.setblocking(False)
        self.address = address
        self.received: deque[Packet] = deque()
        self.lost: ConnectionLost | ProtocolError | None = None
        """Why nothing more can be received."""
        self._socket = opened
        self._decoder = Decoder(RESPONSE, line_limit=REPLY_LINE_LIMIT)
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
            self.received.extend(self._decoder.feed(data))
        except (BlockingIOError, InterruptedError):
            pass
        except ProtocolError as error:
            self.lost = ProtocolError(f"{self.address} does not speak Gearman's protocol: {error}")
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError | None) -> None:
        if self.lost is None:
            reason = f": {_reason(error)}" if error else " by the server"
            self.lost = ConnectionLost(f"the connection to {self.address} was closed{reason}")

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
        poll = select.poll()
        while not self.received:
            if self.lost is not None:
                raise self.lost
            poll.register(self, self.interest)
            if not poll.poll(milliseconds_until(deadline)) and expired(deadline):
                raise TimeLimit(f"{self.address} did not answer in time")
            self.exchange()
        return self.received.popleft()


def milliseconds_until(deadline: float | None) -> int | None:
    """What `poll` takes: at least 0, rounded up so that the deadline has passed afterwards."""
    return None if deadline is None else max(0, int((deadline - time.monotonic()) * 1000) + 1)


def expired(deadline: float | None) -> bool:
    """Whether a deadline has passed."""
    return deadline is not None and time.monotonic() >= deadline


def connect(address: Address, timeout: float = CONNECT_TIMEOUT) -> Connection:
    """Connect to a server within `timeout` seconds.  Raises ConnectFailed."""
    deadline = time.monotonic() + timeout
    try:
        return Connection(_opened(address, deadline), address)
    except socket.gaierror as error:
        raise ConnectFailed(f"cannot find the host {address.host}: {_reason(error)}") from None
    except TimeoutError:
        raise ConnectFailed(f"cannot connect to {address}: no answer within {timeout:g} s") from None
    except OSError as error:
        raise ConnectFailed(
            f"cannot connect to {address}: {_reason(error)}. "
            "Is a job server running? Start one with 'gear serve'."
        ) from None


def connect_any(addresses: Sequence[Address], timeout: float = CONNECT_TIMEOUT) -> Connection:
    """Connect to the first server that can be reached.  Raises ConnectFailed, naming each."""
    failures = []
    for address in addresses:
        try:
            return connect(address, timeout)
        except ConnectFailed as error:
            failures.append(str(error))
    raise ConnectFailed("; ".join(failures))


def _opened(address: Address, deadline: float) -> socket.socket:
    if address.path:
        return _attempt(socket.AF_UNIX, address.path, deadline)
    found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    failure: OSError | None = None
    for family, _, _, _, where in found:
        try:
            opened = _attempt(family, where, deadline)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setsockopt(
                socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1
            )  # a server that lost power says no goodbye
            return opened
        except OSError as error:
            failure = error
    raise failure or OSError("the name has no addresses")


def _attempt(family: int, where: object, deadline: float) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.settimeout(max(0.001, deadline - time.monotonic()))
        while not _connected(opened, where):
            if expired(deadline):
                raise TimeoutError
            time.sleep(_FULL_PAUSE)
    except OSError:
        opened.close()
        raise
    return opened


def _connected(opened: socket.socket, where: object) -> bool:
    """Connect; False if too many wait already: a Unix socket says so instead of waiting."""
    try:
        opened.connect(where)  # type: ignore[arg-type]  # an address of its family
    except BlockingIOError:
        return False
    return True


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
