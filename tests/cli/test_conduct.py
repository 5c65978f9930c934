"""A batch from its first submission to its last result, against a server that the test plays."""

from __future__ import annotations

import signal
import threading

import pytest

from gearcli.cli import conduct
from gearcli.cli.exits import ExitStatus
from gearcli.cli.halt import halt
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Given
from gearcli.client.tasks import Local, Task
from gearcli.errors import ConnectionLost, ProtocolError
from gearcli.protocol.packets import PacketType
from tests.cli.conducting import INTERRUPTED, Stage
from tests.cli.conducting import person as person
from tests.cli.conducting import stage as stage
from tests.client.peer import Listener

P = PacketType


# -- progress ----------------------------------------------------------------------------


def test_progress_and_outcomes_are_told_what_happens(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(2)
    stage.peer.complete(2)
    stage.peer.say(P.WORK_FAIL, b"H:1")
    stage.run(Given([b"x", b"y"]))
    assert [(1, P.JOB_CREATED), (2, P.JOB_CREATED), (2, P.WORK_COMPLETE), (1, P.WORK_FAIL)] == (
        stage.progress.kinds
    )
    assert ("2\n", "gear: f (record 1) failed\n") == capfd.readouterr()
    assert ExitStatus.FAILED == stage.status


def test_progress_is_closed_at_the_end(stage: Stage) -> None:
    stage.run(Given([]))
    assert (1, []) == (stage.progress.closed, stage.progress.kinds)


def test_progress_is_closed_when_the_server_breaks_the_rules(stage: Stage) -> None:
    stage.peer.say(P.NOOP)
    with pytest.raises(ProtocolError):
        stage.run(Given([b"x"]))
    assert 1 == stage.progress.closed


@pytest.mark.parametrize(("pause", "told"), [(0.0, [0.5, 0.5, 1.0, 1.0, 1.0]), (1000.0, [0.5, 1.0])])
def test_progress_is_told_how_much_of_the_input_is_taken(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, pause: float, told: list[float]
) -> None:
    """At the end too, when the last look is not long ago."""
    monkeypatch.setattr(conduct, "_REDRAW", pause)

    def react(number: int, kind: PacketType | Local) -> None:
        if (number, kind) == (1, P.WORK_COMPLETE):  # the next is submitted, then this is read
            stage.peer.say(P.JOB_CREATED, b"H:2")
            stage.peer.complete(2)

    stage.progress.react = react
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Given([b"x", b"y"]), window=1)
    assert told == stage.progress.fractions


def test_progress_is_not_drawn_for_every_event(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "_REDRAW", 1000.0)
    stage.peer.create(100)
    stage.peer.complete(*range(1, 101))
    stage.run(Given([b"x"] * 100), window=100)
    assert 2 == len(stage.progress.fractions)


# -- an early end ------------------------------------------------------------------------


def test_halting_now_gives_up_what_is_in_flight(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(3)
    stage.peer.say(P.WORK_FAIL, b"H:1")
    source = Given([b"x"] * 5)
    stage.run(source, halt=halt("now,fail=1"), window=3)
    assert (
        "",
        "gear: f (record 1) failed\n"
        "gear: stopped, 1 job failed; of 2 in flight those that wait for a worker are dropped, "
        "running ones and background ones go on\n",
    ) == capfd.readouterr()
    assert (ExitStatus.FAILED, 1) == (stage.status, stage.progress.closed)
    assert 2 == len(source.records)


def test_halting_now_has_no_words_for_nothing(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Given([b"x"] * 2), halt=halt("now,done=1"), window=1)
    assert ("1\n", "gear: stopped, 1 job finished\n") == capfd.readouterr()


def test_halting_soon_awaits_what_is_in_flight(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(3)
    stage.peer.say(P.WORK_FAIL, b"H:1")
    stage.peer.complete(3, 2)
    source = Given([b"x"] * 5)
    stage.run(source, halt=halt("soon,fail=1"), window=3)
    assert (
        "3\n2\n",
        "gear: f (record 1) failed\n"
        "gear: no more jobs are submitted, 1 job failed; waiting for 2 in flight\n",
    ) == capfd.readouterr()
    assert 2 == len(source.records)


def test_halting_soon_is_said_once(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(3)
    for number in (1, 2, 3):
        stage.peer.say(P.WORK_FAIL, b"H:%d" % number)
    stage.run(Given([b"x"] * 3), halt=halt("soon,fail=1"))
    assert 1 == capfd.readouterr().err.count("no more jobs are submitted")


def test_a_rule_that_is_not_reached_stops_nothing(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(2)
    stage.peer.say(P.WORK_FAIL, b"H:1")
    stage.peer.complete(2)
    stage.run(Given([b"x"] * 2), halt=halt("now,fail=2"))
    assert ("2\n", "gear: f (record 1) failed\n") == capfd.readouterr()


def test_enough_successes_are_a_success(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(2)
    stage.peer.complete(2)
    stage.run(Given([b"x"] * 2), halt=halt("now,success=1"))
    out, err = capfd.readouterr()
    assert ("2\n", ExitStatus.DONE) == (out, stage.status)
    assert err.startswith("gear: stopped, 1 job succeeded; of 1 in flight ")


# -- Ctrl-C, and a server that goes ------------------------------------------------------


def test_ctrl_c_says_what_becomes_of_jobs(
    stage: Stage, person: None, capfd: pytest.CaptureFixture[str]
) -> None:
    def served(task: Task) -> bool:
        signal.raise_signal(signal.SIGINT)
        return True

    stage.peer.create(1)
    with pytest.raises(KeyboardInterrupt):
        stage.run(Given([b"x"]), served=served)
    assert ("", INTERRUPTED) == capfd.readouterr()
    assert stage.progress.closed


def test_a_server_that_goes_leaves_records_unanswered(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    def react(number: int, kind: PacketType | Local) -> None:
        if kind is P.WORK_COMPLETE:
            stage.peer.types(5)
            stage.peer.close()

    stage.progress.react = react
    stage.peer.create(3)
    stage.peer.complete(2)
    with pytest.raises(ConnectionLost):
        stage.run(Given([b"x"] * 4))
    said = "gear: 3 records (1, 3-4) are without an answer, and may have been done\n"
    assert ("2\n", said) == capfd.readouterr()
    assert (True, 1) == (stage.progress.hidden > 1, stage.progress.closed)


def test_a_server_that_goes_when_all_is_done_leaves_nothing_unanswered(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Given([b"x"]))
    stage.peer.close()
    assert ("1\n", "") == capfd.readouterr()


def test_a_server_that_comes_back_is_given_its_records_again(
    listener: Listener, capfd: pytest.CaptureFixture[str]
) -> None:
    def come_back() -> None:
        with listener.accept() as peer:
            peer.types(2)
            peer.say(P.JOB_CREATED, b"H:again")
            peer.say(P.WORK_COMPLETE, b"H:again", b"done")
            with pytest.raises(ConnectionError):
                peer.packet()

    with Dispatch([listener.address], patience=20) as dispatch:
        dispatch.connect()
        stage = Stage(dispatch, listener.accept())
        stage.progress.react = lambda number, kind: stage.peer.close()
        stage.peer.create(1)
        coming = threading.Thread(target=come_back)
        coming.start()
        stage.run(Given([b"x"]))
    coming.join()
    out, err = capfd.readouterr()
    assert "done\n" == out
    assert err.endswith("; record 1 is submitted again, and may run twice\n")
