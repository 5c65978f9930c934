r"""The text protocol, both directions: command lines and the rows of replies.

A command is a line of at most five words, ended by ``\n`` or ``\r\n``; its
name may be in any case.  A reply is one line (``OK …`` or ``ERR CODE text``),
or rows followed by a line with a single dot.  Source: gearmand's
libgearman-server/text.cc.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from gearcli.errors import ProtocolError
from gearcli.escape import row_field, shown

WORDS_LIMIT = 5
"""Words of a command; gearmand closes the connection at a sixth."""

END = b".\n"
"""The line that ends rows."""


class FunctionRow(NamedTuple):
    """A row of ``status``: jobs of a function (`total` counts the running ones too) and its workers."""

    function: bytes
    total: int
    running: int
    workers: int

    @property
    def queued(self) -> int:
        """Jobs that wait for a worker."""
        return self.total - self.running


class ConnectionRow(NamedTuple):
    """A row of ``workers``: a connection, whatever it does; `number` is the server's descriptor."""

    number: int
    host: bytes
    client_id: bytes
    functions: tuple[bytes, ...]


# -- the server's side ----------------------------------------------------------


def words_of(line: bytes) -> list[bytes]:
    """The words of a command line; runs of spaces separate like one."""
    return [word for word in line.rstrip(b"\r\n").split(b" ") if word]


def ok(text: str = "") -> bytes:
    """A reply line that says yes."""
    return f"OK {text}\n".encode() if text else b"OK\r\n"


def err(code: str, text: str = "") -> bytes:
    """A reply line that says no, and why; spaces travel as plus signs, as in gearmand."""
    words = f"ERR {code} {text.replace(' ', '+')}" if text else f"ERR {code}"
    return words.encode("utf-8", "backslashreplace") + b"\r\n"


def unknown_command(word: bytes) -> bytes:
    """gearmand's answer to a word that is not a command, down to the missing space."""
    return b"ERR UNKNOWN_COMMAND Unknown+server+command" + row_field(word) + b"\r\n"


def status_reply(rows: Iterable[FunctionRow]) -> bytes:
    """The reply to ``status``."""
    lines = [b"%b\t%d\t%d\t%d\n" % (row_field(row.function), *row[1:]) for row in rows]
    return b"".join([*lines, END])


def workers_reply(rows: Iterable[ConnectionRow]) -> bytes:
    """The reply to ``workers``."""
    lines = []
    for row in rows:
        functions = b"".join(b" " + row_field(function) for function in row.functions)
        lines.append(b"%d %b %b :%b\n" % (row.number, row.host, row_field(row.client_id), functions))
    return b"".join([*lines, END])


# -- the client's side ----------------------------------------------------------


def parse_status(rows: Iterable[bytes]) -> list[FunctionRow]:
    """The rows of ``status`` of any server.  Raises ProtocolError.

    A function name may hold tabs (Perl's prefixes do), so the three numbers
    are taken from the right.
    """
    found = []
    for row in rows:
        function, *numbers = row.rsplit(b"\t", 3)
        if len(numbers) != 3 or not all(number.strip().isdigit() for number in numbers):
            raise ProtocolError(f"the server's status has a row that is none: {shown(row[:100])}")
        found.append(FunctionRow(function, *(int(number) for number in numbers)))
    return found
