r"""The text protocol, both directions: command lines and the rows of replies.

A command is a line of at most five words, ended by ``\n`` or ``\r\n``; its
name may be in any case.  A reply is one line (``OK …`` or ``ERR CODE text``),
or rows followed by a line with a single dot.  Source: gearmand's
libgearman-server/text.cc.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gearcli.errors import ProtocolError
from gearcli.escape import row_field, shown

WORDS_LIMIT = 5
"""Words of a command; gearmand closes the connection at a sixth."""

_GEARMANDS = {
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
}
OURS = {
    "functions": "functions",
    "jobs": "jobs [FUNCTION [LIMIT]]",
    "job": "job HANDLE",
    "peek": "peek HANDLE",
    "result": "result HANDLE",
    "dead": "dead [FUNCTION [LIMIT]]",
    "retry": "retry HANDLE",
    "purge": "purge FUNCTION [dead]",
    "pause": "pause FUNCTION",
    "resume": "resume FUNCTION",
    "clients": "clients",
    "settings": "settings",
}
"""Commands that gearmand does not know: JSON documents answer them, and names are percent-encoded."""

COMMANDS = {**_GEARMANDS, **OURS}
"""The text commands by their first word, and how they are written."""

_LINE_ANSWERS = ("version", "getpid", "verbose", "maxqueue", "cancel", "create", "drop", "shutdown")
ROWS = frozenset(COMMANDS) - {*_LINE_ANSWERS}
"""The commands that are answered by rows, or by one line that refuses; the others by one line."""

FOR_ADMINS = frozenset(
    {"verbose", "maxqueue", "cancel", "create", "drop", "shutdown"}
    | {"peek", "retry", "purge", "pause", "resume"}
)
"""The commands that change something, and the one that shows workloads: where roles are given, for admins."""

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

    A function name may hold tabs (Perl's prefixes do), so the numbers are
    taken from the right.
    """
    return [FunctionRow(name, *numbers) for name, numbers in _numbered(rows, 3, "status")]


def parse_priority_status(rows: Iterable[bytes]) -> list[PriorityRow]:
    """The rows of ``prioritystatus``.  Raises ProtocolError."""
    return [PriorityRow(name, *numbers) for name, numbers in _numbered(rows, 4, "prioritystatus")]


def parse_show_jobs(rows: Iterable[bytes]) -> list[JobRow]:
    """The rows of ``show jobs``.  Raises ProtocolError."""
    return [
        JobRow(handle, retries, bool(ignore), bool(queued))
        for handle, (retries, ignore, queued) in _numbered(rows, 3, "show jobs")
    ]


def parse_workers(rows: Iterable[bytes]) -> list[ConnectionRow]:
    """The rows of ``workers``.  Raises ProtocolError.

    Spaces stand between the columns and may stand in names too.  The client
    id ends where the first colon stands between spaces; functions are taken
    to have no spaces in their names.
    """
    found = []
    for row in rows:
        number, _, rest = row.partition(b" ")
        host, _, rest = rest.partition(b" ")
        client_id, colon, functions = (rest + b" ").partition(b" : ")
        if not number.isdigit() or len(number) > _DIGITS or not colon:
            raise _no_row("workers", row)
        found.append(ConnectionRow(int(number), host, client_id, tuple(functions.split())))
    return found


_DIGITS = 20
"""Digits of a number that a server may tell; Python would work long on a million of them."""


def _numbered(rows: Iterable[bytes], count: int, command: str) -> Iterator[tuple[bytes, list[int]]]:
    """Rows of a name and `count` numbers behind tabs.  Raises ProtocolError."""
    for row in rows:
        name, *numbers = row.rsplit(b"\t", count)
        if len(numbers) != count or not all(each.isdigit() and len(each) <= _DIGITS for each in numbers):
            raise _no_row(command, row)
        yield name, [int(each) for each in numbers]


def _no_row(command: str, row: bytes) -> ProtocolError:
    return ProtocolError(f"the server's {command} has a row that is none: {shown(row[:100])}")


_CODE = re.compile(rb"[A-Z_]+|[a-z]+(?:_[a-z]+)+")
"""What is a code in a refusal; Perl's server writes its own in lower case."""


_LONGEST_REFUSAL = 1000  # bytes of it that are read


def parse_refusal(line: bytes) -> tuple[str, str] | None:
    """The code and the words of a reply line that says no; None for one that does not.

    Some of gearmand's refusals have no code: there it is the words again.
    """
    if line[:4] not in (b"ERR ", b"err ") or b"\t" in line:
        return None
    code, _, text = line[4:_LONGEST_REFUSAL].partition(b" ")
    if not _CODE.fullmatch(code):
        code = text = line[4:_LONGEST_REFUSAL]
    return shown(code), shown(text.replace(b"+", b" ")) or shown(code)
