"""The remark that nobody works: who is told it, when, and of what."""

from __future__ import annotations

import os
from types import SimpleNamespace

import pytest

from gearcli.cli import conduct
from gearcli.client.records import Given, Splitter, Stream
from gearcli.client.tasks import Task
from gearcli.errors import ConnectFailed
from gearcli.protocol.packets import PacketType
from tests.cli.conducting import Stage, asking
from tests.cli.conducting import person as person
from tests.cli.conducting import stage as stage

P = PacketType


def test_a_person_is_told_that_nobody_takes_a_job(
    stage: Stage, person: None, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[bytes] = []

    def served(task: Task) -> bool:
        asked.append(task.function)
        stage.peer.complete(1)
        return False

    stage.peer.create(1)
    stage.run(Given([b"x"]), served=served, make=lambda w, n: Task(b"f\x1b", w, number=n))
    assert ("1\n", "gear: no worker serves f\\x1b; waiting\n") == capfd.readouterr()
    assert [b"f\x1b"] == asked
    assert stage.progress.hidden


def test_it_is_told_even_if_nothing_happens(
    stage: Stage, person: None, capfd: pytest.CaptureFixture[str]
) -> None:
    """The server has not answered at all."""

    def served(task: Task) -> bool:
        stage.peer.create(1)
        stage.peer.complete(1)
        return False

    stage.run(Given([b"x"]), served=served, tick=0.01)
    assert ("1\n", "gear: no worker serves f; waiting\n") == capfd.readouterr()


def test_each_function_is_asked_about_once(
    stage: Stage, person: None, capfd: pytest.CaptureFixture[str]
) -> None:
    asked: list[bytes] = []

    def served(task: Task) -> bool:
        asked.append(task.function)
        if len(asked) == 2:
            stage.peer.complete(1, 2, 3)
        return task.function == b"a"

    stage.peer.create(3)
    names = [b"a", b"b", b"b"]
    stage.run(
        Given([b"x"] * 3), served=served, make=lambda w, number: Task(names[number - 1], w, number=number)
    )
    assert ([b"a", b"b"], "gear: no worker serves b; waiting\n") == (asked, capfd.readouterr().err)


def test_nothing_is_said_of_a_function_with_a_worker(
    stage: Stage, person: None, capfd: pytest.CaptureFixture[str]
) -> None:
    def served(task: Task) -> bool:
        stage.peer.complete(1)
        return True

    stage.peer.create(1)
    stage.run(Given([b"x"]), served=served)
    assert ("1\n", "") == capfd.readouterr()


def test_a_job_in_the_background_is_nobodys_concern(stage: Stage, person: None) -> None:
    stage.peer.create(1)
    asked: list[Task] = []
    stage.run(
        Given([b"x"]),
        served=asking(asked),
        make=lambda w, n: Task(b"f", w, number=n, background=True),
    )
    assert [] == asked


def test_the_remark_is_not_worth_a_failure(
    stage: Stage, person: None, capfd: pytest.CaptureFixture[str]
) -> None:
    def served(task: Task) -> bool:
        stage.peer.complete(1)
        raise ConnectFailed("no")

    stage.peer.create(1)
    stage.run(Given([b"x"]), served=served)
    assert ("1\n", "") == capfd.readouterr()


def test_off_a_terminal_nobody_is_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "on_terminal", lambda descriptor: descriptor != 2)
    monkeypatch.setattr(conduct, "_PATIENCE", 0.0)
    asked: list[Task] = []
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Given([b"x"]), served=asking(asked))
    assert [] == asked


def test_a_person_is_told_after_two_seconds_and_not_before(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conduct, "on_terminal", lambda descriptor: True)
    moments = iter([0.0, 1.9, 2.1])
    monkeypatch.setattr(conduct, "time", SimpleNamespace(monotonic=lambda: next(moments, 3.0)))
    asked: list[int] = []

    def served(task: Task) -> bool:
        asked.append(len(stage.progress.kinds))
        stage.peer.complete(1, 2, 3)
        return True

    stage.peer.create(3)
    stage.run(Given([b"x"] * 3), served=served)
    assert [3] == asked


def test_when_something_has_come_back_nobody_is_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "on_terminal", lambda descriptor: True)
    moments = iter([0.0, 5.0])
    monkeypatch.setattr(conduct, "time", SimpleNamespace(monotonic=lambda: next(moments, 9.0)))
    asked: list[Task] = []
    stage.peer.create(1)
    stage.peer.say(P.WORK_STATUS, b"H:1", b"1", b"2")
    stage.progress.react = lambda number, kind: stage.peer.complete(1) if kind is P.WORK_STATUS else None
    stage.run(Given([b"x"]), served=asking(asked))
    assert [] == asked


def test_the_remark_waits_until_there_is_a_job(
    stage: Stage, person: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The first record comes only after the time at which nothing would have come back."""
    monkeypatch.setattr(conduct, "_REDRAW", 0.0)
    reading, writing = os.pipe()
    looks: list[float | None] = []

    def tick(fraction: float | None) -> None:
        looks.append(fraction)
        if len(looks) == 1:
            os.write(writing, b"late\n")
        elif len(looks) == 2:  # the record has been read and is submitted next
            stage.peer.create(1)
        elif len(looks) == 10:
            stage.peer.complete(1)
            os.close(writing)

    stage.progress.tick = tick  # type: ignore[method-assign]
    try:
        stage.run(Stream([reading], ["pipe"], Splitter(b"\n")), served=lambda task: False, tick=0.01)
    finally:
        os.close(reading)
    assert ("1\n", "gear: no worker serves f; waiting\n") == capfd.readouterr()
