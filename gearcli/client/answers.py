"""What servers answer to text commands: lines, rows and documents; refusals in words that help."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from gearcli.client.conversation import Conversation
from gearcli.errors import FunctionUnknown, JobUnknown, ProtocolError, ServerError, UsageError
from gearcli.escape import percent_encoded, shown
from gearcli.protocol.lines import ANSWER_LIMIT

T = TypeVar("T")

_LONGEST_WORDS = 200
"""Bytes of a version or a level that are read; whoever says more means harm."""
_NO_WORD = re.compile(rb"[\x00-\x20\x7f]")


class Answers:
    """Asks over a conversation.

    Every method raises ServerError for a refusal, NoAnswer, ConnectionLost and ProtocolError.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._address = conversation.address

    def line(self, command: bytes, within: float | None = None) -> bytes:
        """The one line that answers a command; see `Conversation`."""
        return self._conversation.line(command, within)

    def rows(self, command: bytes, limit: int = ANSWER_LIMIT) -> list[bytes]:
        """The rows that answer a command; see `Conversation`."""
        return self._conversation.rows(command, limit)

    def said(self, command: bytes, within: float | None = None) -> str:
        """What a line says after its OK."""
        return shown(self.line(command, within).removeprefix(b"OK ").strip()[:_LONGEST_WORDS])

    def ours(self, ask: Callable[[], T]) -> T:
        """What a command of ours is answered.  Raises a ServerError that names a server without it."""
        try:
            return ask()
        except ServerError as error:
            if error.code.upper() != "UNKNOWN_COMMAND":
                raise
            raise self.not_ours(error) from None

    def about_job(self, handle: bytes, ask: Callable[[], T]) -> T:
        """What a command about a job is answered.  Raises JobUnknown."""
        try:
            return ask()
        except ServerError as error:
            raise unknown_job(handle) if error.code.upper() == "UNKNOWN_JOB" else error from None

    def documents(self, command: bytes, limit: int = ANSWER_LIMIT) -> list[dict[str, Any]]:
        """The documents that answer one of our commands."""
        rows = self.ours(lambda: self.rows(command, limit))
        try:
            # One document after the other in one go is much faster than each for itself.
            documents: list[dict[str, Any]] = json.loads(b"[%b]" % b",".join(rows))
        except (ValueError, RecursionError):
            raise self._no_document() from None
        if len(documents) != len(rows) or not all(isinstance(document, dict) for document in documents):
            raise self._no_document()
        return documents

    def document(self, command: bytes, limit: int = ANSWER_LIMIT) -> dict[str, Any]:
        """The one document that answers one of our commands."""
        documents = self.documents(command, limit)
        if len(documents) != 1:
            raise self._no_document()
        return documents[0]

    def job_document(self, command: bytes, handle: bytes, limit: int = ANSWER_LIMIT) -> dict[str, Any]:
        """The document that answers a command about a job.  Raises JobUnknown."""
        return self.about_job(handle, lambda: self.document(command + b" " + encoded(handle), limit))

    def of_function(self, command: bytes, function: bytes) -> dict[str, Any]:
        """The document that answers a command about a function."""
        return self.about_function(function, lambda: self.document(command + b" " + encoded(function)))

    def about_function(self, function: bytes, ask: Callable[[], T]) -> T:
        """What an answer about a function is.  Raises FunctionUnknown."""
        try:
            return ask()
        except ServerError as error:
            if error.text != "function not found":
                raise
        raise FunctionUnknown(f"{self._address} knows no function {shown(function)}; gear status shows all")

    def some(
        self,
        command: bytes,
        function: bytes | None,
        limit: int | None,
        parse: Callable[[dict[str, Any]], T],
    ) -> tuple[list[T], int]:
        """The jobs that a command tells, of a function or of all, and how many it leaves out."""
        if function is not None:
            command += b" " + encoded(function) + (b"" if limit is None else b" %d" % limit)
        documents, left_out = self.about_function(function or b"", lambda: self.documents(command)), 0
        if documents and "left_out" in documents[-1]:
            left_out = self.parser(lambda last: int(last["left_out"]))(documents.pop())
        if limit is not None:  # the server knows it only beside a function
            left_out += max(0, len(documents) - limit)
            del documents[limit:]
        return list(map(self.parser(parse), documents)), left_out

    def parser(self, parse: Callable[[dict[str, Any]], T]) -> Callable[[dict[str, Any]], T]:
        """The same, but it raises ProtocolError."""

        def parsed(document: dict[str, Any]) -> T:
            try:
                return parse(document)
            except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
                raise self._no_document() from None

        return parsed

    def _no_document(self) -> ProtocolError:
        words = "has answered with something else than the documents it was asked for; is it a gear server?"
        return ProtocolError(f"{self._address} {words}")

    def as_not_kept(self, error: ServerError) -> ServerError:
        """What a refusal to tell a result means."""
        if error.code.upper() != "NOT_KEPT":
            return error
        words = f"{self._address} keeps no results; start it with: gear serve --keep-results 1h"
        return ServerError(words, code=error.code, text=error.text)

    def not_ours(self, refusal: ServerError) -> ServerError:
        """The error for a server that has not the command; it is named as well as it can be."""
        words = f"this needs a gear server; {self._address} is {product(self.said(b'version'), refusal.code)}"
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


def function_word(name: bytes) -> bytes:
    """A function's name for one of gearmand's commands.  Raises UsageError."""
    return word(name, "a function that this command can name; spaces and control bytes cannot be said in it")


def word(word: bytes, what: str) -> bytes:
    """One word of a command line.  Raises UsageError for what is none."""
    if not word or _NO_WORD.search(word):
        raise UsageError(f"'{shown(word)}' is not {what}")
    return word


def encoded(name: bytes) -> bytes:
    """A name for one of our commands.  Raises UsageError for an empty one."""
    if not name:
        raise UsageError("an empty name names nothing")
    return percent_encoded(name).encode("ascii")
