"""Results on standard output: whole, told apart, in order if wanted."""

from __future__ import annotations

import pytest

from gearcli.cli.results import OneResult, Results
from gearcli.client.tasks import Task

TASKS = [Task(b"f", b"", number=number) for number in range(4)]


def out(capfdbinary: pytest.CaptureFixture[bytes]) -> bytes:
    """What was printed since the last time."""
    return capfdbinary.readouterr().out


def test_one_result_leaves_as_it_comes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    result = OneResult()
    result.part(TASKS[1], b"one\0")
    assert b"one\0" == out(capfdbinary)
    result.end(TASKS[1], b"two")
    assert b"two" == out(capfdbinary)


def test_a_result_is_ended_by_the_delimiter_once(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    results = Results(b"--", in_order=False)
    for data in (b"a", b"b--", b"", b"-"):
        results.end(TASKS[1], data)
    assert b"".join([b"a--", b"b--", b"--", b"---"]) == out(capfdbinary)


def test_without_a_delimiter_nothing_is_added(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    results = Results(b"", in_order=False)
    results.end(TASKS[1], b"a")
    results.end(TASKS[2], b"b")
    assert b"ab" == out(capfdbinary)


def test_parts_of_different_results_do_not_mix(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    results = Results(b"\n", in_order=False)
    results.part(TASKS[1], b"1a ")
    results.part(TASKS[2], b"2a ")
    assert b"" == out(capfdbinary)
    results.end(TASKS[2], b"2b")
    results.end(TASKS[1], b"1b")
    assert b"2a 2b\n1a 1b\n" == out(capfdbinary)


def test_in_order_each_waits_for_those_before_it(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    results = Results(b"\n", in_order=True)
    results.end(TASKS[3], b"three")
    results.end(TASKS[2], b"two")
    assert b"" == out(capfdbinary)
    results.end(TASKS[1], b"one")
    assert b"one\ntwo\nthree\n" == out(capfdbinary)


def test_a_job_without_result_holds_nobody_up(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    results = Results(b"\n", in_order=True)
    results.end(TASKS[2], b"two")
    results.part(TASKS[1], b"lost")
    results.nothing(TASKS[1])
    assert b"two\n" == out(capfdbinary)
