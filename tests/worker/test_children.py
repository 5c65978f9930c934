"""The commands that run: started and taken in."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gearcli.worker.attempt import Outcome
from gearcli.worker.children import name_of
from gearcli.worker.worker import Slot
from tests.cli.driving import exists, pid_in
from tests.support import wait_until
from tests.worker.nursery import Nursery, nursery
from tests.worker.playing import told_job


def test_a_command_is_run_for_a_job(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    cat.start(b"work\0load")
    assert 1 == cat.children.count
    assert [(0, Outcome(b"work\0load", b"", "", 0))] == cat.until_ended(1)
    assert 0 == cat.children.count
    assert {} == dict(cat.selector.get_map())


def test_several_at_a_time(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    for slot in (0, 1):
        cat.start(b"%d" % slot * 300_000, slot=slot)
    ended = cat.until_ended(2)
    assert {0: 300_000, 1: 300_000} == {slot: len(outcome.output) for slot, outcome in ended}


def test_many_in_turn_leave_no_descriptor(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    before = os.listdir("/proc/self/fd")
    for count in range(1, 51):
        cat.start(b"%d" % count, slot=count % 2)
        assert b"%d" % count == cat.until_ended(count)[-1][1].output
    assert before == os.listdir("/proc/self/fd")


def test_a_slot_can_be_killed(nurseries: list[Nursery]) -> None:
    sleeping = nursery(nurseries, "sleep", "1000")
    sleeping.start(slot=0)
    sleeping.start(slot=1)
    sleeping.children.kill(Slot(0))  # another slot of the same number is another
    assert 2 == sleeping.children.count
    sleeping.children.kill(sleeping.slots[1])
    assert [(1, Outcome(b"", b"", "was killed by SIGKILL (signal 9)", 137))] == sleeping.until_ended(1)


def test_the_end_leaves_nothing(nurseries: list[Nursery], tmp_path: Path) -> None:
    sleeping = nursery(nurseries, "sh", "-c", f"sleep 1000 & echo $! >{tmp_path}/pid; wait")
    sleeping.start()
    grandchild = pid_in(tmp_path / "pid")
    nurseries.remove(sleeping)
    sleeping.close()
    wait_until(lambda: not exists(grandchild))
    assert 0 == sleeping.children.count


def test_what_cannot_be_started_fails_the_job(nurseries: list[Nursery], tmp_path: Path) -> None:
    path = tmp_path / "tool"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    tool = nursery(nurseries, str(path))
    path.unlink()
    tool.start()
    assert [(0, Outcome(b"", b"", "cannot be executed: no such file or directory", 127))] == tool.ended


# -- commands that stay -------------------------------------------------------------------


def test_one_that_stays_is_the_same_for_every_job(nurseries: list[Nursery]) -> None:
    shell = nursery(nurseries, "sh", "-c", "while read n; do echo $$ $n; done", persistent=b"\n")
    answers = [shell.answer(b"%d" % number).output.split() for number in range(3)]
    assert [b"0", b"1", b"2"] == [number for _, number in answers]
    assert 1 == len({pid for pid, _ in answers})


def test_each_slot_has_its_own(nurseries: list[Nursery]) -> None:
    shell = nursery(nurseries, "sh", "-c", "while read n; do echo $$; done", persistent=b"\n")
    assert shell.answer(b"1", slot=0).output != shell.answer(b"1", slot=1).output
    assert 2 == shell.children.count


def test_it_can_be_there_before_the_first_job(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat", persistent=b"\n")
    cat.children.stand(cat.starter, cat.slots[0])
    assert 1 == cat.children.count
    assert (b"x", 1) == (cat.answer(b"x").output, cat.children.count)


def test_a_slot_that_is_done_with_needs_it_no_more(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat", persistent=b"\n")
    cat.answer(b"x")
    cat.children.dismiss(cat.slots[0])
    cat.until(lambda: cat.children.count == 0)
    assert {} == dict(cat.selector.get_map())


def test_it_is_started_again_when_it_has_died(nurseries: list[Nursery]) -> None:
    shell = nursery(nurseries, "sh", "-c", "read n; echo $n; exit 3", persistent=b"\n")
    assert (b"1", "") == (shell.answer(b"1").output, shell.ended[-1][1].failure)
    shell.until(lambda: shell.children.count == 0)
    assert b"2" == shell.answer(b"2").output


def test_a_death_fails_only_its_own_job(nurseries: list[Nursery]) -> None:
    script = "while read n; do [ $n = 2 ] && exit 3; echo $n; done"
    shell = nursery(nurseries, "sh", "-c", script, persistent=b"\n")
    outcomes = [shell.answer(b"%d" % number) for number in (1, 2, 3)]
    assert ["", "exited with status 3", ""] == [outcome.failure for outcome in outcomes]
    assert [b"1", b"", b"3"] == [outcome.output for outcome in outcomes]


def test_after_a_time_limit_nobody_gets_a_late_answer(nurseries: list[Nursery]) -> None:
    script = 'while read n; do [ "$n" = slow ] && { trap "" TERM; sleep 1000; }; echo $n; done'
    shell = nursery(nurseries, "sh", "-c", script, persistent=b"\n", timeout=0.2, kill_after=0.1)
    assert "timed out after 0.2 s" == shell.answer(b"slow").failure
    assert [b"1", b"2"] == [shell.answer(b"1").output, shell.answer(b"2").output]


def test_what_nobody_asked_for_is_no_answer_to_the_next(nurseries: list[Nursery]) -> None:
    """Two lines for one: the second must not be taken for the answer to the next job."""
    shell = nursery(
        nurseries, "sh", "-c", "while read n; do printf '%s\\n%s\\n' $n extra; done", persistent=b"\n"
    )
    assert [b"1", b"2", b"3"] == [shell.answer(b"%d" % number).output for number in (1, 2, 3)]
    assert all("it is started anew" in words for words in shell.words)


@pytest.mark.parametrize(
    ("workload", "delimiter", "answer"),
    [(b"a\n", b"\n", b"a"), (b"", b"\n", b""), (b"a\nb", b"\0", b"a\nb"), (b"a\0", b"\0", b"a")],
)
def test_a_record_is_a_workload_with_one_delimiter(
    nurseries: list[Nursery], workload: bytes, delimiter: bytes, answer: bytes
) -> None:
    cat = nursery(nurseries, "cat", persistent=delimiter)
    assert Outcome(answer, b"", "", 0) == cat.answer(workload)


@pytest.mark.parametrize(("workload", "delimiter"), [(b"a\nb", b"\n"), (b"a\0b", b"\0")])
def test_a_workload_that_would_be_several_records_fails(
    nurseries: list[Nursery], workload: bytes, delimiter: bytes
) -> None:
    cat = nursery(nurseries, "cat", persistent=delimiter)
    assert "cannot be executed: the workload has a " in cat.answer(workload).failure
    assert b"next" == cat.answer(b"next").output


def test_one_that_closes_its_output_is_replaced(nurseries: list[Nursery]) -> None:
    script = "read n; echo $n; read n; exec >&-; sleep 1000"
    shell = nursery(nurseries, "sh", "-c", script, persistent=b"\n")
    assert b"1" == shell.answer(b"1").output
    assert "was killed by SIGKILL (signal 9)" == shell.answer(b"2").failure
    assert b"3" == shell.answer(b"3").output


def test_a_long_record_goes_both_ways(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat", persistent=b"\n")
    record = b"x" * (8 << 20)
    assert record == cat.answer(record).output


# -- others ---------------------------------------------------------------------------------


def test_a_child_of_somebody_else_is_only_taken_in(nurseries: list[Nursery]) -> None:
    cat = nursery(nurseries, "cat")
    stranger = os.posix_spawn("/bin/sleep", ["sleep", "1000"], os.environ)
    cat.start(b"x")
    os.kill(stranger, signal.SIGKILL)
    wait_until(lambda: not exists(stranger))
    assert [(0, Outcome(b"x", b"", "", 0))] == cat.until_ended(1)


def test_the_name_of_a_job_cannot_harm_a_terminal() -> None:
    job = told_job(function=b"f\x1b[2J")[0]._replace(handle=b"H:\x07")
    assert "f\\x1b[2J H:\\x07" == name_of(job)
