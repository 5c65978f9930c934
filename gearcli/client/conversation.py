"""A conversation in the text protocol: a command, and its answer, which is whole, in time and not too long.

A server that is slow, silent, broken or hostile costs a bounded time and a
bounded memory, and ends in an error.  After such an error the next command
goes over a new connection: nobody knows what would still arrive on the old one.
"""

from __future__ import annotations

import time

from gearcli.client.connection import CONNECT_TIMEOUT, connect, expired
from gearcli.errors import ConnectionLost, Forbidden, NoAnswer, ProtocolError, ServerError
from gearcli.protocol.address import Address
from gearcli.protocol.lines import ANSWER_LIMIT, Lines
from gearcli.protocol.text import parse_refusal

ANSWER_TIMEOUT = 10.0
"""Seconds in which an answer has to be whole."""

_PERMISSIONS = ("PERMISSION_DENIED", "NOT_PERMITTED")


class Conversation:
    """A connection for text commands.  Raises ConnectFailed when it cannot be made.

    `timeout` are the seconds in which each answer has to be whole.  Every
    method raises ServerError for a refusal (Forbidden where that is the
    reason), NoAnswer for an answer that is not whole in time, ConnectionLost
    when the connection ends before there was one, ProtocolError for what is
    no answer, and ConnectFailed where it has to connect again.
    """

    def __init__(
        self, address: Address, connect_timeout: float = CONNECT_TIMEOUT, timeout: float = ANSWER_TIMEOUT
    ) -> None:
        self.address = address
        self.timeout = timeout
        self._connect_timeout = connect_timeout
        self._open()

    def close(self) -> None:
        """End the connection; another command would open a new one."""
        self._connection.close()
        self._usable = False

    def line(self, command: bytes, within: float | None = None) -> bytes:
        """The one line that answers a command, `within` seconds if that is not the usual time."""
        return self._answer(command, rows=False, limit=ANSWER_LIMIT, within=within)[0]

    def rows(self, command: bytes, limit: int = ANSWER_LIMIT) -> list[bytes]:
        """The rows that answer a command, without the dot; `limit` is how many bytes they may have."""
        return self._answer(command, rows=True, limit=limit)

    def _open(self) -> None:
        self._lines = Lines()
        self._connection = connect(self.address, self._connect_timeout, self._lines)
        self._usable = True

    def _answer(self, command: bytes, *, rows: bool, limit: int, within: float | None = None) -> list[bytes]:
        """Say a command and read its answer."""
        self._freshen()
        self._usable = False  # until the answer is whole
        self._lines.allow(limit)
        self._connection.send(command + b"\r\n")
        deadline = time.monotonic() + (self.timeout if within is None else within)
        answer = [self._next_line(deadline, begun=False)]
        refusal = parse_refusal(answer[0])
        if rows and not refusal:
            while answer[-1] != b".":
                answer.append(self._next_line(deadline, begun=True))
            answer.pop()
        self._check_end()
        self._usable = True
        if refusal:
            raise self._refused(*refusal)
        return answer

    def _freshen(self) -> None:
        """Connect again if the connection is not fit for another command."""
        if self._usable:
            self._connection.exchange()
            self._check_end()
        if not self._usable or self._connection.lost:
            self._connection.close()
            self._open()

    def _next_line(self, deadline: float, *, begun: bool) -> bytes:
        """The next line of an answer, which has `begun` if there was one before."""
        connection = self._connection
        while not connection.received:
            if connection.lost is not None:
                raise self._lost(connection.lost, begun or not self._lines.idle)
            if expired(deadline) or not connection.wait(deadline):
                how = "wholly " if begun or not self._lines.idle else ""
                raise NoAnswer(f"{self.address} did not answer {how}in time")
        return connection.received.popleft()[1][0]

    def _lost(self, why: ConnectionLost | ProtocolError, begun: bool) -> ConnectionLost | ProtocolError:
        """What the end of the connection means."""
        if begun and isinstance(why, ConnectionLost):
            return ProtocolError(f"{self.address} closed the connection in the middle of an answer")
        return why

    def _check_end(self) -> None:
        """Nothing may follow an answer.  Raises ProtocolError."""
        if self._connection.received or not self._lines.idle:
            self._usable = False
            raise ProtocolError(
                f"{self.address} answers more than it was asked; "
                "a name with a line end in it may have cut an answer in two"
            )

    def _refused(self, code: str, words: str) -> ServerError:
        kind = Forbidden if code.upper() in _PERMISSIONS else ServerError
        return kind(f"{self.address} refused: {words}", code=code, text=words)
