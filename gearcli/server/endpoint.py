"""What `gear serve --metrics` serves over HTTP, in the server's own loop.

``/metrics`` for Prometheus, ``/healthz`` for whoever starts it again, ``/``
for people.  All are read-only.  Pages of many functions take longer to make
than others should wait, so they are made piece by piece, a few in each turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from http import HTTPStatus
from socket import socket

from gearcli import __version__
from gearcli.exposition import CONTENT_TYPE
from gearcli.pages import PLAIN, Page, Pages
from gearcli.server import dashboard, metrics
from gearcli.server.counters import Counters
from gearcli.server.counting import count
from gearcli.server.engine import Engine
from gearcli.server.loop import Server
from gearcli.server.overview import Overview, Vitals, overview
from gearcli.server.vitals import Pulse
from gearcli.timers import Timers

_LONGEST_STEP = 0.004
"""Seconds for which a page may be made before others have their turn."""
_HEADERS = (
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)
"""Nobody may put a page into theirs, nor learn of it from another."""
_FAILED = "this page cannot be made; the server's log says why\n"


class Gradual:
    """A text that is made piece by piece; all who ask for it meanwhile get the same.

    `make` begins one.  `ready` is called when it is there and has been asked for in vain.
    A fault of this program while it is made is told to `failed`, and to those
    who ask: who looks on must not end what is looked at.
    """

    def __init__(
        self,
        make: Callable[[], Iterator[str]],
        timers: Timers,
        ready: Callable[[], None],
        failed: Callable[[Exception], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._timers = timers
        self._ready = ready
        self._failed = failed
        self._clock = clock
        self._pieces: Iterator[str] | None = None
        self._made: list[str] = []
        self._status = HTTPStatus.OK
        self._answer: tuple[HTTPStatus, str] | None = None
        """The whole text while those who wait for it fetch it."""

    def __call__(self) -> tuple[HTTPStatus, str] | None:
        """The text; None if that takes longer."""
        if self._answer is not None:
            return self._answer
        if self._pieces is None:
            self._pieces = self._begin()
            if self._go_on(self._pieces):
                return self._take()
            self._later(self._pieces)
        return None

    def _begin(self) -> Iterator[str]:
        """The pieces; not even the first is made yet."""
        yield from self._make()

    def _go_on(self, pieces: Iterator[str]) -> bool:
        """Make pieces for a short time; whether that was all."""
        end = self._clock() + _LONGEST_STEP
        try:
            for piece in pieces:
                self._made.append(piece)
                if self._clock() > end:
                    return False
        except Exception as fault:
            self._failed(fault)
            self._status, self._made = HTTPStatus.INTERNAL_SERVER_ERROR, [_FAILED]
        return True

    def _later(self, pieces: Iterator[str]) -> None:
        """Go on in the next turn, which has a later time than this one."""
        self._timers.add(self._clock(), partial(self._step, pieces))

    def _step(self, pieces: Iterator[str]) -> None:
        if not self._go_on(pieces):
            self._later(pieces)
            return
        self._answer = self._take()
        self._ready()
        self._answer = None

    def _take(self) -> tuple[HTTPStatus, str]:
        """What has been made; the next who asks begins anew."""
        answer = self._status, "".join(self._made)
        self._pieces, self._made, self._status = None, [], HTTPStatus.OK
        return answer


class Endpoint:
    """Has an engine counted, and shows it to whoever connects to `listeners`, which are others' to close.

    `where` are the addresses at which jobs are taken.  It begins before the
    server runs, and is closed when that has ended.  `say` is told of pages
    that cannot be made.
    """

    def __init__(
        self,
        server: Server,
        engine: Engine,
        listeners: Sequence[socket],
        where: Sequence[str] = (),
        *,
        say: Callable[[str], None],
    ) -> None:
        self._server = server
        self._engine = engine
        self._where = where
        self._say = say
        self._counters = Counters()
        self._pulse = Pulse()
        count(engine, self._counters)
        figures = self._gradual(lambda: metrics.page(self._look()))
        people = self._gradual(lambda: dashboard.page(self._look(), self._where))
        self._pages = Pages(
            listeners,
            {
                "/metrics": Page(CONTENT_TYPE, figures, _HEADERS),
                "/healthz": Page(PLAIN, self._health, _HEADERS),
                "/": Page(dashboard.MEDIA_TYPE, people, (*_HEADERS, *dashboard.headers())),
            },
            server.selector,
            engine.registry.timers,
            wrap=_called_by_the_loop,
        )

    def close(self) -> None:
        """Let all visitors go."""
        self._pages.close()

    def _gradual(self, make: Callable[[], Iterator[str]]) -> Gradual:
        return Gradual(make, self._engine.registry.timers, lambda: self._pages.ready(), self._failed)

    def _failed(self, fault: Exception) -> None:
        self._say(f"a page of figures cannot be made, which is a fault of gear: {fault!r}")

    def _health(self) -> tuple[HTTPStatus, str]:
        if self._server.stopping:
            return HTTPStatus.SERVICE_UNAVAILABLE, "stopping\n"
        return HTTPStatus.OK, "ok\n"

    def _look(self) -> Overview:
        return overview(self._engine, self._counters, self._vitals())

    def _vitals(self) -> Vitals:
        pulse = self._pulse
        return Vitals(
            version=f"gear {__version__}",
            started=pulse.started,
            uptime=pulse.uptime(),
            processor=pulse.processor(),
            memory=pulse.memory(),
            stopping=self._server.stopping,
        )


def _called_by_the_loop(call: Callable[[int], None]) -> object:
    """What the server's loop wants to know of a socket: whom to call, with what; the events do not matter."""
    return call, 0
