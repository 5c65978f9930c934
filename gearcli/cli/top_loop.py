"""The loop of `gear top`: keys, answers, signals and time come in, a screen goes out."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

from gearcli.cli.asker import Asker
from gearcli.cli.exits import ExitStatus
from gearcli.cli.keys import REDRAW, Keys
from gearcli.cli.screen import Screen
from gearcli.cli.top_choices import Choices, Page
from gearcli.cli.top_page import page, page_height
from gearcli.cli.top_view import Scene
from gearcli.client.admin import Admin
from gearcli.client.inside import Inside, inside
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.client.survey import Answer
from gearcli.client.watch import Watch
from gearcli.protocol.address import Address
from gearcli.signals import received, registered

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_OTHERS = (signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT)
_ESCAPE = 0.1  # seconds after which an Escape is the key, and not the beginning of another one
_CLOCK = 1.0  # seconds after which the time of day is drawn anew
_SWITCH = 0.0005  # seconds that a thread works on an answer before keys get their turn
_LEISURE = 4  # times as long as an answer took, a server is left alone


class Told(NamedTuple):
    """What a server told: its functions, and one of them from inside if that was asked for."""

    seen: Snapshot
    inside: Inside | None


def next_time(asked: float, answered: float, interval: float) -> float:
    """When to ask a server again; one that has much to tell is not kept from its work by being asked.

    All are monotonic seconds.
    """
    return max(asked + interval, answered + _LEISURE * (answered - asked))


class Loop:
    """`gear top` on a screen.  `run` returns when a person or a signal ends it."""

    def __init__(
        self,
        addresses: Sequence[Address],
        choices: Choices,
        screen: Screen,
        *,
        interval: float,
        connect_timeout: float,
        ascii_only: bool = False,
    ) -> None:
        self._watch = Watch(addresses)
        self._choices = choices
        self._screen = screen
        self._interval = interval
        self._ascii = ascii_only
        self._asker = Asker(addresses, self._question, connect_timeout=connect_timeout)
        self._keys = Keys()
        self._due = dict.fromkeys(range(len(addresses)), 0.0)
        """When each server is to be asked, in monotonic seconds."""
        self._since: dict[int, float] = {}
        self._insides: dict[int, Inside] = {}
        self._wanted: bytes | None = None
        """The function that is asked for from inside."""
        self._ended_by = 0
        self._drawn = 0.0

    def run(self) -> int:
        """Show it until the end; the exit status."""
        with ExitStack() as stack:
            stack.callback(sys.setswitchinterval, sys.getswitchinterval())
            sys.setswitchinterval(_SWITCH)
            selector = stack.enter_context(selectors.DefaultSelector())
            stack.enter_context(self._asker)
            stack.enter_context(registered(selector, [*_ENDS, *_OTHERS], lambda source: source))
            stack.enter_context(self._screen)
            selector.register(0, selectors.EVENT_READ, None)
            selector.register(self._asker, selectors.EVENT_READ, self._asker)
            self._draw()
            while not (self._choices.ended or self._ended_by):
                self._turn(selector)
        return self._status()

    def _status(self) -> int:
        """What the end means.  Ctrl-backslash does what it always does, once the terminal is as it was."""
        if self._ended_by == signal.SIGINT:
            raise KeyboardInterrupt
        if self._ended_by == signal.SIGQUIT:
            signal.raise_signal(signal.SIGQUIT)
        return 128 + self._ended_by if self._ended_by else ExitStatus.DONE

    # -- a turn ------------------------------------------------------------------------

    def _turn(self, selector: selectors.BaseSelector) -> None:
        """Wait until something happens, and show what it changes."""
        self._ask()
        events = selector.select(self._patience())
        changed = False
        for key, _ in events:
            if key.data is None:
                self._press(self._read())
            elif key.data is self._asker:
                self._listen()
            else:
                self._obey(key.data)
            changed = True
        if not events and self._keys.pending:
            self._press(self._keys.flush())
            changed = True
        if changed or time.monotonic() >= self._drawn + _CLOCK:
            self._draw()

    def _patience(self) -> float:
        """Seconds until there is something to do even if nothing happens."""
        if self._keys.pending:
            return _ESCAPE
        now = time.monotonic()
        dues = [] if self._choices.paused else self._due.values()
        wake = min([due for due in dues if due > now], default=now + _CLOCK)
        return max(0.0, min(wake, self._drawn + _CLOCK) - now)

    def _draw(self) -> None:
        self._drawn = time.monotonic()
        self._screen.draw(page(self._scene(), self._screen.size))

    def _scene(self) -> Scene:
        asked = {number: self._since[number] for number in self._asker.asked}
        return Scene(
            self._watch,
            self._choices,
            self._insides,
            time.monotonic(),
            time.strftime("%H:%M:%S"),
            self._interval,
            asked,
            self._ascii,
        )

    # -- servers -----------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask those servers whose time it is, unless it is paused."""
        now = time.monotonic()
        for number, due in self._due.items():
            if due <= now and not self._choices.paused and number not in self._asker.asked:
                self._begin(number, now)

    def _begin(self, number: int, now: float) -> None:
        self._since[number] = now
        self._asker.ask(number)

    def _question(self, number: int, admin: Admin) -> Told:
        """What a server is asked, in a thread of its own."""
        function, seen = self._wanted, snapshot(admin)
        return Told(seen, None if function is None else inside(admin, seen, function))

    def _listen(self) -> None:
        """Take note of what servers said."""
        for number, answer in self._asker.answers():
            self._take(number, answer)

    def _take(self, number: int, answer: Answer[Told]) -> None:
        now = time.monotonic()
        self._due[number] = next_time(self._since[number], now, self._interval)
        if answer.value is None:
            assert answer.error is not None
            self._watch.told(number, answer.error, now)
            self._insides.pop(number, None)
            self._due[number] = now + self._interval  # there is no work that it is kept from
            return
        self._watch.told(number, answer.value.seen, now)
        found = answer.value.inside
        if found is not None and found.function == self._wanted:
            self._insides[number] = found
        elif self._wanted is not None:  # it was asked before somebody wanted to know
            self._begin(number, now)

    # -- the person --------------------------------------------------------------------

    def _read(self) -> list[str]:
        """Keys; a terminal that is gone ends it."""
        data = self._screen.keys()
        if not data:
            self._ended_by = signal.SIGHUP
        return self._keys.feed(data)

    def _press(self, pressed: list[str]) -> None:
        for key in pressed:
            if key == REDRAW:
                self._screen.clear()
            height = page_height(self._scene(), self._screen.size)
            self._choices.press(key, self._watch, height)
        wanted = self._choices.selected if self._choices.page is Page.INSIDE else None
        if wanted != self._wanted:
            self._wanted = wanted
            self._insides.clear()
            if wanted is not None:
                self._look_inside()

    def _look_inside(self) -> None:
        """Ask at once for the function that somebody wants to see."""
        for number in self._due:
            if number not in self._asker.asked:
                self._begin(number, time.monotonic())

    def _obey(self, source: socket.socket) -> None:
        """Do what signals say."""
        for number in received(source):
            if number in _ENDS:
                self._ended_by = number
            elif number == signal.SIGTSTP:
                self._screen.give_back()
                os.kill(os.getpid(), signal.SIGSTOP)
                self._screen.take()
            elif number == signal.SIGCONT:  # it may have been stopped without being asked
                self._screen.give_back()
                self._screen.take()
            else:
                self._screen.clear()
