"""The page of functions, at chosen times and sizes."""

from __future__ import annotations

import random

import pytest

from gearcli.cli.styled import ALARM, CHOSEN
from gearcli.cli.top_choices import Choices
from gearcli.cli.top_page import page
from gearcli.cli.top_view import functions_height
from gearcli.client.watch import Watch
from gearcli.errors import ConnectFailed
from tests.cli.watching import HERE, HOSTILE, THERE, drawn, function, scene, watching


def test_a_usual_screen() -> None:
    watch = watching(
        [function("resize", 100, 2, 4), function("mail", 7, 0, 0), function("idle")],
        [function("resize", 90, 2, 4), function("mail", 10, 0, 0), function("idle")],
    )
    rows = drawn(scene(watch))
    assert 24 == len(rows)
    assert [
        "gear top · 12:00:00 · here:4730 · gearmand 1.1.20 · every 2s",
        "3 functions: 100 queued, 2 running, in 3.0/s, out 10.0/s at least",
        "  FUNCTION              QUEUED* RUNNING WORKERS  IN/s OUT/s    ETA QUEUED BEFORE",
        "> resize                     90       2       4     0  10.0     9s             █",
        "  mail                       10       0       0   3.0     0  never             █",
        "  idle                        0       0       1     0     0      -             ▁",
    ] == rows[:6]
    assert [""] * 17 == rows[6:23]
    assert "q quit · p pause · s sort · / filter · e empty · Enter jobs · ? help    1-3 of 3" == rows[23]


def test_what_stands_still_is_marked_and_the_cursor_is_seen() -> None:
    watch = watching([function("first", 5), function("stuck", 1, 0, 0)])
    lines = page(scene(watch), (80, 24))
    name, queued, _, workers, *_, eta, _ = lines[4]
    assert ["", "", ALARM, ALARM] == [piece.style for piece in (name, queued, workers, eta)]
    assert {CHOSEN} == {piece.style for piece in lines[3]}


def test_a_paused_function_says_so() -> None:
    watch = watching([function("f", 5)._replace(paused=True)])
    assert "paused" in drawn(scene(watch))[3]


def test_rates_are_not_known_at_once() -> None:
    rows = drawn(scene(watching([function("f", 5)])))
    assert "1 function: 5 queued, 0 running" == rows[1]
    assert ["-", "-", "-"] == rows[3].split()[5:8]


def test_counted_rates_are_no_estimates() -> None:
    looks = ([function("f", 5)._replace(submitted=n, finished=n)] for n in (0, 8))
    assert "1 function: 5 queued, 0 running, in 8.0/s, out 8.0/s" == drawn(scene(watching(*looks)))[1]


def test_servers_that_do_not_answer_are_named() -> None:
    watch = watching([function("f", 1)], servers=[HERE, THERE])
    watch.told(1, ConnectFailed("cannot connect to there:4731: connection refused."), 0.0)
    rows = drawn(scene(watch))
    assert "gear top · 12:00:00 · 1 of 2 servers · every 2s" == rows[0]
    assert "cannot connect to there:4731: connection refused." == rows[1]
    assert rows[2].startswith("1 function")
    assert "> f" == rows[4][:3]


def test_a_server_that_is_slow_is_named_after_a_while() -> None:
    watch = watching([function("f", 1)], servers=[HERE, THERE])
    assert not any("there" in row for row in drawn(scene(watch, asked={1: 0.0}, now=5.9)))
    assert "there:4731 has not answered for 7s" == drawn(scene(watch, asked={1: 0.0}, now=7.0))[1]


def test_many_servers_that_do_not_answer_leave_room() -> None:
    watch = Watch([HERE] * 50)
    for number in range(50):
        watch.told(number, ConnectFailed(f"server {number} is gone"), 0.0)
    rows = drawn(scene(watch))
    failures = ["here:4730: server 0 is gone", "here:4730: server 1 is gone", "here:4730: server 2 is gone"]
    assert [*failures, "and 47 more servers do not answer"] == rows[1:5]
    assert "no server has answered yet" == rows[7]


def test_nothing_to_see() -> None:
    assert "no server has answered yet" == drawn(scene(Watch([HERE])))[3]
    assert "no functions yet" == drawn(scene(watching([])))[3]
    watch = watching([function("f")])
    assert "no function has jobs" == drawn(scene(watch, Choices(hide_empty=True)))[3]
    assert "no function is like that; Esc shows all" == drawn(scene(watch, Choices(pattern="x")))[3]


