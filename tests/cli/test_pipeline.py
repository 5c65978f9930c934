"""Records in, results out, and all written down that was wanted; the test plays the server."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.cli import pipeline
from gearcli.cli.exits import ExitStatus
from gearcli.cli.halt import halt
from gearcli.cli.makers import Maker, Template
from gearcli.cli.pipeline import Pipeline, Wishes
from gearcli.client.dispatch import Dispatch
from gearcli.client.records import Given, Source, Splitter, Stream
from gearcli.errors import ConnectionLost
from gearcli.protocol.packets import PacketType
from tests.client.peer import Peer, listening

P = PacketType

TASK = Template(b"f").task

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"


class Stage:
    """A connection to a server that the test plays."""

    def __init__(self, dispatch: Dispatch, peer: Peer) -> None:
        self.dispatch = dispatch
        self.peer = peer

    def run(
        self,
        wishes: Wishes,
        source: Source,
        *,
        make: Maker = TASK,
        batch: bool = True,
        once: bool = True,
        window: int = 64,
    ) -> ExitStatus:
        """Run a pipeline to its end."""
        return Pipeline(wishes, source, make, batch=batch, once=once).run(self.dispatch, window=window)

    def fail(self, number: int) -> None:
        """Fail a job."""
        self.peer.say(P.WORK_FAIL, b"H:%d" % number)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with listening() as listener, Dispatch([listener.address]) as dispatch:
        dispatch.connect()
        with listener.accept() as peer:
            yield Stage(dispatch, peer)


def records(count: int) -> Given:
    """Records `a`, `b` and so on."""
    return Given([bytes([97 + number]) for number in range(count)])


def commands(log: Path) -> list[tuple[int, str]]:
    """The exit status and the command of each line of a job log."""
    header, *lines = log.read_text().splitlines()
    assert HEADER == header
    rows = [line.split("\t") for line in lines]
    return [(int(row[6]), row[8]) for row in rows]


# -- standard output ---------------------------------------------------------------------


def test_results_of_a_batch_are_ended_by_the_delimiter(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.peer.create(2)
    stage.peer.complete(2, 1)
    assert ExitStatus.DONE == stage.run(Wishes(delimiter=b";"), records(2))
    assert ("2;1;", "") == capfd.readouterr()


def test_results_in_order(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(3)
    stage.peer.complete(3, 2, 1)
    stage.run(Wishes(keep_order=True), records(3))
    assert ("1\n2\n3\n", "") == capfd.readouterr()


def test_tagged_results(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(2)
    stage.peer.complete(2, 1)
    stage.run(Wishes(tag=True), records(2))
    assert ("b\t2\na\t1\n", "") == capfd.readouterr()


def test_the_only_result_is_tagged_too(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Wishes(tag=True), records(1), batch=False)
    assert "a\t1" == capfd.readouterr().out.rstrip("\n")


def test_objects(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(2)
    stage.peer.complete(1)
    stage.fail(2)
    assert ExitStatus.FAILED == stage.run(Wishes(json=True), records(2))
    found = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(1, "done", "1"), (2, "failed", None)] == [
        (each["number"], each["status"], each.get("result")) for each in found
    ]


@pytest.mark.parametrize(("once", "streamed"), [(True, "half"), (False, "")])
def test_the_only_result_leaves_in_parts_if_it_cannot_come_twice(
    stage: Stage, once: bool, streamed: str, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.peer.create(1)
    stage.peer.say(P.WORK_DATA, b"H:1", b"half")
    stage.fail(1)
    assert ExitStatus.FAILED == stage.run(Wishes(), records(1), batch=False, once=once)
    assert (streamed, "gear: f failed\n") == capfd.readouterr()


@pytest.mark.parametrize("once", [True, False])
def test_the_only_result_is_unchanged(stage: Stage, once: bool, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    stage.peer.say(P.WORK_DATA, b"H:1", b"a\n")
    stage.peer.say(P.WORK_COMPLETE, b"H:1", b"b")
    stage.run(Wishes(), records(1), batch=False, once=once)
    assert ("a\nb", "") == capfd.readouterr()


def test_the_only_job_in_the_background_has_a_handle(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    make = Template(b"f", background=True).task
    stage.run(Wishes(background=True), records(1), make=make, batch=False)
    assert ("H:1\n", "") == capfd.readouterr()


# -- files -------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [True, False])
def test_results_go_into_a_folder_and_into_a_log_besides(
    stage: Stage, batch: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    wishes = Wishes(folder=str(tmp_path / "results"), joblog=str(tmp_path / "log"))
    stage.run(wishes, records(1), batch=batch)
    assert "1" == capfd.readouterr().out.rstrip("\n")
    assert {"1": "1"} == {path.name: path.read_text() for path in (tmp_path / "results").iterdir()}
    assert [(0, "f a")] == commands(tmp_path / "log")


def test_a_log_names_failures_too(stage: Stage, tmp_path: Path) -> None:
    stage.peer.create(2)
    stage.fail(1)
    stage.peer.complete(2)
    stage.run(Wishes(joblog=str(tmp_path / "log")), records(2))
    assert [(1, "f a"), (0, "f b")] == commands(tmp_path / "log")


@pytest.mark.parametrize(("unique", "key"), [(b"key", "f key"), (b"-", "f a"), (None, "f a")])
def test_a_log_names_a_job_by_the_unique_that_it_was_given(
    stage: Stage, unique: bytes | None, key: str, tmp_path: Path
) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Wishes(joblog=str(tmp_path / "log")), records(1), make=Template(b"f", unique).task)
    assert [(0, key)] == commands(tmp_path / "log")


def test_a_log_is_written_anew(stage: Stage, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{HEADER}\n1\th\t1.000\t     0.100\t1\t1\t0\t0\told\n")
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Wishes(joblog=str(log)), records(1))
    assert [(0, "f a")] == commands(log)


# -- going on with an earlier run --------------------------------------------------------


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What an earlier run has done: the first record, and the second in vain."""
    path = tmp_path / "log"
    lines = [f"{n}\th\t1.000\t     0.100\t1\t1\t{status}\t0\told\n" for n, status in ((1, 0), (2, 1))]
    path.write_text(HEADER + "\n" + "".join(lines))
    return path


