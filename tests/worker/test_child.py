"""What a command that runs is heard to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from gearcli.worker.attempt import Outcome
from gearcli.worker.child import pass_on
from tests.cli.driving import exists
from tests.worker.nursery import Nursery, nursery


def shell(nurseries: list[Nursery], script: str, **recipe: object) -> Nursery:
    return nursery(nurseries, "sh", "-c", script, **recipe)


def waiting_for(path: Path) -> str:
    """A script's line that waits for a file."""
    return f"until [ -e {path} ]; do sleep 0.01; done"


def test_progress_leaves_while_it_works(nurseries: list[Nursery], tmp_path: Path) -> None:
    child = shell(nurseries, f"echo 1 2 >&3; {waiting_for(tmp_path / 'go')}; echo 2 2 >&3")
    told = child.start()
    child.until(lambda: bool(told.packets))
    assert ([("WORK_STATUS", b"1 2")], 0) == (told.packets, child.spoke[0])
    (tmp_path / "go").touch()
    child.until_ended(1)
    assert ("WORK_STATUS", b"2 2") == told.packets[-1]


def test_of_much_progress_little_is_sent_but_the_last_always(nurseries: list[Nursery]) -> None:
    child = shell(nurseries, "for n in $(seq 500); do echo $n 500 >&3; done")
    told = child.start()
    child.until_ended(1)
    assert ("WORK_STATUS", b"500 500") == told.packets[-1]
    assert len(told.packets) < 100


def test_progress_that_was_too_early_is_sent_when_it_is_time(
    nurseries: list[Nursery], tmp_path: Path
) -> None:
    child = shell(nurseries, f"echo 1 9 >&3; echo 2 9 >&3; {waiting_for(tmp_path / 'go')}")
    told = child.start()
    child.until(lambda: ("WORK_STATUS", b"2 9") in told.packets)
    (tmp_path / "go").touch()
    child.until_ended(1)


def test_a_note_is_said_with_the_name_of_the_job(nurseries: list[Nursery]) -> None:
    child = shell(nurseries, "echo '# page 2' >&3")
    child.answer()
    assert ["f\\x1b H:1: page 2"] == child.words


@pytest.mark.parametrize(
    ("stderr", "here", "kept"),
    [("both", b"err\n", b"err\n"), ("warning", b"", b"err\n"), ("local", b"", b"")],
)
def test_where_standard_error_goes(
    nurseries: list[Nursery], capfd: pytest.CaptureFixture[str], stderr: str, here: bytes, kept: bytes
) -> None:
    child = shell(nurseries, "echo err >&2", stderr=stderr)
    assert kept == child.answer().stderr
    assert here == b"".join(child.errors)
    assert ("err\n" if stderr == "local" else "") == capfd.readouterr().err


def test_output_that_streams_leaves_as_it_comes(nurseries: list[Nursery], tmp_path: Path) -> None:
    child = shell(nurseries, f"echo one; {waiting_for(tmp_path / 'go')}; echo two", stream=True)
    told = child.start()
    child.until(lambda: bool(told.packets))
    assert [("WORK_DATA", b"one\n")] == told.packets
    (tmp_path / "go").touch()
    assert [(0, Outcome(b"", b"", "", 0))] == child.until_ended(1)
    assert [("WORK_DATA", b"one\n"), ("WORK_DATA", b"two\n")] == told.packets


def test_a_held_command_is_not_listened_to(nurseries: list[Nursery]) -> None:
    """What cannot be sent on stays in the pipe, and in the end in the command."""
    child = shell(nurseries, "cat /dev/zero", stream=True)
    told = child.start()
    child.until(lambda: bool(told.packets))
    child.children.hold(child.slots[0], True)
    before = len(told.packets)
    for _ in range(20):
        for key, mask in child.selector.select(0):
            key.data(mask)
    assert before == len(told.packets)
    child.children.hold(child.slots[0], False)
    child.until(lambda: len(told.packets) > before)


def test_a_command_may_take_too_long(nurseries: list[Nursery]) -> None:
    child = shell(nurseries, "sleep 1000", timeout=0.1)
    assert (b"", b"", "timed out after 0.1 s", 124) == child.answer()


def test_one_that_ignores_term_is_killed_with_all_it_started(
    nurseries: list[Nursery], tmp_path: Path
) -> None:
    script = f"trap '' TERM; sleep 1000 & echo $! >{tmp_path}/pid; wait; sleep 1000"
    child = shell(nurseries, script, timeout=0.3, kill_after=0.1)
    assert 124 == child.answer().status
    child.until(lambda: not exists(int((tmp_path / "pid").read_text())))


def test_one_that_ends_well_after_its_time_has_failed(nurseries: list[Nursery]) -> None:
    child = shell(nurseries, "trap 'exit 0' TERM; while :; do sleep 0.01; done", timeout=0.1)
    assert "timed out after 0.1 s" == child.answer().failure


def test_too_much_output_ends_it(nurseries: list[Nursery]) -> None:
    child = shell(nurseries, "cat /dev/zero", max_output=1 << 20)
    assert (b"", "wrote more than 1048576 bytes") == child.answer()[::2]


def test_too_long_a_record_ends_it(nurseries: list[Nursery]) -> None:
    child = shell(nurseries, "cat /dev/zero", persistent=b"\n", max_output=1 << 20)
    assert "wrote more than 1048576 bytes" == child.answer(b"x").failure


def test_what_a_staying_command_says_before_its_answer_belongs_to_it(nurseries: list[Nursery]) -> None:
    script = "while read n; do echo $n 9 >&3; echo err$n >&2; echo $n; done"
    child = shell(nurseries, script, persistent=b"\n")
    for number in (1, 2):
        told = child.start(b"%d" % number)
        outcome = child.until_ended(number)[-1][1]
        assert (b"%d" % number, b"err%d\n" % number) == outcome[:2]
        assert [("WORK_STATUS", b"%d 9" % number)] == told.packets


def test_errors_go_to_our_own_by_default(capfd: pytest.CaptureFixture[str]) -> None:
    pass_on(None, b"said\n")
    assert "said\n" == capfd.readouterr().err
