"""Progress in JSON objects."""

from __future__ import annotations

import pytest

from gearcli.cli.progress import progress
from gearcli.protocol.packets import PacketType
from tests.cli.events import HOSTILE, Clock, created, end, run, status, task, told

P = PacketType


def test_each_report_is_an_object(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    objects, job = progress("json", batch=False, clock=clock), task(1, HOSTILE)
    objects.take(created(job))
    objects.take(status(job, b"3", b"10"))
    objects.take(status(job, b"\x1b", b"-1"))
    about = {"number": 1, "function": "\\x1b[2J\\u202e[red]\\n", "handle": "H:1"}
    assert [
        {**about, "numerator": 3, "denominator": 10},
        {**about, "numerator": None, "denominator": None},
    ] == told(capsys)
    clock.now += 10
    objects.tick(None)
    objects.take(end(job))
    objects.close()
    assert [] == told(capsys)


def test_a_batch_is_an_object_every_second(clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    objects = progress("json", batch=True, clock=clock)
    run(objects, range(1, 21))
    assert [] == told(capsys)
    clock.now += 2
    objects.take(created(task(21)))
    objects.tick(0.5)
    about = {"done": 20, "failed": 0, "in_flight": 1, "rate": 10.0}
    assert [{**about, "fraction": None, "seconds_left": None}] == told(capsys)
    clock.now += 1
    objects.take(end(task(21), P.WORK_FAIL))
    about = {"done": 21, "failed": 1, "in_flight": 0, "rate": 7.0}
    assert [{**about, "fraction": 0.5, "seconds_left": 3}] == told(capsys)
    objects.tick(1.0)
    objects.close()
    assert [{**about, "fraction": 1.0, "seconds_left": 0}] == told(capsys)
    objects.close()
    clock.now += 10
    objects.tick(1.0)
    assert [] == told(capsys)
