"""Results of jobs: whole, told apart, in order if wanted."""

from __future__ import annotations

import pytest

from gearcli.cli.exits import ExitStatus
from gearcli.cli.results import Ended, OneResult, Results
from gearcli.client.tasks import Task

TASKS = [Task(b"f", b"", number=number) for number in range(5)]


class Sunk:
    """Where results go, and what came there: numbers, results and statuses."""

    def __init__(self) -> None:
        self.ended: list[Ended] = []

    @property
    def results(self) -> list[tuple[int, bytes]]:
        return [(each.task.number, each.result) for each in self.ended]

    def __call__(self, ended: Ended) -> None:
        self.ended.append(ended)


def test_one_result_leaves_as_it_comes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    hidden: list[None] = []
    result = OneResult(lambda: hidden.append(None))
    result.part(TASKS[1], b"one\0")
    assert b"one\0" == capfdbinary.readouterr().out
    result.end(TASKS[1], b"two")
    assert b"two" == capfdbinary.readouterr().out
    assert [None, None] == hidden


def test_parts_of_different_results_do_not_mix() -> None:
    sink = Sunk()
    results = Results([sink], in_order=False)
    results.part(TASKS[1], b"1a ")
    results.part(TASKS[2], b"2a ")
    assert [] == sink.ended
    results.end(TASKS[2], b"2b")
    results.end(TASKS[1], b"1b")
    assert [(2, b"2a 2b"), (1, b"1a 1b")] == sink.results


def test_in_order_each_waits_for_those_before_it() -> None:
    sink = Sunk()
    results = Results([sink], in_order=True)
    results.end(TASKS[3], b"three")
    results.end(TASKS[2], b"two")
    assert [] == sink.ended
    results.end(TASKS[1], b"one")
    assert [(1, b"one"), (2, b"two"), (3, b"three")] == sink.results


def test_a_job_without_result_holds_nobody_up() -> None:
    sink = Sunk()
    results = Results([sink], in_order=True)
    results.end(TASKS[2], b"two")
    results.part(TASKS[1], b"lost")
    results.nothing(TASKS[1], ExitStatus.TIMEOUT)
    assert [(1, b""), (2, b"two")] == sink.results
    assert [ExitStatus.TIMEOUT, ExitStatus.DONE] == [each.status for each in sink.ended]


def test_a_record_that_is_no_job_holds_nobody_up() -> None:
    sink = Sunk()
    results = Results([sink], in_order=True)
    results.end(TASKS[3], b"three")
    results.skip(1)
    results.skip(2)
    assert [(3, b"three")] == sink.results


def test_the_parts_of_a_failed_attempt_are_dropped() -> None:
    sink = Sunk()
    results = Results([sink], in_order=False)
    results.part(TASKS[1], b"half")
    results.drop(TASKS[1])
    results.end(TASKS[1], b"whole")
    assert [(1, b"whole")] == sink.results


def test_every_sink_gets_every_result() -> None:
    sinks = Sunk(), Sunk()
    Results(sinks, in_order=False).end(TASKS[1], b"r")
    assert [[(1, b"r")]] * 2 == [sink.results for sink in sinks]
