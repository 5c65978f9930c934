"""A submitted job: what it makes of the events that concern it."""

from __future__ import annotations

import pytest

from gearcli.client.client import Client
from gearcli.client.jobs import Job
from gearcli.client.tasks import Event, Local, Task
from gearcli.errors import ConnectionLost, GearError, JobFailed, QueueFull, ServerError, TimeLimit
from gearcli.protocol.packets import PacketType
from tests.client.peer import Listener

P = PacketType


@pytest.fixture
def job(listener: Listener) -> Job:
    with Client([listener.address]) as client:
        return Job(client, Task(b"f", b"w"))


def tell(job: Job, kind: PacketType | Local, *fields: bytes) -> None:
    """Something happens to the job's present attempt."""
    job.task.ended = kind not in (P.JOB_CREATED, P.WORK_DATA, P.WORK_STATUS, P.WORK_WARNING)
    job.take(Event(job.task, kind, list(fields)))


@pytest.mark.parametrize(
    ("kind", "fields", "error", "words"),
    [
        (P.WORK_FAIL, [], JobFailed, "f failed"),
        (P.WORK_EXCEPTION, [b"why"], JobFailed, "f failed: why"),
        (P.ERROR, [b"QUEUE_ERROR", b"full"], QueueFull, "the server refused: full (QUEUE_ERROR)"),
        (P.ERROR, [b"X", b"no"], ServerError, "the server refused: no (X)"),
        (Local.TIMED_OUT, [], TimeLimit, "f: no result in time; if it runs it goes on"),
        (Local.LOST, [b"closed"], ConnectionLost, "f: closed"),
    ],
)
def test_every_bad_end_is_an_error(
    kind: PacketType | Local, fields: list[bytes], error: type[GearError], words: str, job: Job
) -> None:
    tell(job, kind, *fields)
    found = job.exception()
    assert (error, words) == (type(found), str(found))


def test_an_attempt_that_failed_leaves_nothing(job: Job) -> None:
    tell(job, P.WORK_DATA, b"of the first")
    first = job.task
    first.ended = True
    second = first.again()
    job.take(Event(first, P.WORK_FAIL, []))
    assert (False, second) == (job.done, job.task)
    tell(job, P.WORK_COMPLETE, b"of the second")
    assert b"of the second" == job.result()


def test_parts_of_a_lost_server_come_again(job: Job) -> None:
    tell(job, P.WORK_DATA, b"part")
    job.lost()
    tell(job, P.WORK_DATA, b"part")
    tell(job, P.WORK_COMPLETE, b"")
    assert b"part" == job.result()
