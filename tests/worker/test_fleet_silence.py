"""Servers that accept a connection of a worker and say nothing, like a full one, or nothing more."""

from __future__ import annotations

import time
from math import inf

import pytest

from gearcli.protocol.packets import PacketType
from gearcli.worker import unanswered
from gearcli.worker.worker import Slot
from tests.client.peer import Listener
from tests.worker import harbours as fixtures
from tests.worker.harbours import Harbour

P = PacketType

harbours, other, short_pauses = fixtures.harbours, fixtures.other, fixtures.short_pauses


def test_who_waits_for_a_server_that_lets_it_wait_asks_another_at_last(
    harbours: list[Harbour], listener: Listener, other: Listener
) -> None:
    """So it is with a server that has as many connections as it takes."""
    harbours.append(Harbour(listener.address, other.address, patience=0.1))
    fleet = harbours[-1]
    fleet.enlist()
    fleet.connect(listener)
    peer = fleet.accept(other)
    fleet.hears(peer, P.SET_CLIENT_ID, P.CAN_DO)
    fleet.fleet.check_start()
    fleet.hears(peer, P.GRAB_JOB_UNIQ)
    ((_, words),) = fleet.words("server lost")
    assert words.startswith(f"{listener.address} does not answer; it may have as many connections")
    peer.say(P.NO_JOB)
    fleet.hears(peer, P.PRE_SLEEP)
    fleet.connect(listener).say(P.NO_JOB)
    fleet.until(lambda: len(fleet.words("server back")) == 1)
    assert fleet.fleet.absence is None


def test_a_server_with_room_for_some_slots_keeps_those_and_is_tried_by_one_of_the_others(
    harbours: list[Harbour], listener: Listener
) -> None:
    """It is there, so nobody is told that it is gone."""
    harbours.append(Harbour(listener.address, patience=0.1))
    fleet = harbours[-1]
    fleet.enlist(3)
    first = fleet.connect(listener)
    first.say(P.NO_JOB)
    fleet.fleet.check_start()
    silent = [fleet.connect(listener), fleet.connect(listener)]
    fleet.until(lambda: len(fleet.losses) == len(silent))
    fleet.connect(listener)  # one, and no other before it has been answered
    fleet.until(lambda: len(fleet.losses) == len(silent) + 1)
    fleet.connect(listener).say(P.NO_JOB)
    fleet.connect(listener).say(P.NO_JOB)
    fleet.hears(first, P.PRE_SLEEP)
    assert 1 == len(fleet.words("server full"))
    assert [] == fleet.words("server lost") + fleet.words("server back")


def test_a_server_that_was_not_asked_may_be_silent(
    harbours: list[Harbour], listener: Listener, other: Listener
) -> None:
    harbours.append(Harbour(listener.address, other.address, patience=0.01))
    fleet = harbours[-1]
    (slot,) = fleet.enlist()
    fleet.connect(listener).say(P.JOB_ASSIGN_UNIQ, b"H:1", b"f", b"", b"")
    fleet.hears(fleet.accept(other), P.SET_CLIENT_ID, P.CAN_DO)
    for _ in range(10):
        fleet.turn()
    assert 2 == len(slot.sessions)


def test_its_time_begins_when_it_is_asked(harbours: list[Harbour], listener: Listener) -> None:
    """It may be long after the connection was made: a slot asks one server at a time."""
    harbours.append(Harbour(listener.address, patience=100.0))
    fleet, slot = harbours[-1], Slot(0)
    slot.rest()
    fleet.fleet.enlist(slot, fleet)
    peer = fleet.accept(listener)
    fleet.hears(peer, P.SET_CLIENT_ID, P.CAN_DO)
    assert inf == fleet.timers.due
    asked = time.monotonic()
    slot.resume()
    fleet.fleet.push(slot)
    fleet.hears(peer, P.GRAB_JOB_UNIQ)
    assert asked + 100.0 <= fleet.timers.due < inf


def test_a_server_that_hangs_does_not_keep_a_slot_from_the_others(
    harbours: list[Harbour], listener: Listener, other: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered, "SILENCE", 0.05)
    harbours.append(Harbour(listener.address, other.address, patience=0.05))
    fleet = harbours[-1]
    fleet.enlist()
    hangs = fleet.connect(listener)
    hangs.say(P.NO_JOB)
    fleet.hears(hangs, P.PRE_SLEEP)
    works = fleet.connect(other)
    works.say(P.NO_JOB)
    fleet.hears(works, P.PRE_SLEEP)
    fleet.fleet.check_start()
    hangs.say(P.NOOP)
    fleet.hears(hangs, P.GRAB_JOB_UNIQ)
    works.say(P.NOOP)
    fleet.hears(works, P.GRAB_JOB_UNIQ)
    ((_, words),) = fleet.words("server lost")
    assert f"{listener.address} does not answer; trying to reach it again" == words
