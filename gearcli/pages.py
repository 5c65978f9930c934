"""A few pages that can be read over HTTP, served in the process's own selectors loop.

For whoever watches: GET and HEAD of known paths, one request a connection.
It never waits for a visitor, and none can stay long, take much memory, or
keep others from the loop.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

from gearcli.entrance import AGAIN, OUT_OF_DESCRIPTORS, Entrance
from gearcli.timers import Timer, Timers

_READ, _WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
_VISITORS = 64
"""Connections at a time; others wait to be accepted."""
_LONGEST = 8192
"""Bytes of a request's head."""
_PATIENCE = 10.0
"""Seconds that a visitor may stay."""
PLAIN = "text/plain; charset=utf-8"
"""The media type of words."""
_ENDS = (b"\r\n\r\n", b"\n\n")


class Page(NamedTuple):
    """What is at a path: its media type, and what makes its status and its text.

    `make` returns None while they are not known; `Pages.ready` asks it again.
    """

    media_type: str
    make: Callable[[], tuple[HTTPStatus, str] | None]
    headers: tuple[tuple[str, str], ...] = ()
    """More lines of the head: names and values."""


def _itself(call: Callable[[int], None]) -> object:
    return call


class Pages:
    """Serves pages by their paths to whoever connects to `listeners`, which do not block.

    The data of its keys in the selector is what to call with the events, or
    what `wrap` makes of it where the loop expects something else.
    """

    def __init__(
        self,
        listeners: Sequence[socket.socket],
        pages: Mapping[str, Page],
        selector: selectors.BaseSelector,
        timers: Timers,
        wrap: Callable[[Callable[[int], None]], object] = _itself,
    ) -> None:
        self._entrance = Entrance(selector, listeners, lambda listener: wrap(self._accepting(listener)))
        self._pages = pages
        self._selector = selector
        self._timers = timers
        self._wrap = wrap
        self._visits: set[_Visit] = set()
        self._entrance.open()

    def close(self) -> None:
        """Let all visitors go, once the selector is not used any more; the listeners are others' to close."""
        for visit in self._visits:
            visit.close()

    def ready(self) -> None:
        """Answer those who wait for a page that was not known when they asked for it."""
        for visit in list(self._visits):
            visit.retry()

    def _accepting(self, listener: socket.socket) -> Callable[[int], None]:
        return lambda mask: self._accept(listener)

    def _accept(self, listener: socket.socket) -> None:
        try:
            visitor, _ = listener.accept()
        except OSError as error:
            if error.errno in OUT_OF_DESCRIPTORS:
                self._entrance.shut()
                self._timers.add(time.monotonic() + AGAIN, self._entrance.open)
            return
        visitor.setblocking(False)
        visit = _Visit(visitor, self._answer, self._selector, self._wrap)
        self._visits.add(visit)
        timer = self._timers.add(time.monotonic() + _PATIENCE, visit.end)
        visit.gone = lambda: self._gone(visit, timer)
        if len(self._visits) >= _VISITORS:
            self._entrance.shut()

    def _gone(self, visit: _Visit, timer: Timer) -> None:
        self._timers.cancel(timer)
        self._visits.discard(visit)
        self._entrance.open()

    def _answer(self, head: bytes) -> bytes | None:
        """The answer to the head of a request; None while it is not known."""
        method, _, rest = head.partition(b"\n")[0].strip().decode("latin-1").partition(" ")
        path, _, version = rest.partition(" ")
        page = self._pages.get(path.partition("?")[0])
        if not version.startswith("HTTP/1."):
            return _response(HTTPStatus.BAD_REQUEST)
        if method not in ("GET", "HEAD"):
            return _response(HTTPStatus.METHOD_NOT_ALLOWED)
        if page is None:
            return _response(HTTPStatus.NOT_FOUND)
        made = page.make()
        if made is None:
            return None
        status, text = made
        return _response(status, text, page.media_type, page.headers, with_body=method == "GET")


def _response(
    status: HTTPStatus,
    text: str = "",
    media_type: str = PLAIN,
    headers: Iterable[tuple[str, str]] = (),
    *,
    with_body: bool = True,
) -> bytes:
    body = (text or f"{status.phrase}\n").encode("utf-8", "backslashreplace")
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {media_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
    ]
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        lines.append("Allow: GET, HEAD")
    return "\r\n".join([*lines, "", ""]).encode() + (body if with_body else b"")


class _Visit:
    """One connection: a request is read, an answer written, and the visitor's goodbye waited for.

    `gone` is called when it has ended.  While the answer is not known nothing
    is read: the selector does not watch the connection, only its time passes.
    """

    gone: Callable[[], None]

    def __init__(
        self,
        visitor: socket.socket,
        answer: Callable[[bytes], bytes | None],
        selector: selectors.BaseSelector,
        wrap: Callable[[Callable[[int], None]], object],
    ) -> None:
        self._socket = visitor
        self._answer = answer
        self._selector = selector
        self._key_data = wrap(self._turn)
        self._head = b""
        self._unsent = memoryview(b"")
        self._answered = self._waits = False
        selector.register(visitor, _READ, self._key_data)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def end(self) -> None:
        """Close the connection and wait for it no longer; twice is once."""
        if self._socket.fileno() >= 0:
            if not self._waits:
                self._selector.unregister(self._socket)
            self.close()
            self.gone()
            # They lead back here, and a server does without the collector of such cycles.
            del self._key_data, self.gone
            self._unsent = memoryview(b"")

    def retry(self) -> None:
        """Answer, if it waits for that and the answer is known now."""
        if not self._waits:
            return
        answer = self._answer(self._head)
        if answer is not None:
            self._waits = False
            self._selector.register(self._socket, _WRITE, self._key_data)
            self._unsent = memoryview(answer)

    def _turn(self, mask: int) -> None:
        try:
            if self._unsent:
                self._send()
            else:
                self._receive()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self.end()

    def _receive(self) -> None:
        data = self._socket.recv(_LONGEST)
        if not data:
            self.end()
        elif not self._answered:
            self._head += data
            if any(end in self._head for end in _ENDS):
                self._say(self._answer(self._head))
            elif len(self._head) >= _LONGEST:
                self._say(_response(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE))

    def _say(self, answer: bytes | None) -> None:
        self._answered = True
        if answer is None:
            self._waits = True
            self._selector.unregister(self._socket)
            return
        self._unsent = memoryview(answer)
        self._selector.modify(self._socket, _WRITE, self._key_data)
        self._send()

    def _send(self) -> None:
        self._unsent = self._unsent[self._socket.send(self._unsent) :]
        if not self._unsent:
            # Who closes with something unread makes the system throw away what was sent.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_WR)
            self._selector.modify(self._socket, _READ, self._key_data)
