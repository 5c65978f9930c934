"""Figures of servers for as long as somebody wants them: on a page, or in a file.

One loop, which never waits for a server: those are asked in threads of a
`Survey`.  TERM and INT end it, also while a server is silent.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import TypeAlias

from gearcli import systemd
from gearcli.cli.output import failure, write_file
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer, Survey
from gearcli.errors import OutputError
from gearcli.exposition import CONTENT_TYPE
from gearcli.pages import PLAIN, Page, Pages
from gearcli.signals import registered
from gearcli.timers import Timers

Answers: TypeAlias = Sequence[Answer[Snapshot]]
Render: TypeAlias = Callable[[Answers], str]
"""The text for what servers have answered."""
Say: TypeAlias = Callable[[str], None]

PATIENCE = 5.0
"""Seconds that servers have for an answer before the figures leave without theirs; Prometheus waits 10."""
_LONGEST = 3600.0  # seconds; a selector knows no more than 24 days
_FRESH = 1.0
"""Seconds for which figures are good enough for another reader."""


class Gathering:
    """Asks servers in a thread of its own; `source` can be read when they have answered."""

    def __init__(self, servers: Survey[Snapshot]) -> None:
        self._servers = servers
        self._asking = False
        self._answers: Answers = ()
        self.source, self._end = socket.socketpair()

    def close(self) -> None:
        """Wait for nothing any more."""
        self.source.close()
        self._end.close()

    def begin(self) -> None:
        """Ask, unless that is being done."""
        if not self._asking:
            self._asking = True
            threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        self._answers = self._servers.ask(PATIENCE)
        with contextlib.suppress(OSError):  # nobody waits any more
            self._end.send(b"!")

    def take(self) -> Answers:
        """What the servers have answered, once `source` can be read."""
        self.source.recv(1)
        self._asking = False
        return self._answers


class Changes:
    """Says once that a server has stopped to answer, and once that it does again."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._down: set[str] = set()

    def note(self, answers: Answers) -> None:
        """What the servers have answered this time."""
        for answer in answers:
            server = str(answer.address)
            if answer.error is not None and server not in self._down:
                self._say(failure(server, answer.error))
                self._down.add(server)
            elif answer.error is None and server in self._down:
                self._say(f"{server} answers again")
                self._down.discard(server)


class _Loop:
    """A selector whose keys have what to call, and timers, until a signal comes."""

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.timers = Timers()
        self._ended = False

    def end(self, _: int) -> None:
        """A signal has come."""
        self._ended = True

    def run(self) -> None:
        """Do what is due and what is ready, until TERM or INT."""
        systemd.notify(os.environ, "READY=1")
        while not self._ended:
            pause = min(max(0.0, self.timers.due - time.monotonic()), _LONGEST)
            for key, mask in self.selector.select(pause):
                key.data(mask)
            for call in self.timers.pop_due(time.monotonic()):
                call()
        systemd.notify(os.environ, "STOPPING=1")


@contextlib.contextmanager
def _looping(servers: Survey[Snapshot]) -> Iterator[tuple[_Loop, Gathering]]:
    """A loop to run, and what asks the servers."""
    loop = _Loop()
    with (
        contextlib.closing(Gathering(servers)) as gathering,
        loop.selector,
        registered(loop.selector, (signal.SIGTERM, signal.SIGINT), lambda _: loop.end, last=True),
    ):
        yield loop, gathering


# -- a page ------------------------------------------------------------------------------------


class Exporter:
    """The page of figures: servers are asked when somebody reads it, and never twice at the same time."""

    def __init__(self, gathering: Gathering, render: Render, say: Say) -> None:
        self._gathering = gathering
        self._render = render
        self._changes = Changes(say)
        self._text = ""
        self._until = 0.0
        self.ready: Callable[[], None] = lambda: None
        """What is to be called when the page is known."""

    def page(self) -> tuple[HTTPStatus, str] | None:
        """The figures; None while they are asked for."""
        if time.monotonic() < self._until:
            return HTTPStatus.OK, self._text
        self._gathering.begin()
        return None

    def gathered(self, _: int) -> None:
        """The servers have answered."""
        answers = self._gathering.take()
        self._changes.note(answers)
        self._text = self._render(answers)
        self._until = time.monotonic() + _FRESH
        self.ready()


def serve(listeners: Sequence[socket.socket], servers: Survey[Snapshot], render: Render, say: Say) -> None:
    """Serve ``/metrics``, and ``/healthz`` that tells that this process is well, until TERM or INT."""
    with _looping(servers) as (loop, gathering):
        exporter = Exporter(gathering, render, say)
        pages = {
            "/metrics": Page(CONTENT_TYPE, exporter.page),
            "/healthz": Page(PLAIN, lambda: (HTTPStatus.OK, "ok\n")),
        }
        with contextlib.closing(Pages(listeners, pages, loop.selector, loop.timers)) as served:
            exporter.ready = served.ready
            loop.selector.register(gathering.source, selectors.EVENT_READ, exporter.gathered)
            loop.run()


# -- a file -------------------------------------------------------------------------------------


class Keeper:
    """Writes the figures into a file each time when servers have answered.

    What is wrong with the file at first is raised, later said once: a full
    disk may have room again.
    """

    def __init__(self, path: str, gathering: Gathering, render: Render, say: Say) -> None:
        self._path = path
        self._gathering = gathering
        self._render = render
        self._say = say
        self._changes = Changes(say)
        self._written: bool | None = None  # None: not yet tried

    def gathered(self, _: int) -> None:
        """The servers have answered.  Raises OutputError for the first file."""
        answers = self._gathering.take()
        self._changes.note(answers)
        try:
            write_file(self._path, self._render(answers))
        except OutputError as error:
            if self._written is None:
                raise
            if self._written is True:
                self._say(str(error))
            self._written = False
        else:
            self._written = True


def keep(path: str, interval: float, servers: Survey[Snapshot], render: Render, say: Say) -> None:
    """Write the figures into a file every `interval` seconds until TERM or INT.  Raises OutputError."""
    with _looping(servers) as (loop, gathering):

        def again() -> None:
            loop.timers.add(time.monotonic() + interval, again)
            gathering.begin()

        keeper = Keeper(path, gathering, render, say)
        loop.selector.register(gathering.source, selectors.EVENT_READ, keeper.gathered)
        again()
        loop.run()
