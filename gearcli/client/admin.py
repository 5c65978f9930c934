"""Typed answers to the text commands of any server, and to those that only a gear server has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.client.conversation import ANSWER_TIMEOUT, Conversation
from gearcli.client.documents import (
    ClientState,
    FunctionState,
    JobList,
    KeptResult,
    parse_client,
    parse_function,
    parse_job,
    parse_result,
    parse_workload,
    readable,
)
from gearcli.errors import JobUnknown, ProtocolError, ServerError, UsageError
from gearcli.escape import percent_encoded, shown
from gearcli.protocol.address import Address, parse
from gearcli.protocol.lines import ANSWER_LIMIT, BODY_LIMIT
from gearcli.protocol.text import (
    ROWS,
    ConnectionRow,
    FunctionRow,
    JobRow,
    PriorityRow,
    parse_priority_status,
    parse_show_jobs,
    parse_status,
    parse_workers,
    words_of,
)

T = TypeVar("T")

_LONGEST_WORDS = 200
"""Bytes of a version or a level that are read; whoever says more means harm."""
_NO_WORD = re.compile(rb"[\x00-\x20\x7f]")
_NO_LINE = re.compile(rb"[\x00\r\n]")


class Admin:
    """A connection for text commands.

    `address` is a text, such as ``host:port``, or an address; `timeout` are
    the seconds in which an answer has to be whole.  Raises ConnectFailed when
    the connection cannot be made, AddressError.  Use it as a context manager,
    or call `close`.  Every method raises ServerError for a refusal, NoAnswer,
    ConnectionLost and ProtocolError; another call may be tried after any of them.

    Names of functions, handles and uniques are bytes.  What only a gear
    server can do raises ServerError at others, which names what they are.

        >>> from gearcli import Admin
        >>> with Admin(server) as admin:
        ...     [row.workers for row in admin.status() if row.function == b"reverse"]
        [1]
    """

    def __init__(
        self,
        address: str | Address,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        timeout: float = ANSWER_TIMEOUT,
    ) -> None:
        self.address = parse(address) if isinstance(address, str) else address
        self._conversation = Conversation(self.address, connect_timeout, timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._conversation.close()

    # -- any server: looking -----------------------------------------------------

    def status(self) -> list[FunctionRow]:
        """The functions of the server, by name."""
        return sorted(parse_status(self._rows(b"status")))

    def priority_status(self) -> list[PriorityRow]:
        """The functions of the server, by name, with their waiting jobs by priority."""
        return sorted(parse_priority_status(self._rows(b"prioritystatus")))

    def workers(self) -> list[ConnectionRow]:
        """Every connection to the server, whatever it does."""
        return parse_workers(self._rows(b"workers"))

    def show_jobs(self) -> list[JobRow]:
        """Every job, in the server's order."""
        return parse_show_jobs(self._rows(b"show jobs"))

    def show_unique_jobs(self) -> list[bytes]:
        """The unique of every job, in the server's order."""
        return self._rows(b"show unique jobs")

    def version(self, within: float | None = None) -> str:
        """The server's version, as it words it; Perl's server says it without OK.

        There are servers that do not answer; who can do without waits `within` seconds only.
        """
        return self._said(b"version", within)

    def getpid(self) -> int:
        """The server's process id."""
        said = self._said(b"getpid")
        if not (said.isascii() and said.isdigit() and len(said) < 20):
            raise ProtocolError(f"{self.address} has answered with something else than its process id")
        return int(said)

    # -- any server: doing -------------------------------------------------------

    def verbose(self, level: str | None = None) -> str:
        """The level at which the server logs, in gearmand's words; a gear server is told one to log at."""
        if level is None:
            return self._said(b"verbose")
        said = self._said(b"verbose " + _word(level.encode(), "a level"))
        if said.upper() != level.upper():  # gearmand says at which it goes on to log
            raise self._not_ours(ServerError("", code="UNKNOWN_COMMAND", text="the level stays"))
        return said

    def maxqueue(self, function: bytes, *limits: int) -> None:
        """Limit the jobs of a function: one number for all priorities, or those for high, normal and low.

        0 is no limit.  Raises UsageError for another count of numbers:
        gearmand takes the limit away where none is said.
        """
        if len(limits) not in (1, 3):
            raise UsageError("say one limit, or three: for high, normal and low priority; 0 is no limit")
        numbers = " ".join(map(str, limits)).encode("ascii")
        self._line(b"maxqueue %b %b" % (_function(function), numbers))

    def create(self, function: bytes) -> None:
        """Let the server know a function before anybody uses it."""
        self._line(b"create function " + _function(function))

    def drop(self, function: bytes) -> None:
        """Let the server forget a function that has no worker and no running job."""
        self._line(b"drop function " + _function(function))

    def cancel(self, handle: bytes) -> None:
        """Cancel a job; one that a worker has already goes on, but its result goes nowhere.

        Raises JobUnknown, and UsageError for what cannot be a handle.
        """
        check_handle(handle)
        self._about_job(handle, lambda: self._line(b"cancel job " + handle))

    def shutdown(self, *, graceful: bool = False) -> None:
        """Stop the server: as TERM does, or once no job is left."""
        self._ours(lambda: self._line(b"shutdown graceful" if graceful else b"shutdown"))

    def raw(self, line: bytes) -> list[bytes]:
        """Say any command line; the line that answers it, or the rows where it is one that rows answer."""
        if _NO_LINE.search(line):
            raise UsageError("a command is one line, without NUL")
        name = (words_of(line) or [b""])[0].lower().decode("ascii", "replace")
        return self._rows(line, BODY_LIMIT) if name in ROWS else [self._line(line)]

    # -- a gear server: looking --------------------------------------------------

    def functions(self) -> list[FunctionState]:
        """All that a gear server tells of its functions, by name."""
        found = map(self._parser(parse_function), self._documents(b"functions"))
        return sorted(found, key=lambda each: each.function)

    def jobs(self, function: bytes | None = None, limit: int | None = None) -> JobList:
        """Jobs of a function, or of all; at most `limit`, and at most as many as the server tells."""
        command = b"jobs" if function is None else b"jobs " + _encoded(function)
        if limit is not None and function is not None:
            command += b" %d" % limit
        documents = self._documents(command)
        left_out = 0
        if documents and "left_out" in documents[-1]:
            left_out = self._parser(lambda last: int(last["left_out"]))(documents.pop())
        return JobList(list(map(self._parser(parse_job), documents)), left_out)

    def clients(self) -> list[ClientState]:
        """Every connection to a gear server, whatever it does."""
        return list(map(self._parser(parse_client), self._documents(b"clients")))

    def settings(self) -> dict[str, Any]:
        """How a gear server was started, and what was set since, under its own keys."""
        return self._document(b"settings")

    def job(self, handle: bytes) -> dict[str, Any]:
        """All that a gear server knows of a job but its workload; names in it can be shown.

        Raises JobUnknown.
        """
        return readable(self._job_document(b"job", handle))

    def workload(self, handle: bytes) -> bytes:
        """The workload of a job of a gear server.  Raises JobUnknown."""
        return self._parser(parse_workload)(self._job_document(b"peek", handle, BODY_LIMIT))

    def result(self, handle: bytes) -> KeptResult:
        """What became of a background job, from a gear server that keeps results.

        Raises JobUnknown, also for a job whose result is kept no longer, and
        ServerError for a server that keeps none.
        """
        try:
            return self._parser(parse_result)(self._job_document(b"result", handle, BODY_LIMIT))
        except ServerError as error:
            raise self._as_not_kept(error) from None

    # -- a gear server: doing ----------------------------------------------------

    def purge(self, function: bytes) -> int:
        """Let all jobs of a function fail that no worker has; how many there were."""
        return self._parser(lambda document: int(document["purged"]))(self._of_function(b"purge", function))

    def pause(self, function: bytes) -> FunctionState:
        """Let no more jobs of a function be given out; those that run may end."""
        return self._parser(parse_function)(self._of_function(b"pause", function))

    def resume(self, function: bytes) -> FunctionState:
        """Let jobs of a function be given out again."""
        return self._parser(parse_function)(self._of_function(b"resume", function))

    # -- answers -----------------------------------------------------------------

    def _line(self, command: bytes, within: float | None = None) -> bytes:
        return self._conversation.line(command, within)

    def _rows(self, command: bytes, limit: int = ANSWER_LIMIT) -> list[bytes]:
        return self._conversation.rows(command, limit)

    def _said(self, command: bytes, within: float | None = None) -> str:
        """What a line says after its OK."""
        return shown(self._line(command, within).removeprefix(b"OK ").strip()[:_LONGEST_WORDS])

    def _ours(self, ask: Callable[[], T]) -> T:
        """What a command of ours is answered.  Raises a ServerError that names a server without it."""
        try:
            return ask()
        except ServerError as error:
            if error.code.upper() != "UNKNOWN_COMMAND":
                raise
            raise self._not_ours(error) from None

    def _about_job(self, handle: bytes, ask: Callable[[], T]) -> T:
        """What a command about a job is answered.  Raises JobUnknown."""
        try:
            return ask()
        except ServerError as error:
            raise unknown_job(handle) if error.code.upper() == "UNKNOWN_JOB" else error from None

    def _documents(self, command: bytes, limit: int = ANSWER_LIMIT) -> list[dict[str, Any]]:
        """The documents that answer one of our commands."""
        rows = self._ours(lambda: self._rows(command, limit))
        try:
            # One document after the other in one go is much faster than each for itself.
            documents: list[dict[str, Any]] = json.loads(b"[%b]" % b",".join(rows))
        except (ValueError, RecursionError):
            raise self._no_document() from None
        if len(documents) != len(rows) or not all(isinstance(document, dict) for document in documents):
            raise self._no_document()
        return documents

    def _document(self, command: bytes, limit: int = ANSWER_LIMIT) -> dict[str, Any]:
        """The one document that answers one of our commands."""
        documents = self._documents(command, limit)
        if len(documents) != 1:
            raise self._no_document()
        return documents[0]

    def _job_document(self, command: bytes, handle: bytes, limit: int = ANSWER_LIMIT) -> dict[str, Any]:
        return self._about_job(handle, lambda: self._document(command + b" " + _encoded(handle), limit))

    def _of_function(self, command: bytes, function: bytes) -> dict[str, Any]:
        return self._document(command + b" " + _encoded(function))

    def _parser(self, parse: Callable[[dict[str, Any]], T]) -> Callable[[dict[str, Any]], T]:
        """The same, but it raises ProtocolError."""

        def parsed(document: dict[str, Any]) -> T:
            try:
                return parse(document)
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
                raise self._no_document() from None

        return parsed

    def _no_document(self) -> ProtocolError:
        words = "has answered with something else than the documents it was asked for; is it a gear server?"
        return ProtocolError(f"{self.address} {words}")

    def _as_not_kept(self, error: ServerError) -> ServerError:
        """What a refusal to tell a result means."""
        if error.code.upper() != "NOT_KEPT":
            return error
        words = f"{self.address} keeps no results; start it with: gear serve --keep-results 1h"
        return ServerError(words, code=error.code, text=error.text)

    def _not_ours(self, refusal: ServerError) -> ServerError:
        """The error for a server that has not the command; it is named as well as it can be."""
        words = f"this needs a gear server; {self.address} is {product(self.version(), refusal.code)}"
        return ServerError(words, code=refusal.code, text=refusal.text)


