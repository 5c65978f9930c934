"""A batch from its first submission to its last result, against a server that the test plays."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from gearcli.cli import conduct
from gearcli.cli.conduct import Conduct
from gearcli.cli.exits import ExitStatus
from gearcli.cli.halt import Halt, halt
from gearcli.cli.outcomes import Outcomes
from gearcli.cli.results import Results
from gearcli.cli.sinks import Printed
from gearcli.client.batch import Batch
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Given, Source, Splitter, Stream
from gearcli.client.tasks import Event, Local, Task
from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError
from gearcli.protocol.packets import PacketType
from tests.client.peer import Listener, Peer, listening

P = PacketType
INTERRUPTED = "gear: jobs that wait for a worker are dropped, running ones and background ones go on\n"


class Watcher:
    """A progress that remembers what it is told."""

    def __init__(self) -> None:
        self.kinds: list[tuple[int, PacketType | Local]] = []
        self.fractions: list[float | None] = []
        self.hidden = 0
        self.closed = 0
        self.react: Callable[[int, PacketType | Local], None] = lambda number, kind: None
        """What the server does when something is told."""

    def take(self, event: Event) -> None:
        """Something happened."""
        self.kinds.append((event.task.number, event.kind))
        self.react(event.task.number, event.kind)

    def tick(self, fraction: float | None) -> None:
        """Time has passed."""
        self.fractions.append(fraction)

    def hide(self) -> None:
        """Something else is about to write."""
        self.hidden += 1

    def close(self) -> None:
        """The end."""
        self.closed += 1


class Stage:
    """A connection to a server that the test plays, and what a batch over it tells."""

    def __init__(self, dispatch: Dispatch, peer: Peer) -> None:
        self.dispatch = dispatch
        self.peer = peer
        self.progress = Watcher()
        self.status = ExitStatus.DONE

    def run(
        self,
        source: Source,
        *,
        halt: Halt | None = None,
        served: Callable[[Task], bool] | None = None,
        window: int = 64,
        tick: float | None = None,
        make: Callable[[bytes, int], Task | None] = lambda w, n: Task(b"f", w, number=n),
    ) -> None:
        """Run a batch to its end."""
        outcomes = Outcomes(
            Results([Printed(b"\n", tag=None, hide=self.progress.hide)], in_order=False),
            batch=True,
            hide=self.progress.hide,
            ended=halt.finished if halt is not None else lambda good: None,
        )
        batch = Batch(self.dispatch, source, make, window=window, tick=tick)
        try:
            Conduct(batch, source, outcomes, self.progress, halt=halt, served=served).run()
        finally:
            self.status = outcomes.status


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as listener:
        yield listener


@pytest.fixture
def stage(listener: Listener) -> Iterator[Stage]:
    with Dispatch([listener.address]) as dispatch:
        dispatch.connect()
        with listener.accept() as peer:
            yield Stage(dispatch, peer)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody looks at standard error, and has done so for long enough to be told something."""
    monkeypatch.setattr(conduct, "on_terminal", lambda descriptor: descriptor == 2)
    monkeypatch.setattr(conduct, "_PATIENCE", 0.0)


def asking(asked: list[Task]) -> Callable[[Task], bool]:
    """What notes the tasks that it is asked about; none of them is served."""

    def served(task: Task) -> bool:
        asked.append(task)
        return False

    return served


# -- progress ----------------------------------------------------------------------------------


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


def test_progress_is_told_how_much_of_the_input_is_taken(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conduct, "_REDRAW", 0.0)

    def react(number: int, kind: PacketType | Local) -> None:
        if (number, kind) == (1, P.WORK_COMPLETE):  # the next is submitted, then this is read
            stage.peer.say(P.JOB_CREATED, b"H:2")
            stage.peer.complete(2)

    stage.progress.react = react
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Given([b"x", b"y"]), window=1)
    assert [0.5, 0.5, 1.0, 1.0] == stage.progress.fractions


def test_progress_is_not_drawn_for_every_event(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conduct, "_REDRAW", 1000.0)
    stage.peer.create(100)
    stage.peer.complete(*range(1, 101))
    stage.run(Given([b"x"] * 100), window=100)
    assert 1 == len(stage.progress.fractions)


# -- an early end ---------------------------------------------------------------------------------


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


# -- the remark that nobody works -------------------------------------------------------------------


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


# -- Ctrl-C, and a server that goes -----------------------------------------------------------------


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