def test_a_filter_and_a_pause_are_seen() -> None:
    watch, choices = watching([function("one"), function("two")]), Choices(pattern="w")
    choices.paused = True
    rows = drawn(scene(watch, choices))
    assert rows[0].endswith("every 2s · PAUSED")
    assert rows[1].startswith("1 of 2 functions:")
    assert rows[-1].startswith("filter: w (Esc: all) · q quit")
    choices.typing = True
    assert "filter: w_" == drawn(scene(watch, choices))[-1]


def test_the_order_is_marked() -> None:
    for order, heading in (("function", "FUNCTION*"), ("workers", "WORKERS*"), ("eta", "ETA*")):
        assert heading in drawn(scene(watching([function("f")]), Choices(sort=order)))[2]


@pytest.mark.parametrize("order", ["queued", "running", "workers", "in", "out", "eta", "oldest"])
def test_the_mark_leaves_the_headings_apart(order: str) -> None:
    watch = watching([function("f", 1)._replace(oldest=200.0)])
    rows = drawn(scene(watch, Choices(sort=order)), 120)
    unmarked = drawn(scene(watch), 120)[2].replace("*", "").split()
    assert unmarked == rows[2].replace("*", "").split()
    assert 1 == rows[2].count("*")


def test_what_was_last_known_stays_when_nobody_answers_any_more() -> None:
    watch = watching([function("f", 5)])
    watch.told(0, ConnectFailed("cannot connect to here:4730: connection refused."), 3.0)
    rows = drawn(scene(watch))
    assert "cannot connect to here:4730: connection refused." == rows[1]
    assert "when a server last answered: 1 function: 5 queued, 0 running" == rows[2]
    assert rows[4].startswith("> f")
    watch = watching([])
    watch.told(0, ConnectFailed("gone"), 3.0)
    assert "no server answers any more" == drawn(scene(watch))[4]


def test_ages_have_a_column_where_there_is_room() -> None:
    watch = watching([function("f", 1)._replace(oldest=200.0)])
    assert "OLDEST" not in drawn(scene(watch))[2]
    rows = drawn(scene(watch), 120)
    assert "OLDEST" in rows[2]
    assert "3m20s" in rows[3]


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("width", [1, 2, 5, 12, 20, 33, 47, 60, 79, 80, 81, 100, 132, 300])
def test_every_size_and_hostile_names(width: int, ascii_only: bool) -> None:
    """`drawn` checks that only printable text within the width is drawn."""
    watch = watching(
        [function(name, 10**number, 1, 0) for number, name in enumerate(HOSTILE)], servers=[HERE, THERE]
    )
    watch.told(1, ConnectFailed("\x1b[2Jgone\n世界"), 0.0)
    for height in (1, 2, 3, 4, 5, 8, 24, 70):
        rows = drawn(
            scene(watch, Choices(pattern="" if width % 2 else "\x1be"), ascii_only=ascii_only), width, height
        )
        assert height == len(rows)


def test_names_are_cut_by_their_width() -> None:
    row = drawn(scene(watching([function("世界" * 20, 1)])))[3]
    assert row.startswith("> 世界世界世界世界世…")
    assert row[2:].split()[1:3] == ["1", "0"]


def test_ascii_has_sparks_too() -> None:
    rows = drawn(scene(watching([function("f", 1)], [function("f", 1)]), ascii_only=True))
    assert rows[0].startswith("gear top - 12:00:00 - here:4730")
    assert rows[3].endswith("#")


def test_only_what_is_on_the_screen_is_drawn() -> None:
    watch = watching([function(f"f{number:05}") for number in range(10_000)])
    choices = Choices(sort="function")
    seen = scene(watch, choices)
    assert 20 == functions_height(seen, 24)
    assert "1-20 of 10000" == drawn(seen)[-1][-13:]
    choices.selected = b"f07000"
    rows = drawn(seen)
    assert "> f07000" == rows[22][:8]
    assert rows[-1].endswith("6982-7001 of 10000")


def test_five_thousand_hostile_names() -> None:
    """`drawn` checks that only printable text within the width is drawn; each name is one row."""
    chance = random.Random(7)
    parts = [
        *HOSTILE,
        b"\x1b[31m",
        b"\n",
        b"\r",
        b"\t",
        b"\x9b",
        b"\xc2\x9b",
        "\u202e\u2028\u200b".encode(),
        b"a" * 90,
    ]
    names = {b"%d" % number + b"".join(chance.choices(parts, k=3)) for number in range(5000)}
    rows = drawn(scene(watching([function(name, 1) for name in names])), 80, 5010)
    assert 5000 == len(names) == sum(row.strip() != "" for row in rows[3:-1])
