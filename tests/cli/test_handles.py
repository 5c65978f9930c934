"""What handles begin with."""

from __future__ import annotations

import socket
import time

import pytest

from gearcli.cli.handles import _base36, handle_prefix
from gearcli.cli.serve_options import PREFIX_LIMIT
from gearcli.protocol.packets import HANDLE_LIMIT


def test_handles_begin_with_the_machine_and_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "a" * 100)
    monkeypatch.setattr(time, "time_ns", lambda: 36_000_000)
    assert b"H:" + b"a" * 24 + b":10-" == handle_prefix()
    assert b"mine:10-" == handle_prefix(b"mine")


def test_no_handle_gets_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "a" * 100)
    far = 36**8 - 1  # milliseconds: the year 2059
    monkeypatch.setattr(time, "time_ns", lambda: far * 1_000_000)
    ten_years = b"%d" % (30_000 * 3600 * 24 * 3650)
    for wanted in (None, b"x" * PREFIX_LIMIT):
        assert len(handle_prefix(wanted) + ten_years) <= HANDLE_LIMIT


@pytest.mark.parametrize(("number", "digits"), [(1, "1"), (35, "z"), (36, "10"), (36**3 - 1, "zzz")])
def test_base_36(number: int, digits: str) -> None:
    assert digits == _base36(number)
