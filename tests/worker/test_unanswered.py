"""How long servers may leave a slot without an answer."""

from __future__ import annotations

import time
from math import inf
from typing import cast

import pytest

from gearcli.client.connection import Connection
from gearcli.client.dispatch import SILENCE
from gearcli.protocol.packets import PacketType
from gearcli.timers import Timers
from gearcli.worker.unanswered import Unanswered
from gearcli.worker.worker import Session, Slot


class Line:
    """A connection that only notes how it stands."""

    heard = False
    unsent = False

    def send(self, *parts: bytes) -> None:
        """Nothing."""


class Watch:
    """A slot with one session, and what is found of it."""

    def __init__(self, patience: float | None = 1.0) -> None:
        self.line = Line()
        self.session = Session(cast(Connection, self.line), [b"f"])
        self.slot = Slot(0)
        self.timers = Timers()
        self.silent: list[Session] = []
        self.unanswered = Unanswered(self.timers, patience, lambda slot, session: self.silent.append(session))
        self.slot.join(self.session)
        self.look_later()

    def look_later(self) -> None:
        """What is done whenever there may be something to send."""
        self.unanswered.look_later(self.slot, self.session)

    def look(self) -> list[Session]:
        """Let the time pass; who was found to be silent."""
        for call in list(self.timers.pop_due(inf)):
            call()
        return self.silent


def test_who_says_nothing_is_silent() -> None:
    watch = Watch()
    assert [watch.session] == watch.look()


def test_nobody_looks_twice_or_for_ever() -> None:
    watch = Watch()
    watch.look_later()
    assert 1 == len(watch.timers)
    watch = Watch(None)
    assert 0 == len(watch.timers)


def test_who_has_answered_is_not_silent() -> None:
    watch = Watch()
    watch.slot.receive(watch.session, (PacketType.NO_JOB, []))
    assert [] == watch.look()


def test_who_has_answered_before_has_more_time() -> None:
    watch = Watch()
    watch.line.heard = True
    watch.slot.receive(watch.session, (PacketType.NO_JOB, []))
    watch.look()
    watch.slot.receive(watch.session, (PacketType.NOOP, []))
    asked = time.monotonic()
    watch.look_later()
    assert watch.timers.due >= asked + SILENCE
    assert [watch.session] == watch.look()


@pytest.mark.parametrize("again", [True, False])
def test_who_was_asked_anew_or_reads_slowly_has_its_time_from_now(again: bool) -> None:
    watch = Watch()
    watch.line.heard, watch.line.unsent = True, not again
    if again:
        watch.slot.receive(watch.session, (PacketType.NO_JOB, []))
        watch.slot.receive(watch.session, (PacketType.NOOP, []))
    assert [] == watch.look()
    watch.line.unsent = False
    assert [watch.session] == watch.look()