def test_what_was_done_is_left_out(stage: Stage, log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.say(P.JOB_CREATED, b"H:3")
    stage.peer.complete(3)
    stage.run(Wishes(joblog=str(log), resume=True, keep_order=True), records(3))
    assert "3\n" == capfd.readouterr().out
    assert [(0, "old"), (1, "old"), (0, "f c")] == commands(log)


def test_what_failed_is_tried_again(stage: Stage, log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for number in (b"2", b"3"):
        stage.peer.say(P.JOB_CREATED, b"H:" + number)
    stage.peer.complete(3, 2)
    stage.run(Wishes(joblog=str(log), resume_failed=True, keep_order=True), records(3))
    assert "2\n3\n" == capfd.readouterr().out
    assert [(0, "old"), (1, "old"), (0, "f b"), (0, "f c")] == commands(log)


def test_a_log_that_is_none_yet_has_nothing_to_leave_out(
    stage: Stage, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Wishes(joblog=str(tmp_path / "new"), resume=True), records(1))
    assert "1\n" == capfd.readouterr().out


# -- an early end ------------------------------------------------------------------------


def test_a_batch_that_is_halted(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(3)
    stage.fail(1)
    assert ExitStatus.FAILED == stage.run(Wishes(halt=halt("now,fail=1")), records(3))
    assert "gear: stopped, 1 job failed" in capfd.readouterr().err


def accounted_for(printed: str, said: str) -> set[int]:
    """The records that are printed, and those that a message names by number."""
    found = {int(line) for line in printed.splitlines()}
    for first, last in re.findall(r"\b(\d+)(?:-(\d+))?\b(?! records)", said):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_no_result_is_lost_in_silence_when_a_server_goes(
    stage: Stage, capfd: pytest.CaptureFixture[str]
) -> None:
    """In order: records 2 and 3 are done, but have to wait for the first, which never ends."""
    stage.peer.create(3)
    stage.peer.complete(2, 3)
    stage.peer.socket.shutdown(1)
    with pytest.raises(ConnectionLost):
        stage.run(Wishes(keep_order=True), records(3))
    assert {1, 2, 3} == accounted_for(*capfd.readouterr())


def test_the_job_that_halts_a_batch_is_in_its_log(stage: Stage, tmp_path: Path) -> None:
    """In order: record 2 failed while the first was running, and a later run has to know."""
    stage.peer.create(2)
    stage.fail(2)
    wishes = Wishes(keep_order=True, halt=halt("now,fail=1"), joblog=str(tmp_path / "log"))
    stage.run(wishes, records(2))
    assert [(1, "f b")] == commands(tmp_path / "log")


# -- retries and time limits -------------------------------------------------------------


def test_a_failure_is_tried_again(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    stage.fail(1)

    def answer() -> None:
        stage.peer.types(3)
        stage.peer.say(P.JOB_CREATED, b"H:2")
        stage.peer.complete(2)

    answering = threading.Thread(target=answer)
    answering.start()
    assert ExitStatus.DONE == stage.run(Wishes(retries=1), records(1), once=False)
    answering.join()
    assert ("2\n", "gear: f (record 1) failed; trying again, attempt 2\n") == capfd.readouterr()


def test_a_job_may_take_so_long(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    assert ExitStatus.TIMEOUT == stage.run(Wishes(timeout=0.01), records(1))
    assert "gear: f (record 1): no result within 0.01 s" in capfd.readouterr().err


# -- what is said ------------------------------------------------------------------------


def warned(stage: Stage, wishes: Wishes, capfd: pytest.CaptureFixture[str]) -> str:
    """What is said of a job that warns."""
    stage.peer.create(1)
    stage.peer.say(P.WORK_WARNING, b"H:1", b"careful")
    stage.peer.complete(1)
    stage.run(wishes, records(1))
    return capfd.readouterr().err


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (Wishes(), "gear: f (record 1): careful\n"),
        (Wishes(verbose=1), "gear: f (record 1) is job H:1\ngear: f (record 1): careful\n"),
        (Wishes(quiet=True), ""),
    ],
)
def test_warnings_and_handles(
    stage: Stage, wishes: Wishes, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert said == warned(stage, wishes, capfd)


def test_progress_is_shown_as_wanted(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Wishes(progress="json"), records(1))
    (line,) = capfd.readouterr().err.splitlines()
    assert 1 == json.loads(line)["done"]


def test_quiet_is_quiet_of_progress_too(stage: Stage, capfd: pytest.CaptureFixture[str]) -> None:
    stage.peer.create(1)
    stage.peer.complete(1)
    stage.run(Wishes(quiet=True), records(1))
    assert ("1\n", "") == capfd.readouterr()


def test_no_bar_is_drawn_between_records_that_a_person_types() -> None:
    """Standard input becomes a terminal, at which nobody is."""
    controller, terminal = os.openpty()
    saved = os.dup(0)
    os.dup2(terminal, 0)
    try:
        typed = Stream([0], ["standard input"], Splitter(b"\n"))
        assert "none" == pipeline._mode(Wishes(), typed)
        assert "json" == pipeline._mode(Wishes(progress="json"), typed)
        assert "auto" == pipeline._mode(Wishes(), records(1))
    finally:
        os.dup2(saved, 0)
        for descriptor in (controller, terminal, saved):
            os.close(descriptor)
