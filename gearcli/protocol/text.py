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

COMMANDS = {
    # gearmand's.
    "status": "status",
    "prioritystatus": "prioritystatus",
    "workers": "workers",
    "version": "version",
    "getpid": "getpid",
    "verbose": "verbose [LEVEL]",
    "maxqueue": "maxqueue FUNCTION [LIMIT | HIGH NORMAL LOW]",
    "show": "show jobs | show unique jobs",
    "cancel": "cancel job HANDLE",
    "create": "create function FUNCTION",
    "drop": "drop function FUNCTION",
    "shutdown": "shutdown [graceful]",
    # Ours.  They answer with JSON documents, and names in them are percent-encoded.
    "functions": "functions",
    "jobs": "jobs [FUNCTION [LIMIT]]",
    "job": "job HANDLE",
    "peek": "peek HANDLE",
    "result": "result HANDLE",
    "purge": "purge FUNCTION",
    "pause": "pause FUNCTION",
    "resume": "resume FUNCTION",
    "clients": "clients",
    "settings": "settings",
}
"""The text commands by their first word, and how they are written."""

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


class PriorityRow(NamedTuple):
    """A row of ``prioritystatus``: jobs of a function without a worker, by priority, and its workers."""

    function: bytes
    high: int
    normal: int
    low: int
    workers: int


class JobRow(NamedTuple):
    """A row of ``show jobs``.

    `retries` is how often it lost its worker; `ignore` says that nobody
    awaits it any longer; `queued` that it is a background job.
    """

    handle: bytes
    retries: int
    ignore: bool
    queued: bool


class ConnectionRow(NamedTuple):
    """A row of ``workers``: a connection, whatever it does; `number` is the server's descriptor."""

    number: int
    host: bytes
    client_id: bytes
    functions: tuple[bytes, ...]


# -- the server's side ----------------------------------------------------------


def words_of(line: bytes) -> list[bytes]:
    """The words of a command line; runs of spaces separate like one.

    As in gearmand, spaces at the beginning make the first word an empty one.
    """
    text = line.rstrip(b"\r\n")
    words = [word for word in text.split(b" ") if word]
    return [b"", *words] if text[:1] in (b" ", b"") else words


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


def incomplete(word: str) -> bytes:
    """gearmand's answer to a command that has not the words it needs."""
    return err("INVALID_ARGUMENTS", f"An incomplete set of arguments was sent to this command {word}")


def status_reply(rows: Iterable[FunctionRow]) -> bytes:
    """The reply to ``status``."""
    lines = [b"%b\t%d\t%d\t%d\n" % (row_field(row.function), *row[1:]) for row in rows]
    return b"".join([*lines, END])


def priority_status_reply(rows: Iterable[PriorityRow]) -> bytes:
    """The reply to ``prioritystatus``."""
    lines = [b"%b\t%d\t%d\t%d\t%d\n" % (row_field(row.function), *row[1:]) for row in rows]
    return b"".join([*lines, END])


def show_jobs_reply(rows: Iterable[JobRow]) -> bytes:
    """The reply to ``show jobs``."""
    return b"".join([*(b"%b\t%d\t%d\t%d\n" % row for row in rows), END])


def show_unique_jobs_reply(uniques: Iterable[bytes]) -> bytes:
    """The reply to ``show unique jobs``; a unique that is a dot does not end it."""
    rows = (b"\\x2e" if unique == b"." else row_field(unique) for unique in uniques)
    return b"".join([*(row + b"\n" for row in rows), END])


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
