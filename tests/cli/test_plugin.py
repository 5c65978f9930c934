"""The words and figures of a monitoring plugin, as check_gearman has them."""

from __future__ import annotations

import pytest

from gearcli.cli.plugin import (
    Levels,
    State,
    Thresholds,
    figures,
    judged,
    line,
    missing,
    response,
    summary,
    worst,
)
from gearcli.client.documents import FunctionState
from gearcli.client.functions import Row

DEFAULTS = Thresholds()


def row(waiting: int, running: int, workers: int, name: bytes = b"q", **more: object) -> Row:
    return Row(None, FunctionState(name, waiting, running, workers)._replace(**more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("queue", "limits", "state", "words"),
    [
        (row(1, 0, 0), DEFAULTS, State.CRITICAL, "Queue q has 1 job without any worker."),
        (row(155, 0, 0), DEFAULTS, State.CRITICAL, "Queue q has 155 jobs without any worker."),
        (row(9, 0, 24), DEFAULTS, None, ""),
        (row(10, 0, 1), DEFAULTS, State.WARNING, "Queue q has 10 waiting jobs."),
        (row(100, 0, 1), DEFAULTS, State.CRITICAL, "Queue q has 100 waiting jobs."),
        (row(1, 0, 1), Thresholds(jobs_warning=1), State.WARNING, "Queue q has 1 waiting job."),
        (row(0, 0, 25), DEFAULTS, State.WARNING, "Queue q has 25 worker."),
        (row(0, 0, 50), DEFAULTS, State.CRITICAL, "Queue q has 50 worker."),
        (row(999, 0, 99), Thresholds(0, 0, 0, 0), None, ""),
        (row(0, 0, 0), DEFAULTS, None, ""),
        (row(0, 0, 0), Thresholds(no_worker=True), State.CRITICAL, "Queue q has no worker."),
        (row(0, 0, 1), Thresholds(min_workers=2), State.CRITICAL, "Queue q has 1 of 2 worker."),
        (row(0, 0, 2), Thresholds(min_workers=2), None, ""),
        (
            row(1, 0, 1, oldest=61.0),
            Thresholds(max_age=60),
            State.CRITICAL,
            "Queue q has a job that has waited 61s.",
        ),
        (row(1, 0, 1, oldest=60.0), Thresholds(max_age=60), None, ""),
        (row(1, 0, 1, delayed=1, oldest=None), Thresholds(max_age=60), None, ""),
        (row(500, 0, 0, delayed=500), DEFAULTS, None, ""),
        (row(0, 0, 1, dead=9), DEFAULTS, None, ""),
        (row(0, 0, 1, dead=9), Thresholds(dead=Levels(0, 0)), None, ""),
        (row(0, 0, 1, dead=0), Thresholds(dead=Levels(1, 1)), None, ""),
        (row(0, 0, 1, dead=1), Thresholds(dead=Levels(1)), State.WARNING, "Queue q has 1 dead job."),
        (row(0, 0, 1, dead=9), Thresholds(dead=Levels(1, 10)), State.WARNING, "Queue q has 9 dead jobs."),
        (row(0, 0, 1, dead=10), Thresholds(dead=Levels(1, 10)), State.CRITICAL, "Queue q has 10 dead jobs."),
        (row(0, 0, 1, dead=1), Thresholds(dead=Levels(0, 1)), State.CRITICAL, "Queue q has 1 dead job."),
        (row(0, 0, 1, dead=None), Thresholds(dead=Levels(1, 1)), None, ""),
    ],
)
def test_the_rules(queue: Row, limits: Thresholds, state: State | None, words: str) -> None:
    assert ([] if state is None else [(state, words)]) == judged([queue], limits)


def test_the_worst_comes_first_and_counts() -> None:
    verdicts = judged([row(10, 0, 1, b"a"), row(1, 0, 0, b"b")], DEFAULTS)
    expected = "Queue b has 1 job without any worker. Queue a has 10 waiting jobs."
    assert (State.CRITICAL, expected) == summary([], verdicts, [])


def test_a_line_tells_of_a_few_queues_only() -> None:
    verdicts = judged([row(1, 0, 0) for _ in range(12)], DEFAULTS)
    assert summary([], verdicts, []).text.endswith("any worker. 2 more queues.")


def test_all_is_well() -> None:
    rows = [row(0, 1, 1), row(2, 3, 5, delayed=1)]
    expected = "4 jobs running and 1 job waiting. Version: 1.1.20\\x7c"
    assert (State.OK, expected) == summary(rows, [], ["1.1.20|"])


def test_a_queue_that_nobody_knows() -> None:
    assert [(State.WARNING, "Queue a\\x7c\\x1b not found")] == missing([b"a|\x1b"], DEFAULTS)
    assert [State.CRITICAL] == [each.state for each in missing([b"a"], Thresholds(min_workers=1))]


def test_figures() -> None:
    expected = ["'q_waiting'=155;10;100;0", "'q_running'=0", "'q_worker'=0;25;50;0"]
    assert expected == list(figures([row(155, 0, 0)], DEFAULTS))
    aged = Thresholds(max_age=60)
    assert "'q_oldest'=1.500s;;60;0" == list(figures([row(1, 0, 0, oldest=1.5, paused=False)], aged))[-1]
    assert expected == list(figures([row(155, 0, 0)], aged)), "gearmand tells no ages"
    buried = Thresholds(dead=Levels(1, 10))
    assert [*expected, "'q_dead'=3;1;10;0"] == list(figures([row(155, 0, 0, dead=3)], buried))
    assert expected == list(figures([row(155, 0, 0)], buried)), "gearmand keeps no dead jobs"
    assert expected == list(figures([row(155, 0, 0, dead=3)], DEFAULTS)), "as it always was"
    hostile = row(0, 0, 0, b"a'=|\nb")._replace(server="h:1")
    assert r"'h:1 a''\x3d\x7c\nb_running'=0" == list(figures([hostile], DEFAULTS))[1]


def test_the_line() -> None:
    assert "check_gearman OK - fine\n" == line(State.OK, "fine")
    assert "check_gearman CRITICAL - bad|a=1 b=2\n" == line(State.CRITICAL, "bad", ["a=1", "b=2"])


@pytest.mark.parametrize(
    ("states", "counts"),
    [
        ([], State.OK),
        ([State.OK, State.UNKNOWN], State.UNKNOWN),
        ([State.UNKNOWN, State.WARNING], State.WARNING),
        ([State.CRITICAL, State.UNKNOWN], State.CRITICAL),
    ],
)
def test_the_state_that_counts(states: list[State], counts: State) -> None:
    assert counts == worst(states)


@pytest.mark.parametrize(
    ("result", "expected", "state", "said"),
    [
        (b"pong\n", None, State.OK, "check_gearman OK - pong\n"),
        (b"1:slow|t=1\n", None, State.WARNING, "slow|t=1\n"),
        (b"0:fine", None, State.OK, "fine\n"),
        (b"9:odd", None, State.UNKNOWN, "odd\n"),
        ("²:odd".encode(), None, State.OK, "check_gearman OK - ²:odd\n"),
        (b"12:30", None, State.OK, "check_gearman OK - 12:30\n"),
        (b"", None, State.OK, "check_gearman OK - \n"),
        (
            b"a pong|\x1b",
            "pong",
            State.OK,
            "check_gearman OK - send worker 'ping' response: 'a pong\\x7c\\x1b'\n",
        ),
        (
            b"2:pang",
            "po|ng",
            State.CRITICAL,
            "check_gearman CRITICAL - send worker: 'ping' response: '2:pang', expected 'po\\x7cng'\n",
        ),
        (b"two\nlines", None, State.OK, "check_gearman OK - two\\nlines\n"),
    ],
)
def test_the_answer_of_a_worker(result: bytes, expected: str | None, state: State, said: str) -> None:
    assert (state, said) == response("ping", result, expected)
