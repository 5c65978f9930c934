"""Events of jobs, and time as a test sets it, for the tests of what is told of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gearcli.cli.progress import Progress
from gearcli.client.tasks import Event, Local, Task
from gearcli.protocol.packets import PacketType

P = PacketType
HOSTILE = b"\x1b[2J\xe2\x80\xae[red]\n"


class Clock:
    """Time as a test sets it, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def task(number: int = 1, function: bytes = b"resize", *, background: bool = False) -> Task:
    task = Task(function, b"workload", number=number, background=background)
    task.handle = b"H:%d" % number
    return task


def created(task: Task) -> Event:
    task.ended = task.background
    return Event(task, P.JOB_CREATED, [])


def status(task: Task, numerator: bytes, denominator: bytes) -> Event:
    return Event(task, P.WORK_STATUS, [numerator, denominator])


def end(task: Task, kind: PacketType | Local = P.WORK_COMPLETE, *fields: bytes) -> Event:
    task.ended = True
    return Event(task, kind, list(fields))


def run(progress: Progress, numbers: range) -> None:
    """Jobs that are submitted and done."""
    for number in numbers:
        job = task(number)
        progress.take(created(job))
        progress.take(end(job, P.WORK_COMPLETE, b"result"))


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines on standard error since the last time."""
    out, err = capsys.readouterr()
    assert "" == out
    return err.splitlines()


def told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The objects on standard error since the last time."""
    return [json.loads(line) for line in said(capsys)]
