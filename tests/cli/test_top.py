"""`gear top` off a terminal, and its options.  On one: tests/terminal/test_top.py."""

from __future__ import annotations

import signal

import pytest

from gearcli.cli.top import Sort
from gearcli.client.watch import ORDERS
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, run_gear
from tests.support import ServerProcess, free_port


@pytest.fixture
def at(server: ServerProcess) -> list[str]:
    with server.wire() as client:
        for name in (b"top-one", b"top-two"):
            client.ask(PacketType.SUBMIT_JOB_BG, name, b"same", b"x")
    return ["top", "-s", f"127.0.0.1:{server.port}"]


def test_every_order_has_its_name() -> None:
    assert list(ORDERS) == [each.value for each in Sort]


def test_once(at: list[str]) -> None:
    result = run_gear(*at, "-b", "top-")
    assert (0, "") == (result.status, result.err)
    assert 1 == result.out.count(b"Queue Name")
    assert b"  -  gear " in result.out.splitlines()[0]
    assert b" top-one      |               0  |           1  |           0 \n" in result.out


def test_a_filter_and_functions_without_jobs(at: list[str], cat: str) -> None:
    assert b"top-one" not in (filtered := run_gear(*at, "-b", "*TWO").out)
    assert b"top-two" in filtered
    assert b"\n cat " in run_gear(*at, "-b").out
    assert b"\n cat " not in run_gear(*at, "-b", "--hide-empty").out


def test_several_times(at: list[str]) -> None:
    assert 3 == run_gear(*at, "-b", "-n", "3", "-i", "0.01").out.count(b"Queue Name")


def test_until_somebody_interrupts(at: list[str]) -> None:
    with Gear(*at, "-b", "-i", "0.05") as running:
        headings = 0
        while headings < 2:
            headings += b"Queue Name" in running.line()
        running.signal(signal.SIGINT)
        assert 130 == running.result().status


def test_off_a_terminal_it_prints(at: list[str]) -> None:
    result = run_gear(*at)
    assert 0 == result.status
    assert "gear: this is no terminal for a whole screen; it prints as -b does\n" == result.err
    assert 1 == result.out.count(b"Queue Name")


def test_a_server_that_is_not_there(at: list[str]) -> None:
    dead = f"127.0.0.1:{free_port()}"
    result = run_gear(*at, "-s", dead, "-b")
    assert 69 == result.status
    assert f"cannot connect to {dead}" in result.err
    assert b"top-one" in result.out


@pytest.mark.parametrize(
    "options", [["-n", "3"], ["-b", "-n", "0"], ["--sort", "x"], ["-i", "x"], ["-b", "a", "b"]]
)
def test_wrong_usage(options: list[str]) -> None:
    result = run_gear("top", *options)
    assert (2, b"") == (result.status, result.out)
