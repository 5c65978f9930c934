"""One try at a job: what is said becomes a result, and the end an outcome."""

from __future__ import annotations

import errno
import signal

import pytest

from gearcli.worker.attempt import TAIL, Attempt, Outcome, failure_of, not_started
from gearcli.worker.plan import Recipe
from tests.worker.playing import Told, told_job

EXITED = 256
"""What `waitpid` gives for an exit status, times it."""


def attempt(**recipe: object) -> tuple[Attempt, Told]:
    """An attempt, and what is reported of its job."""
    job, told = told_job()
    return Attempt(job, Recipe(["cat"], **recipe), 1, lambda words: None), told  # type: ignore[arg-type]


def test_the_output_is_the_result() -> None:
    tried, told = attempt()
    tried.take_output(b"one ")
    tried.take_output(b"two")
    assert Outcome(b"one two", b"", "", 0) == tried.ended(0)
    assert [] == told.packets


def test_output_that_streams_leaves_at_once_and_is_no_result() -> None:
    tried, told = attempt(stream=True)
    assert not tried.has_answered
    tried.take_output(b"one")
    tried.take_output(b"")
    assert [("WORK_DATA", b"one")] == told.packets
    assert (b"", True) == (tried.ended(0).output, tried.has_answered)


@pytest.mark.parametrize(("lines", "end"), [("keep", b"\n"), ("strip", b"")])
def test_output_that_leaves_by_lines(lines: str, end: bytes) -> None:
    tried, told = attempt(stream=True, lines=lines)
    for data in (b"on", b"e\n\ntw", b"", b"o", b"\nrest"):
        tried.take_output(data)
    assert [("WORK_DATA", line + end) for line in (b"one", b"", b"two")] == told.packets
    assert (b"rest", True) == (tried.ended(0).output, tried.has_answered)


def test_data_on_the_status_descriptor_is_an_answer_too() -> None:
    tried, told = attempt()
    tried.reports.take(b"data one\n", 0.0)
    assert ([("WORK_DATA", b"one\n")], True) == (told.packets, tried.has_answered)


def test_only_the_end_of_standard_error_is_kept() -> None:
    tried, _ = attempt()
    tried.take_errors(b"a" * TAIL)
    tried.take_errors(b"end")
    assert b"a" * (TAIL - 3) + b"end" == tried.ended(0).stderr


@pytest.mark.parametrize(
    ("wait_status", "words", "status"),
    [
        (3 * EXITED, "exited with status 3", 3),
        (signal.SIGKILL, "was killed by SIGKILL (signal 9)", 137),
        (0, "", 0),
    ],
)
def test_how_a_process_ends_is_how_an_attempt_does(wait_status: int, words: str, status: int) -> None:
    outcome = attempt()[0].ended(wait_status)
    assert (words, status) == (outcome.failure, outcome.status)


def test_a_time_limit_counts_even_if_the_command_then_ends_well() -> None:
    tried, _ = attempt(timeout=1.5)
    tried.timed_out = True
    assert ("timed out after 1.5 s", 124) == tried.ended(0)[2:]


def test_too_much_output_is_a_failure_and_is_not_kept() -> None:
    tried, _ = attempt(max_output=4)
    tried.take_output(b"four")
    assert not tried.gone_too_far
    tried.take_output(b"!")
    assert tried.gone_too_far
    assert (b"", b"", "wrote more than 4 bytes", 137) == tried.ended(signal.SIGKILL)


def test_a_record_ends_with_its_delimiter() -> None:
    tried, _ = attempt(persistent=b"\n")
    assert None is tried.take_record(b"ans", b"\n")
    assert b"" == tried.take_record(b"wer\n", b"\n")
    assert Outcome(b"answer", b"", "", 0) == tried.succeeded()


def test_what_comes_after_a_record_is_nobodys() -> None:
    tried, _ = attempt(persistent=b"\0")
    assert b"more" == tried.take_record(b"ans\nwer\0more", b"\0")
    assert b"ans\nwer" == tried.succeeded().output


def test_a_command_that_ends_before_its_record_has_failed_however_it_ended() -> None:
    tried, _ = attempt(persistent=b"\n")
    assert ("ended without an answer", 1) == tried.left_alone(0)[2:]
    assert ("exited with status 3", 3) == tried.left_alone(3 * EXITED)[2:]


@pytest.mark.parametrize(
    ("error", "status"),
    [(FileNotFoundError(errno.ENOENT, "No such file"), 127), (PermissionError(errno.EACCES, "Denied"), 126)],
)
def test_what_could_not_be_started(error: OSError, status: int) -> None:
    outcome = not_started(error)
    assert (f"cannot be executed: {str(error.strerror).lower()}", status) == outcome[2:]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, ""),
        (1, "exited with status 1"),
        (-9, "was killed by SIGKILL (signal 9)"),
        (-40, "was killed by a signal (signal 40)"),
    ],
)
def test_failures_in_words(code: int, words: str) -> None:
    assert words == failure_of(code)
