"""The server's side of a connection, played by the test.

The kernel completes a connection before anybody accepts it, and `Client.run`
is a generator: so client and server can talk in turns in one thread.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from types import TracebackType

from gearcli.protocol.address import Address
from gearcli.protocol.decoder import Decoder
from gearcli.protocol.packets import REQUEST, Packet, PacketType, response
from tests.support import DEADLINE


class Peer:
    """A connection on which the test says what a server says."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.settimeout(DEADLINE)
        self.socket = accepted
        self._decoder = Decoder(REQUEST)
        self._packets: Iterator[Packet] = iter(())

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Cut the connection."""
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Say bytes."""
        self.socket.sendall(data)

    def say(self, type_: PacketType, *fields: bytes) -> None:
        """Say a packet."""
        self.send(response(type_, *fields))

    def create(self, count: int) -> None:
        """Say that so many jobs are created: H:1, H:2 and so on."""
        for number in range(1, count + 1):
            self.say(PacketType.JOB_CREATED, b"H:%d" % number)

    def complete(self, *numbers: int) -> None:
        """Complete these jobs; their results are their numbers."""
        for number in numbers:
            self.say(PacketType.WORK_COMPLETE, b"H:%d" % number, b"%d" % number)

    def packet(self) -> Packet:
        """The next packet from the other side.  Raises ConnectionError at the end."""
        while True:
            for packet in self._packets:
                return packet
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the client closed the connection")
            self._packets = self._decoder.feed(data)

    def buffered(self, *, receive: bool = False) -> Packet | None:
        """A packet that is there already, or by what can be received now; None for a part of one."""
        if receive:
            data = self.socket.recv(1 << 20)
            if not data:
                raise ConnectionError("the client closed the connection")
            self._packets = self._decoder.feed(data)
        return next(self._packets, None)

    def expect(self, type_: PacketType) -> list[bytes]:
        """The arguments of the next packet, which has to be of this type."""
        arrived, fields = self.packet()
        assert type_ == arrived
        return fields

    def types(self, count: int) -> list[PacketType]:
        """The types of the next packets."""
        return [self.packet()[0] for _ in range(count)]


class Listener:
    """A loopback port on which the test accepts connections."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(DEADLINE)
        self.port: int = self.socket.getsockname()[1]
        self.address = Address("127.0.0.1", self.port)

    def accept(self) -> Peer:
        """The next connection."""
        return Peer(self.socket.accept()[0])

    def close(self) -> None:
        """Refuse connections from now on."""
        self.socket.close()


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """A port that listens as long as the block."""
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()
