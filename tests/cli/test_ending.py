"""TERM and HUP, in order."""

from __future__ import annotations

import signal

import pytest

from gearcli.cli.ending import ending_in_order
from tests.support import under_nohup


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_an_exit(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with ending_in_order(), pytest.raises(SystemExit) as end:
        signal.raise_signal(number)
    assert (128 + number, before) == (end.value.code, signal.getsignal(number))


def test_hup_that_is_ignored_stays_ignored() -> None:
    with under_nohup(), ending_in_order():
        signal.raise_signal(signal.SIGHUP)
        assert signal.SIG_IGN == signal.getsignal(signal.SIGHUP)
