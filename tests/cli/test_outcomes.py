"""What happened to jobs, said to the right place."""

from __future__ import annotations

import pytest

from gearcli.cli.exits import ExitStatus
from gearcli.cli.outcomes import Outcomes, ranges
from gearcli.cli.results import OneResult, Results
from gearcli.cli.sinks import Printed
from gearcli.client.dispatch import ServerLost
from gearcli.client.tasks import Event, Local, Task
from gearcli.errors import ConnectionLost
from gearcli.protocol.packets import PacketType

P = PacketType


def nothing() -> None:
    """There is no progress to hide."""


def printed(*, in_order: bool = False) -> Results:
    return Results([Printed(b"\n", tag=None, hide=nothing)], in_order=in_order)


def task(number: int = 1, *, background: bool = False) -> Task:
    task = Task(b"f", b"w", number=number, background=background)
    task.handle = b"H:1"
    return task


def said(
    capfd: pytest.CaptureFixture[str],
    kind: PacketType | Local,
    *fields: bytes,
    ends: bool = False,
    **options: object,
) -> tuple[str, str, ExitStatus]:
    """What one event prints, and the status that it leaves."""
    outcomes = Outcomes(OneResult(nothing), batch=False, timeout=2.5, **options)  # type: ignore[arg-type]
    job = task()
    job.ended = ends
    outcomes.take(Event(job, kind, list(fields)))
    out, err = capfd.readouterr()
    return out, err, outcomes.status


def test_a_result_goes_to_standard_output(capfd: pytest.CaptureFixture[str]) -> None:
    assert ("part", "", ExitStatus.DONE) == said(capfd, P.WORK_DATA, b"part")
    assert ("done", "", ExitStatus.DONE) == said(capfd, P.WORK_COMPLETE, b"done", ends=True)


def test_progress_is_not_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert ("", "", ExitStatus.DONE) == said(capfd, P.WORK_STATUS, b"1", b"2")


def test_each_line_of_a_warning_is_a_message(capfd: pytest.CaptureFixture[str]) -> None:
    warning = b"one\r\ntwo \x1b[2J\n"
    assert ("", "gear: f: one\ngear: f: two \\x1b[2J\n", ExitStatus.DONE) == said(
        capfd, P.WORK_WARNING, warning
    )


def test_warnings_may_be_unwanted(capfd: pytest.CaptureFixture[str]) -> None:
    assert ("", "", ExitStatus.DONE) == said(capfd, P.WORK_WARNING, b"w", warnings=False)


@pytest.mark.parametrize(
    ("kind", "fields", "message", "status"),
    [
        (P.WORK_FAIL, [], "gear: f failed\n", ExitStatus.FAILED),
        (P.WORK_EXCEPTION, [b"no\nway\n"], "gear: f failed: no\ngear: f way\n", ExitStatus.FAILED),
        (P.WORK_EXCEPTION, [b""], "gear: f failed: \n", ExitStatus.FAILED),
        (P.ERROR, [b"X", b"no"], "gear: f: the server refused: no (X)\n", ExitStatus.PROTOCOL),
        (P.ERROR, [b"QUEUE_ERROR", b"full"], "gear: f: the server refused: full (QUEUE_ERROR)\n",
         ExitStatus.TRY_LATER),
        (Local.TIMED_OUT, [], "gear: f: no result within 2.5 s; if it still waits for a worker it "
         "is dropped, if it runs it goes on\n", ExitStatus.TIMEOUT),
    ],
)  # fmt: skip
def test_every_way_to_fail(
    kind: PacketType | Local,
    fields: list[bytes],
    message: str,
    status: ExitStatus,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert ("", message, status) == said(capfd, kind, *fields, ends=True, warnings=False)


def test_the_handle_of_a_background_job_is_data(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = Outcomes(printed(), batch=False)
    outcomes.take(Event(task(background=True), P.JOB_CREATED, []))
    assert ("H:1\n", "") == capfd.readouterr()


def test_the_handle_of_a_job_is_told_on_request(capfd: pytest.CaptureFixture[str]) -> None:
    assert ("", "", ExitStatus.DONE) == said(capfd, P.JOB_CREATED)
    assert ("", "gear: f is job H:1\n", ExitStatus.DONE) == said(capfd, P.JOB_CREATED, verbose=True)


def test_jobs_of_a_batch_are_told_apart_and_the_worst_counts(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = Outcomes(printed(in_order=True), batch=True, timeout=1)
    ends: list[tuple[int, PacketType | Local, list[bytes]]] = [
        (3, P.WORK_COMPLETE, [b"three"]),
        (2, Local.TIMED_OUT, []),
        (1, P.WORK_FAIL, []),
    ]
    for number, kind, fields in ends:
        job = task(number)
        job.ended = True
        outcomes.take(Event(job, kind, fields))
    out, err = capfd.readouterr()
    assert "three\n" == out
    assert ["gear: f (record 2): no result", "gear: f (record 1) failed"] == [
        line.split(" within")[0] for line in err.splitlines()
    ]
    assert ExitStatus.FAILED == outcomes.status


def test_a_failure_that_is_tried_again_is_no_end(capfd: pytest.CaptureFixture[str]) -> None:
    ended: list[bool] = []
    outcomes = Outcomes(printed(), batch=True, ended=ended.append)
    job = task()
    outcomes.take(Event(job, P.WORK_DATA, [b"of the first attempt"]))
    job.ended = True
    second = job.again()
    outcomes.take(Event(job, P.WORK_EXCEPTION, [b"no disk"]))
    assert ("", "gear: f (record 1) failed: no disk; trying again, attempt 2\n") == capfd.readouterr()
    assert ([], ExitStatus.DONE) == (ended, outcomes.status)
    second.ended = True
    outcomes.take(Event(second, P.WORK_COMPLETE, [b"well"]))
    assert ("well\n", "") == capfd.readouterr()
    assert [True] == ended


def test_a_lost_server_is_told_with_its_records(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = Outcomes(printed(), batch=True)
    first, *more = [task(number) for number in (4, 7, 8, 9)]
    outcomes.take(Event(first, P.WORK_DATA, [b"of the lost server"]))
    outcomes.server_lost(ServerLost(ConnectionLost("gone"), [first]))
    outcomes.server_lost(ServerLost(ConnectionLost("gone"), [first, *more]))
    first.ended = True
    outcomes.take(Event(first, P.WORK_COMPLETE, [b"whole"]))
    assert (
        "whole\n",
        "gear: gone; record 4 is submitted again, and may run twice\n"
        "gear: gone; 4 records (4, 7-9) are submitted again, and may run twice\n",
    ) == capfd.readouterr()


def test_a_job_that_lost_every_server(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = Outcomes(printed(), batch=False)
    job = task()
    job.ended, job.losses = True, 11
    outcomes.take(Event(job, Local.LOST, [b"closed"]))
    assert ("", "gear: f: given up after 11 lost servers: closed\n") == capfd.readouterr()
    assert ExitStatus.UNREACHABLE == outcomes.status


@pytest.mark.parametrize(
    ("numbers", "text"), [([], ""), ([3], "3"), ([1, 2], "1-2"), ([1, 3, 4, 5, 9], "1, 3-5, 9")]
)
def test_ranges(numbers: list[int], text: str) -> None:
    assert text == ranges(numbers)
