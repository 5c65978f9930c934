"""Signals arrive as bytes on a socket, and what was there before comes back."""

from __future__ import annotations

import os
import selectors
import signal

from gearcli.signals import arriving, received, registered, wanted
from tests.support import under_nohup


def test_a_signal_makes_the_socket_readable() -> None:
    with arriving([signal.SIGUSR1]) as source:
        os.kill(os.getpid(), signal.SIGUSR1)
        assert received(source) == [signal.SIGUSR1]


def test_without_a_signal_there_is_nothing_to_receive() -> None:
    with arriving([signal.SIGUSR1]) as source:
        assert received(source) == []


def test_a_selector_wakes_for_a_signal() -> None:
    with (
        selectors.DefaultSelector() as selector,
        registered(selector, [signal.SIGUSR1], lambda source: source),
    ):
        os.kill(os.getpid(), signal.SIGUSR1)
        ((key, _),) = selector.select(20)
        assert received(key.data) == [signal.SIGUSR1]


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGUSR1)
    with arriving([signal.SIGUSR1]):
        assert signal.getsignal(signal.SIGUSR1) is not before
    assert signal.getsignal(signal.SIGUSR1) is before


def test_hup_is_not_wanted_where_it_is_ignored() -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP)
    assert [*numbers] == wanted(numbers)
    with under_nohup():
        assert [signal.SIGTERM] == wanted(numbers)
