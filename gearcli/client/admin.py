"""Typed answers to the text commands."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, NamedTuple, Self

from gearcli.client.connection import CONNECT_TIMEOUT, connect
from gearcli.errors import JobUnknown, ProtocolError, ServerError, UsageError
from gearcli.escape import percent_decoded, percent_encoded, shown
from gearcli.protocol.address import Address, parse
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import FunctionRow, parse_status

ANSWER_TIMEOUT = 10.0
"""Seconds a server may be silent before its answer is over."""

_NAMES = ("handle", "function", "unique", "reducer", "client_id")
"""Fields of a job's document, and of its worker, that are percent-encoded."""

_NO_WORD = re.compile(rb"[\x00-\x20\x7f]")


class KeptResult(NamedTuple):
    """How a job ended, as a gear server remembers it, or that it has not ended yet."""

    handle: bytes
    function: bytes
    unique: bytes
    state: str
    """``done`` or ``failed``; what it does if it has not ended, such as ``running``."""
    attempt: int
    """How often it was handed to a worker."""
    ended: float | None
    """When it ended, in seconds since 1970; None while it has not."""
    size: int | None
    """Bytes of the result, whether or not they are kept."""
    dropped: bool
    """Whether the result was not kept."""
    result: bytes | None
    """What the worker said, in one; of a failed job what it had said before."""
    exception: bytes | None
    """The words of an exception, if there was one."""
    warnings: bytes | None
    """The last warnings, a line for each."""
    reason: str | None
    """Why it failed if no worker said so, or why its result was not kept."""


class Admin:
    """A connection for text commands.

    `address` is a text, such as ``host:port``, or an address.  Raises
    ConnectFailed when the connection cannot be made, AddressError.  Use it as
    a context manager, or call `close`.  Every method raises ServerError for a
    refusal, TimeLimit for silence, ConnectionLost and ProtocolError.

        >>> from gearcli import Admin
        >>> with Admin(server) as admin:
        ...     [row.workers for row in admin.status() if row.function == b"reverse"]
        [1]
    """

    def __init__(self, address: str | Address, *, connect_timeout: float = CONNECT_TIMEOUT) -> None:
        self.address = parse(address) if isinstance(address, str) else address
        self._connection = connect(self.address, connect_timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def status(self) -> list[FunctionRow]:
        """The functions of the server, by name."""
        return sorted(parse_status(self._rows(b"status")))

    def version(self) -> str:
        """The server's version, as it words it; Perl's server says it without OK."""
        return shown(self._line(b"version").removeprefix(b"OK ").strip())

    # -- jobs -------------------------------------------------------------------

    def cancel(self, handle: bytes) -> None:
        """Cancel a job; one that a worker has already goes on, but its result goes nowhere.

        Raises JobUnknown, and UsageError for what cannot be a handle.
        """
        check_handle(handle)
        try:
            self._line(b"cancel job " + handle)
        except ServerError as error:
            raise _as_unknown(error, handle) from None

    def job(self, handle: bytes) -> dict[str, Any]:
        """All that a gear server knows of a job but its workload; names in it can be shown.

        Raises JobUnknown, and ServerError for a server that is none of ours.
        """
        document = self._job_document(b"job", handle)
        for part in (document, document.get("worker")):
            if isinstance(part, dict):
                part.update({key: _readable(part[key]) for key in _NAMES if isinstance(part.get(key), str)})
        return document

    def workload(self, handle: bytes) -> bytes:
        """The workload of a job of a gear server.  Raises as `job` does."""
        try:
            return base64.b64decode(self._job_document(b"peek", handle)["workload_base64"], validate=True)
        except (KeyError, TypeError, ValueError):
            raise self._no_document() from None

    def result(self, handle: bytes) -> KeptResult:
        """What became of a background job, from a gear server that keeps results.

        Raises JobUnknown, also for a job whose result is kept no longer, and
        ServerError for a server that keeps none or is none of ours.
        """
        try:
            document = self._job_document(b"result", handle)
        except ServerError as error:
            raise self._as_not_kept(error) from None
        try:
            return _kept_result(document)
        except (KeyError, TypeError, ValueError):
            raise self._no_document() from None

    def _as_not_kept(self, error: ServerError) -> ServerError:
        """What a refusal to tell a result means."""
        if error.code.upper() != "NOT_KEPT":
            return error
        words = f"{self.address} keeps no results; start it with: gear serve --keep-results 1h"
        return ServerError(words, code=error.code, text=error.text)

    def _job_document(self, command: bytes, handle: bytes) -> dict[str, Any]:
        """The one document that answers one of our commands about a job."""
        try:
            rows = list(self._rows(command + b" " + percent_encoded(handle).encode("ascii")))
        except ServerError as error:
            if error.code.upper() == "UNKNOWN_COMMAND":
                raise self._not_ours(error) from None
            raise _as_unknown(error, handle) from None
        try:
            (document,) = map(json.loads, rows)
        except ValueError:
            raise self._no_document() from None
        if not isinstance(document, dict):
            raise self._no_document()
        return document

    def _no_document(self) -> ProtocolError:
        return ProtocolError(f"{self.address} answered with something else than the job's document")

    def _not_ours(self, refusal: ServerError) -> ServerError:
        """The error for a server that has not the command; it is named as well as it can be."""
        version = self.version()
        # Perl's server says its refusals in lower case, gearmand has no name in its version.
        gearmands = refusal.code.isupper() and version[:1].isdigit()
        name = f"gearmand {version}" if gearmands else version
        words = f"this needs a gear server; {self.address} is {name}"
        return ServerError(words, code=refusal.code, text=refusal.text)

    # -- lines ------------------------------------------------------------------

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


def unknown_job(name: bytes | str) -> JobUnknown:
    """The error for a job that the server does not know."""
    return JobUnknown(f"{shown(name)}: the server knows no such job; it is done, or never was")


def check_handle(handle: bytes) -> None:
    """Raises UsageError for what cannot be the handle in a command line of the text protocol."""
    if not handle or _NO_WORD.search(handle):
        raise UsageError(f"'{shown(handle)}' is not a handle; one looks like H:jobs.example:1")


def _as_unknown(error: ServerError, handle: bytes) -> JobUnknown | ServerError:
    """What a refusal means when it was about a job."""
    return unknown_job(handle) if error.code.upper() == "UNKNOWN_JOB" else error


def _kept_result(document: dict[str, Any]) -> KeptResult:
    """The result that a document tells.  Raises KeyError, TypeError or ValueError."""
    plain: dict[str, Any] = {
        key: document[key] for key in ("state", "attempt", "ended", "size", "dropped", "reason")
    }
    for key in ("handle", "function", "unique"):
        plain[key] = percent_decoded(str(document[key]).encode("utf-8", "replace"))
    for key in ("result", "exception", "warnings"):
        encoded = document[f"{key}_base64"]
        plain[key] = None if encoded is None else base64.b64decode(encoded, validate=True)
    return KeptResult(**plain)


def _readable(encoded: str) -> str:
    return shown(percent_decoded(encoded.encode("utf-8", "replace")))
