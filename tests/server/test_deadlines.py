"""What may happen to a job at a time; of what workers ask for, `test_assignments_timeouts` tells."""

from __future__ import annotations

from gearcli.server.deadlines import at, untime
from gearcli.server.jobs import Job
from gearcli.server.queues import FunctionQueue
from gearcli.timers import Timers


def _job() -> Job:
    return Job(1, FunctionQueue(b"f", b"H:%d"), b"", b"w", (1, True))


def test_it_is_done_at_its_time() -> None:
    job, timers, done = _job(), Timers(), list[Job]()
    at(timers, 5.0, job, done.append)
    assert [] == list(timers.pop_due(4.9))
    for call in timers.pop_due(5.0):
        call()
    assert [job] == done


def test_a_job_that_has_gone_on_is_left_alone() -> None:
    job, timers, other, done = _job(), Timers(), Timers(), list[Job]()
    at(timers, 5.0, job, done.append)
    at(other, 6.0, job, done.append)
    untime(job)
    assert [] == [*timers.pop_due(9.0), *other.pop_due(9.0)]
    assert [] == job.known.timers


def test_what_was_done_is_forgotten() -> None:
    job, timers = _job(), Timers()
    for due in (1.0, 2.0, 3.0):
        at(timers, due, job, lambda _: None)
        list(timers.pop_due(due))
    assert 1 == len(job.known.timers)
