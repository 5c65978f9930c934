"""Progress in lines."""

from __future__ import annotations

import pytest

from gearcli.cli.progress import progress
from gearcli.protocol.packets import PacketType
from tests.cli.events import HOSTILE, Clock, created, end, run, said, status, task

P = PacketType


def test_a_job_tells_how_far_it_is(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines, job = progress("plain", batch=False, clock=clock), task()
    lines.take(created(job))
    lines.take(status(job, b"3", b"10"))
    assert ["gear: resize: 3 of 10"] == said(capsys)
    lines.take(status(job, b"4", b"10"))
    lines.tick(None)
    assert [] == said(capsys)
    clock.now += 1
    lines.tick(None)
    assert ["gear: resize: 4 of 10"] == said(capsys)
    clock.now += 5
    lines.take(status(job, b"4", b"10"))
    assert [] == said(capsys)


def test_the_last_line_is_said_before_the_end(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines, job = progress("plain", batch=False, clock=clock), task()
    for done in range(11):
        lines.take(status(job, b"%d" % done, b"10"))
    assert ["gear: resize: 0 of 10"] == said(capsys)
    lines.take(end(job, P.WORK_COMPLETE, b"result"))
    assert ["gear: resize: 10 of 10"] == said(capsys)
    lines.hide()
    lines.close()
    lines.close()
    assert [] == said(capsys)


def test_the_last_line_is_said_when_it_is_cut_short(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines, job = progress("plain", batch=False, clock=clock), task()
    lines.take(status(job, b"1", b"10"))
    lines.take(status(job, b"2", b"10"))
    lines.close()
    assert ["gear: resize: 1 of 10", "gear: resize: 2 of 10"] == said(capsys)


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (b"1234567", b"2000000", ["gear: resize: 1,234,567 of 2,000,000"]),
        (b"3", b"0", ["gear: resize: 3"]),
        (b"3", b"all", ["gear: resize: 3"]),
        (b"\x1b[2J", b"10", []),
        (b"", b"", []),
    ],
)
def test_a_report_may_be_nonsense(
    numerator: bytes,
    denominator: bytes,
    expected: list[str],
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines, job = progress("plain", batch=False, clock=clock), task()
    lines.take(status(job, numerator, denominator))
    lines.close()
    assert expected == said(capsys)


def test_a_hostile_name_is_escaped(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    progress("plain", batch=False, clock=clock).take(status(task(1, HOSTILE), b"1", b"2"))
    assert ["gear: \\x1b[2J\\u202e[red]\\n: 1 of 2"] == said(capsys)


def test_a_batch_tells_how_far_it_is_every_ten_seconds(
    clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = progress("plain", batch=True, clock=clock)
    run(lines, range(1, 12_301))
    flying = [task(number) for number in range(20_000, 20_067)]
    for job in flying:
        lines.take(created(job))
        lines.take(status(job, b"1", b"2"))
    for job in flying[:3]:
        lines.take(end(job, P.WORK_FAIL))
    clock.now += 9.9
    lines.tick(0.25)
    assert [] == said(capsys)
    clock.now += 0.1
    lines.tick(0.25)
    expected = "12,303 done, 3 failed, 64 in flight, 1,230 a second, 30 s left"
    assert [f"gear: {expected}"] == said(capsys)
    clock.now += 9.9
    lines.take(end(flying[3]))
    assert [] == said(capsys)
    clock.now += 0.1
    lines.take(end(flying[4]))
    assert ["gear: 12,305 done, 3 failed, 62 in flight, 0.2 a second, 60 s left"] == said(capsys)
    clock.now += 1
    lines.close()
    assert 1 == len(said(capsys))
    lines.close()
    clock.now += 100
    lines.tick(1.0)
    assert [] == said(capsys)


def test_a_short_batch_says_nothing(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    lines = progress("plain", batch=True, clock=clock)
    run(lines, range(1, 100))
    clock.now += 9
    lines.tick(1.0)
    lines.close()
    assert [] == said(capsys)
