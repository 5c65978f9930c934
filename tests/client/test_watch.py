"""Several servers as one, told by answers at chosen times."""

from __future__ import annotations

import pytest

from gearcli.client.documents import FunctionState
from gearcli.client.rates import Pace
from gearcli.client.snapshot import Snapshot
from gearcli.client.trends import STEP
from gearcli.client.watch import ORDERS, Totals, Watch
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address

A, B = Address("a", 1), Address("b", 2)


def seen(*states: FunctionState) -> Snapshot:
    return Snapshot("1.1.20", "gearmand 1.1.20", list(states))


def test_functions_of_all_servers_are_summed() -> None:
    watch = Watch([A, B])
    assert [] == watch.states()
    watch.told(0, seen(FunctionState(b"f", 1, 2, 3), FunctionState(b"g", 1, 0, 0)), 0.0)
    assert [b"f", b"g"] == [state.function for state in watch.states()]
    watch.told(1, seen(FunctionState(b"f", 10, 20, 30)), 0.0)
    assert [FunctionState(b"f", 11, 22, 33), FunctionState(b"g", 1, 0, 0)] == watch.states()


def test_a_server_that_does_not_answer_counts_no_more() -> None:
    watch, error = Watch([A, B]), ConnectFailed("refused")
    for server in (0, 1):
        watch.told(server, seen(FunctionState(b"f", 1, 0, 0)), 0.0)
    news = watch.news
    watch.told(1, error, 1.0)
    assert [FunctionState(b"f", 1, 0, 0)] == watch.states()
    assert (B, None, error, 1.0) == watch.servers[1]
    assert watch.news > news
    watch.told(0, error, 2.0)
    assert [FunctionState(b"f", 1, 0, 0)] == watch.states(), "nobody answers: that was known last"
    assert (False, True) == (watch.answering, watch.answered)
    watch.told(1, seen(FunctionState(b"g", 1, 0, 0)), 3.0)
    assert [FunctionState(b"g", 1, 0, 0)] == watch.states()


def test_rates_are_summed_but_do_not_jump_when_a_server_goes_or_comes() -> None:
    watch = Watch([A, B])
    for now in (0.0, 1.0):
        watch.told(0, seen(FunctionState(b"f", int(3 * now), 0, 1)), now)
        watch.told(1, seen(FunctionState(b"f", int(1000 - 2 * now), 0, 1)), now)
    assert Pace(3.0, 2.0, False) == watch.watched(watch.states()[0]).pace
    watch.told(1, ConnectFailed("refused"), 2.0)
    assert Pace(3.0, 0.0, False) == watch.watched(watch.states()[0]).pace
    watch.told(1, seen(FunctionState(b"f", 998, 0, 1)), 3.0)
    assert Pace(3.0, 0.0, False) == watch.watched(watch.states()[0]).pace


def test_what_is_watched_knows_the_time_that_is_left() -> None:
    watch = Watch([A])
    for now in (0.0, 1.0):
        watch.told(0, seen(FunctionState(b"f", int(100 - 10 * now), 0, 1)), now)
    assert 9.0 == watch.watched(watch.states()[0]).remaining


def test_totals() -> None:
    watch = Watch([A])
    assert Totals(0, 0, 0, None) == watch.totals([])
    for now in (0, 1):
        states = [
            FunctionState(b"f", 5 * now, 1, 1),
            FunctionState(b"g", 3 * now, 1, 1),
            FunctionState(b"h", 1, 1, 0),
        ]
        watch.told(0, seen(*states), float(now))
    assert Totals(3, 9, 3, Pace(8.0, 0.0, False)) == watch.totals(watch.states())
    assert Totals(1, 1, 1, Pace(0.0, 0.0, False)) == watch.totals(watch.states()[2:])


def test_what_waited_before() -> None:
    watch = Watch([A])
    for number in range(3):
        watch.told(0, seen(FunctionState(b"f", number, 0, 0)), number * STEP)
        watch.told(0, seen(FunctionState(b"f", 99, 0, 0)), number * STEP + 0.1)  # too early for a point
    assert [0, 1, 2] == watch.trend(b"f", 100)


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("queued", "acb"),
        ("running", "bac"),
        ("workers", "cba"),
        ("in", "cab"),
        ("out", "bac"),
        ("eta", "acb"),
        ("oldest", "bac"),
        ("function", "abc"),
    ],
)
def test_orders(order: str, names: str) -> None:
    watch = Watch([A])
    watch.told(
        0,
        seen(*(FunctionState(name, *n, 1) for name, n in ((b"a", (90, 0)), (b"b", (9, 9)), (b"c", (9, 0))))),
        0,
    )
    watch.told(
        0,
        seen(
            FunctionState(b"a", 90, 0, 0),
            FunctionState(b"b", 8, 5, 2, oldest=1.0),
            FunctionState(b"c", 9, 5, 3)._replace(running=0, queued=11),
        ),
        1.0,
    )
    states = sorted(watch.states(), key=lambda state: ORDERS[order](watch, state))
    assert names == "".join(state.function.decode() for state in states)
    assert order in ORDERS
