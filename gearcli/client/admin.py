"""Typed answers to the text commands."""

from __future__ import annotations

import time
from collections.abc import Iterator

from gearcli.client.connection import CONNECT_TIMEOUT, connect
from gearcli.errors import ProtocolError, ServerError
from gearcli.escape import shown
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import FunctionRow, parse_status

ANSWER_TIMEOUT = 10.0
"""Seconds a server may be silent before its answer is over."""


class Admin:
    """A connection for text commands.  Raises ConnectFailed when it cannot be made."""

    def __init__(self, address: Address, *, connect_timeout: float = CONNECT_TIMEOUT) -> None:
        self.address = address
        self._connection = connect(address, connect_timeout)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def status(self) -> list[FunctionRow]:
        """The functions of the server, by name."""
        return sorted(parse_status(self._rows(b"status")))

    def version(self) -> str:
        """The server's version, as it words it; Perl's server says it without OK."""
        return shown(self._line(b"version").removeprefix(b"OK ").strip())

    def _line(self, command: bytes) -> bytes:
        """The one line that answers a command.  Raises ServerError where it says ERR."""
        self._connection.send(command + b"\r\n")
        return self._next_line()

    def _rows(self, command: bytes) -> Iterator[bytes]:
        """The rows that answer a command, without their line ends."""
        self._connection.send(command + b"\r\n")
        while (line := self._next_line()) != b".":
            yield line

    def _next_line(self) -> bytes:
        type_, fields = self._connection.next_packet(time.monotonic() + ANSWER_TIMEOUT)
        if type_ is not PacketType.TEXT:
            raise ProtocolError(f"{self.address} answered a text command with a binary packet")
        line = fields[0].rstrip(b"\r\n")
        if line.startswith((b"ERR ", b"err ")) and b"\t" not in line:
            code, _, text = line[4:].partition(b" ")
            words = shown(text.replace(b"+", b" ")) or shown(code)
            raise ServerError(f"{self.address} refused: {words}", code=shown(code), text=words)
        return line
