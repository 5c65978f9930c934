"""Typed answers to the text commands of any server, and to those that only a gear server has."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, Self

from gearcli.client.answers import Answers, check_handle, encoded, function_word, word
from gearcli.client.connection import CONNECT_TIMEOUT
from gearcli.client.conversation import ANSWER_TIMEOUT, Conversation
from gearcli.client.documents import (
    ClientState,
    DeadList,
    FunctionState,
    JobList,
    JobState,
    KeptResult,
    parse_client,
    parse_dead,
    parse_function,
    parse_job,
    parse_result,
    parse_workload,
    readable,
)
from gearcli.errors import ProtocolError, ServerError, UsageError
from gearcli.protocol.address import Address, parse
from gearcli.protocol.lines import BODY_LIMIT
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
        self._answers = Answers(self._conversation)

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
        return sorted(parse_status(self._answers.rows(b"status")))

    def priority_status(self) -> list[PriorityRow]:
        """The functions of the server, by name, with their waiting jobs by priority."""
        return sorted(parse_priority_status(self._answers.rows(b"prioritystatus")))

    def workers(self) -> list[ConnectionRow]:
        """Every connection to the server, whatever it does."""
        return parse_workers(self._answers.rows(b"workers"))

    def show_jobs(self) -> list[JobRow]:
        """Every job, in the server's order."""
        return parse_show_jobs(self._answers.rows(b"show jobs"))

    def show_unique_jobs(self) -> list[bytes]:
        """The unique of every job, in the server's order."""
        return self._answers.rows(b"show unique jobs")

    def version(self, within: float | None = None) -> str:
        """The server's version, as it words it; Perl's server says it without OK.

        There are servers that do not answer; who can do without waits `within` seconds only.
        """
        return self._answers.said(b"version", within)

    def getpid(self) -> int:
        """The server's process id."""
        said = self._answers.said(b"getpid")
        if not (said.isascii() and said.isdigit() and len(said) < 20):
            raise ProtocolError(f"{self.address} has answered with something else than its process id")
        return int(said)

    # -- any server: doing -------------------------------------------------------

    def verbose(self, level: str | None = None) -> str:
        """The level at which the server logs, in gearmand's words; a gear server is told one to log at."""
        if level is None:
            return self._answers.said(b"verbose")
        said = self._answers.said(b"verbose " + word(level.encode(), "a level"))
        if said.upper() != level.upper():  # gearmand says at which it goes on to log
            raise self._answers.not_ours(ServerError("", code="UNKNOWN_COMMAND", text="the level stays"))
        return said

    def maxqueue(self, function: bytes, *limits: int) -> None:
        """Limit the jobs of a function: one number for all priorities, or those for high, normal and low.

        0 is no limit.  Raises UsageError for another count of numbers, and for
        negative ones: servers take the limit away where none is said.
        """
        if len(limits) not in (1, 3) or min(limits) < 0:
            raise UsageError("say one limit, or three: for high, normal and low priority; 0 is no limit")
        numbers = " ".join(map(str, limits)).encode("ascii")
        self._answers.line(b"maxqueue %b %b" % (function_word(function), numbers))

    def create(self, function: bytes) -> None:
        """Let the server know a function before anybody uses it."""
        self._answers.line(b"create function " + function_word(function))

    def drop(self, function: bytes) -> None:
        """Let the server forget a function that has no worker and no running job.  Raises FunctionUnknown."""
        said = b"drop function " + function_word(function)
        self._answers.about_function(function, lambda: self._answers.line(said))

    def cancel(self, handle: bytes) -> None:
        """Cancel a job; one that a worker has already goes on, but its result goes nowhere.

        Raises JobUnknown, and UsageError for what cannot be a handle.
        """
        check_handle(handle)
        self._answers.about_job(handle, lambda: self._answers.line(b"cancel job " + handle))

    def shutdown(self, *, graceful: bool = False) -> None:
        """Stop the server: as TERM does, or once no job is left."""
        self._answers.ours(lambda: self._answers.line(b"shutdown graceful" if graceful else b"shutdown"))

    def raw(self, line: bytes) -> list[bytes]:
        """Say any command line; the line that answers it, or the rows where it is one that rows answer."""
        if _NO_LINE.search(line):
            raise UsageError("a command is one line, without NUL")
        name = words_of(line)[0].lower().decode("ascii", "replace")
        return self._answers.rows(line, BODY_LIMIT) if name in ROWS else [self._answers.line(line)]

    # -- a gear server: looking --------------------------------------------------

    def functions(self) -> list[FunctionState]:
        """All that a gear server tells of its functions, by name."""
        found = map(self._answers.parser(parse_function), self._answers.documents(b"functions"))
        return sorted(found, key=lambda each: each.function)

    def jobs(self, function: bytes | None = None, limit: int | None = None) -> JobList:
        """Jobs of a function, or of all; at most `limit`, and at most as many as the server tells."""
        return JobList(*self._answers.some(b"jobs", function, limit, parse_job))

    def dead(self, function: bytes | None = None, limit: int | None = None) -> DeadList:
        """Background jobs of a function, or of all, that have lost their worker too often; see `jobs`."""
        return DeadList(*self._answers.some(b"dead", function, limit, parse_dead))

    def clients(self) -> list[ClientState]:
        """Every connection to a gear server, whatever it does."""
        return list(map(self._answers.parser(parse_client), self._answers.documents(b"clients")))

    def settings(self) -> dict[str, Any]:
        """How a gear server was started, and what was set since, under its own keys."""
        return self._answers.document(b"settings")

    def job(self, handle: bytes) -> dict[str, Any]:
        """All that a gear server knows of a job but its workload; names in it can be shown.

        Raises JobUnknown.
        """
        return readable(self._answers.job_document(b"job", handle))

    def workload(self, handle: bytes) -> bytes:
        """The workload of a job of a gear server.  Raises JobUnknown."""
        return self._answers.parser(parse_workload)(self._answers.job_document(b"peek", handle, BODY_LIMIT))

    def result(self, handle: bytes) -> KeptResult:
        """What became of a background job, from a gear server that keeps results.

        Raises JobUnknown, also for a job whose result is kept no longer, and
        ServerError for a server that keeps none.
        """
        try:
            return self._answers.parser(parse_result)(
                self._answers.job_document(b"result", handle, BODY_LIMIT)
            )
        except ServerError as error:
            raise self._answers.as_not_kept(error) from None

    # -- a gear server: doing ----------------------------------------------------

    def purge(self, function: bytes) -> int:
        """Let all jobs of a function fail that no worker has; how many there were."""
        return self._answers.parser(_purged)(self._answers.of_function(b"purge", function))

    def purge_dead(self, function: bytes) -> int:
        """Throw away the dead jobs of a function; how many there were."""
        command = b"purge %b dead" % encoded(function)
        document = self._answers.about_function(function, lambda: self._answers.document(command))
        return self._answers.parser(_purged)(document)

    def retry(self, handle: bytes) -> JobState:
        """Queue a dead job again, as if it had never been tried; it has its old handle.

        Raises JobUnknown where no dead job had this handle, and ServerError
        while an identical job waits or runs.
        """
        return self._answers.parser(parse_job)(self._answers.job_document(b"retry", handle))

    def pause(self, function: bytes) -> FunctionState:
        """Let no more jobs of a function be given out; those that run may end."""
        return self._answers.parser(parse_function)(self._answers.of_function(b"pause", function))

    def resume(self, function: bytes) -> FunctionState:
        """Let jobs of a function be given out again."""
        return self._answers.parser(parse_function)(self._answers.of_function(b"resume", function))


def _purged(document: dict[str, Any]) -> int:
    return int(document["purged"])
