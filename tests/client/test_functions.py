"""Functions of several servers: summed, chosen, sorted."""

from __future__ import annotations

import pytest

from gearcli.client.documents import FunctionState
from gearcli.client.functions import SORTS, Row, chosen, rows_of, sorted_by, summed, total
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address

GEAR = FunctionState(b"f", 3, 1, 2, 1, 1, 0, delayed=1, paused=True, oldest=5.0, maxqueue=(1, 1, 1))
GEARMAND = FunctionState(b"f", 2, 0, 1, 1, 1, 0)
BARE = FunctionState(b"f", 1, 0, 0)


def answer(port: int, *states: FunctionState) -> Answer[Snapshot]:
    return Answer(Address("h", port), Snapshot("1", "gearmand 1", list(states)), None, 0.0)


DEAD: Answer[Snapshot] = Answer(Address("h", 9), None, ConnectFailed("gone"), 0.0)


def test_one_server_tells_all_that_it_knows() -> None:
    assert [Row(None, GEAR)] == rows_of([answer(1, GEAR), DEAD], per_server=False)


def test_several_servers_are_summed() -> None:
    other = FunctionState(b"a", 1, 1, 1)
    sums = FunctionState(b"f", 5, 1, 3, 2, 2, 0, delayed=None, paused=True, oldest=5.0, maxqueue=None)
    rows = rows_of([answer(1, GEAR), answer(2, other, GEARMAND)], per_server=False)
    assert [Row(None, other), Row(None, sums)] == rows


def test_what_one_does_not_tell_has_no_sum() -> None:
    assert FunctionState(b"f", 3, 0, 1) == summed([GEARMAND, BARE])[0]
    assert (1, 1, 1) == total([GEAR, GEAR]).maxqueue


def test_each_server_may_have_its_rows() -> None:
    rows = rows_of([answer(2, GEAR), DEAD, answer(1, BARE)], per_server=True)
    assert [Row("h:1", BARE), Row("h:2", GEAR)] == rows


def test_the_sum_of_all_has_no_name() -> None:
    assert FunctionState(b"", 0, 0, 0, 0, 0, 0, delayed=0) == total([])
    assert b"" == total([GEAR]).function


@pytest.mark.parametrize(
    ("globs", "hide_empty", "names"),
    [
        ([], False, [b"a", b"ab", b"\xff"]),
        (["a*"], False, [b"a", b"ab"]),
        (["?"], False, [b"a", b"\xff"]),
        (["A", "ab"], False, [b"ab"]),
        ([], True, [b"ab"]),
        (["a"], True, []),
    ],
)
def test_rows_are_chosen(globs: list[str], hide_empty: bool, names: list[bytes]) -> None:
    rows = [Row(None, FunctionState(name, int(name == b"ab"), 0, 1)) for name in (b"a", b"ab", b"\xff")]
    assert names == [row.state.function for row in chosen(rows, globs, hide_empty=hide_empty)]


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("function", b"abc"),
        ("queued", b"cab"),
        ("running", b"bac"),
        ("workers", b"cba"),
        ("total", b"cba"),
        ("oldest", b"bac"),
    ],
)
def test_rows_are_sorted(key: str, names: bytes) -> None:
    states = [
        FunctionState(b"c", 3, 0, 9),
        FunctionState(b"a", 1, 0, 0),
        FunctionState(b"b", 0, 2, 5, oldest=1.0),
    ]
    rows = sorted_by(sorted_by([Row(None, state) for state in states], "function"), key)
    assert names == b"".join(row.state.function for row in rows)
    assert key in SORTS
