"""The numbers of a progress."""

from __future__ import annotations

import pytest

from gearcli.cli.counts import Counts, whole
from gearcli.client.tasks import Event, Local
from gearcli.protocol.packets import PacketType
from tests.cli.events import created, end, task

P = PacketType


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (b"0", 0),
        (b"12", 12),
        (b" 12\n", 12),
        (b"18446744073709551615", 2**64 - 1),
        (b"9" * 21, None),
        (b"9" * 100_000, None),
        (b"", None),
        (b"-1", None),
        (b"1.5", None),
        (b"1_0", None),
        (b"\xd9\xa3", None),
        (b"many", None),
    ],
)
def test_what_is_a_number(field: bytes, expected: int | None) -> None:
    assert expected == whole(field)


def test_a_task_counts_when_it_ends() -> None:
    counts, jobs = Counts(0), [task(number) for number in range(1, 6)]
    for job in jobs:
        counts.take(created(job))
    assert (0, 0, 5) == (counts.done, counts.failed, counts.in_flight)
    counts.take(end(jobs[0]))
    counts.take(end(jobs[1], P.WORK_FAIL))
    counts.take(end(jobs[2], P.WORK_EXCEPTION, b"no"))
    counts.take(end(jobs[3], P.ERROR, b"X", b"no"))
    counts.take(Event(jobs[4], P.WORK_DATA, [b"part"]))
    assert (4, 3, 1) == (counts.done, counts.failed, counts.in_flight)


def test_a_background_task_is_done_when_it_is_queued() -> None:
    counts = Counts(0)
    counts.take(created(task(background=True)))
    assert (1, 0, 0) == (counts.done, counts.failed, counts.in_flight)


def test_a_task_that_is_tried_again_counts_once() -> None:
    counts, first = Counts(0), task(7)
    counts.take(created(first))
    counts.take(created(first))  # by another server, the first was lost
    again = first.again()
    counts.take(end(first, P.WORK_FAIL))
    counts.take(created(again))
    assert (0, 0, 1) == (counts.done, counts.failed, counts.in_flight)
    counts.take(end(again))
    assert (1, 0, 0) == (counts.done, counts.failed, counts.in_flight)


def test_an_answer_that_comes_after_the_end_does_not_count() -> None:
    counts, job = Counts(0), task()
    counts.take(end(job, Local.TIMED_OUT))
    counts.take(Event(job, P.JOB_CREATED, []))
    assert (1, 1, 0) == (counts.done, counts.failed, counts.in_flight)


def test_the_rate_is_that_of_the_last_ten_seconds() -> None:
    counts = Counts(100)
    assert 0 == counts.rate(100)
    for second in range(1, 31):
        for number in range(5 if second <= 20 else 50):
            counts.take(end(task(number)))
        assert second > 20 or 5 == counts.rate(100 + second)
        counts.rate(100 + second)
    assert 50 == counts.rate(130)
    assert 0 == counts.rate(200)


def test_the_time_left_follows_the_input() -> None:
    counts = Counts(100)
    assert None is counts.seconds_left(110)
    counts.fraction = 0.5
    assert None is counts.seconds_left(110)
    jobs = [task(number) for number in range(100)]
    for job in jobs:
        counts.take(created(job))
    for job in jobs[:50]:
        counts.take(end(job))
    assert 0.25 == counts.portion  # half of what has been taken is still in flight
    assert 30 == counts.seconds_left(110)
    counts.fraction = None
    assert None is counts.seconds_left(110)


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        (0.1, "1 done, 0 failed, 10 a second"),
        (1, "1 done, 0 failed, 1 a second, 3 s left"),
        (39, "1 done, 0 failed, 0.026 a second, 117 s left"),
        (80, "1 done, 0 failed, 0.013 a second, 4 min left"),
        (4800, "1 done, 0 failed, 0.00021 a second, 4 h left"),
        (120_000, "1 done, 0 failed, 8.3e-06 a second, 4 d left"),
    ],
)
def test_the_time_left_in_words(elapsed: float, expected: str) -> None:
    counts = Counts(0)
    counts.take(end(task()))
    counts.fraction = 0.25
    assert expected == counts.words(elapsed, in_flight=False)