def product(version: str, refusal: str = "") -> str:
    """The server that answers ``version`` so, and an unknown command with the code `refusal`.

    gearmand has no name in its version.  Perl's server has none either, but
    it says its refusals in lower case.
    """
    gearmands = version[:1].isdigit() and not refusal.islower()
    return f"gearmand {version}" if gearmands else version


def unknown_job(name: bytes | str) -> JobUnknown:
    """The error for a job that the server does not know."""
    return JobUnknown(f"{shown(name)}: the server knows no such job; it is done, or never was")


def check_handle(handle: bytes) -> None:
    """Raises UsageError for what cannot be the handle in a command line of the text protocol."""
    if not handle or _NO_WORD.search(handle):
        raise UsageError(f"'{shown(handle)}' is not a handle; one looks like H:jobs.example:1")


def _function(name: bytes) -> bytes:
    """A function's name for one of gearmand's commands.  Raises UsageError."""
    return _word(name, "a function that this command can name; spaces and control bytes cannot be said in it")


def _word(word: bytes, what: str) -> bytes:
    """One word of a command line.  Raises UsageError for what is none."""
    if not word or _NO_WORD.search(word):
        raise UsageError(f"'{shown(word)}' is not {what}")
    return word


def _encoded(name: bytes) -> bytes:
    """A name for one of our commands.  Raises UsageError for an empty one."""
    if not name:
        raise UsageError("an empty name names nothing")
    return percent_encoded(name).encode("ascii")
