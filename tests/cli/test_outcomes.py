"""What happened to jobs, said to the right place."""

from __future__ import annotations

import pytest

from gearcli.cli.exits import ExitStatus
from gearcli.cli.outcomes import Outcomes
from gearcli.cli.results import OneResult, Results
from gearcli.client.tasks import Event, Task
from gearcli.protocol.packets import PacketType

P = PacketType


def task(number: int = 1, *, background: bool = False) -> Task:
    task = Task(b"f", b"w", number=number, background=background)
    task.handle = b"H:1"
    return task


def said(
    capfd: pytest.CaptureFixture[str],
    type_: PacketType,
    *fields: bytes,
    ends: bool = False,
    **options: object,
) -> tuple[str, str, ExitStatus]:
    """What one event prints, and the status that it leaves."""
    outcomes = Outcomes(OneResult(), batch=False, timeout=2.5, **options)  # type: ignore[arg-type]
    job = task()
    job.ended = ends
    outcomes.take(Event(job, type_, list(fields)))
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
    ("type_", "fields", "message", "status"),
    [
        (P.WORK_FAIL, [], "gear: f failed\n", ExitStatus.FAILED),
        (P.WORK_EXCEPTION, [b"no\nway\n"], "gear: f failed: no\ngear: f way\n", ExitStatus.FAILED),
        (P.WORK_EXCEPTION, [b""], "gear: f failed: \n", ExitStatus.FAILED),
        (P.ERROR, [b"X", b"no"], "gear: f: the server refused: no (X)\n", ExitStatus.PROTOCOL),
        (P.ERROR, [b"QUEUE_ERROR", b"full"], "gear: f: the server refused: full (QUEUE_ERROR)\n",
         ExitStatus.TRY_LATER),
        (P.REJECTED, [b"TIMEOUT", b""], "gear: f: no result within 2.5 s; if it still waits for a worker it "
         "is dropped, if it runs it goes on\n", ExitStatus.TIMEOUT),
    ],
)  # fmt: skip
def test_every_way_to_fail(
    type_: PacketType,
    fields: list[bytes],
    message: str,
    status: ExitStatus,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert ("", message, status) == said(capfd, type_, *fields, ends=True, warnings=False)


def test_the_handle_of_a_background_job_is_data(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = Outcomes(OneResult(), batch=False)
    outcomes.take(Event(task(background=True), P.JOB_CREATED, []))
    assert ("H:1\n", "") == capfd.readouterr()


def test_the_handle_of_a_job_is_told_on_request(capfd: pytest.CaptureFixture[str]) -> None:
    assert ("", "", ExitStatus.DONE) == said(capfd, P.JOB_CREATED)
    assert ("", "gear: f is job H:1\n", ExitStatus.DONE) == said(capfd, P.JOB_CREATED, verbose=True)


def test_jobs_of_a_batch_are_told_apart_and_the_worst_counts(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = Outcomes(Results(b"\n", in_order=True), batch=True, timeout=1)
    for number, type_, fields in [
        (3, P.WORK_COMPLETE, [b"three"]),
        (2, P.REJECTED, [b"TIMEOUT", b""]),
        (1, P.WORK_FAIL, []),
    ]:
        job = task(number)
        job.ended = True
        outcomes.take(Event(job, type_, fields))
    out, err = capfd.readouterr()
    assert "three\n" == out
    assert ["gear: f (record 2): no result", "gear: f (record 1) failed"] == [
        line.split(" within")[0] for line in err.splitlines()
    ]
    assert ExitStatus.FAILED == outcomes.status
