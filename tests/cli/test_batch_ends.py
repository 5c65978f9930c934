"""How a batch ends early or tries again: --halt, --retries, --timeout."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.batches import ends, numbers, objects, reluctant, run, submit, until
from tests.cli.driving import Gear, Result, at, counts, gear_worker, take_job
from tests.client.peer import listening
from tests.support import ServerProcess, Wire, wait_until

# -- --halt ------------------------------------------------------------------------------


def test_halting_now_gives_up_what_is_in_flight(server: ServerProcess, failing: str) -> None:
    result = submit(server, failing, "-n", "-j", "3", "--halt", "now,fail=1", stdin=b"bad\n" + b"good\n" * 9)
    assert (1, b"") == result[:2]
    assert result.err.endswith(
        "gear: stopped, 1 job failed; of 2 in flight those that wait for a worker are dropped, "
        "running ones and background ones go on\n"
    )


def test_halting_soon_awaits_what_is_in_flight(server: ServerProcess, failing: str) -> None:
    result = submit(server, failing, "-n", "-j", "3", "--halt", "soon,fail=1", stdin=b"bad\n" + b"good\n" * 9)
    assert (1, b"good\ngood\n") == result[:2]
    assert result.err.endswith("gear: no more jobs are submitted, 1 job failed; waiting for 2 in flight\n")


def test_a_batch_that_is_halted_early_leaves_no_jobs_behind(server: ServerProcess) -> None:
    with Wire(server.port) as worker:
        with Gear("submit", *at(server.port), "halted", "-n", "--halt", "now,done=1") as client:
            client.write(numbers(1, 20))
            wait_until(lambda: counts(server.port, "halted")[0] == 20)
            handle, _ = take_job(worker, b"halted")
            worker.say(PacketType.WORK_COMPLETE, handle, b"first")
            assert (0, b"first\n") == client.result()[:2]
        wait_until(lambda: counts(server.port, "halted")[0] == 0)


def test_enough_successes_are_a_success(server: ServerProcess, cat: str) -> None:
    result = submit(server, cat, "-n", "-j", "1", "--halt", "now,success=2", stdin=numbers(1, 9))
    assert (0, b"1\n2\n") == result[:2]


@pytest.mark.parametrize("when", ["now", "soon"])
def test_a_run_that_is_halted_begins_no_more_commands(when: str, tmp_path: Path) -> None:
    """One at a time: when the first has failed the second may have begun, but not the twentieth."""
    script = f"read n; touch {tmp_path}/$n; [ $n != 1 ]"
    arguments = ["-j", "1", "--halt", f"{when},fail=1", "--", "sh", "-c", script]
    assert 1 == run(*arguments, stdin=numbers(1, 20)).status
    assert not (tmp_path / "20").exists()


def halted_now(folder: Path) -> Result:
    """A run whose first command fails while the second runs for ever."""
    script = f"read n; [ $n = 2 ] && touch {folder}/on && sleep 1000; {until(folder / 'on')}; exit 1"
    arguments = ["-j", "2", "--no-keep-order", "--halt", "now,fail=1", "--", "sh", "-c", script]
    return run(*arguments, stdin=b"1\n2\n")


def test_a_run_that_is_halted_now_does_not_wait(tmp_path: Path) -> None:
    result = halted_now(tmp_path)
    assert (1, b"") == result[:2]
    assert "gear: stopped, 1 job failed" in result.err


def test_a_run_that_is_halted_now_does_not_say_that_its_commands_go_on(tmp_path: Path) -> None:
    """They end with it."""
    assert "go on" not in halted_now(tmp_path).err


def test_a_run_that_is_interrupted_says_what_becomes_of_its_commands(tmp_path: Path) -> None:
    """They end with it; nothing goes on."""
    with Gear("run", "-j", "1", "--", "sh", "-c", f"touch {tmp_path}/on; sleep 1000") as running:
        running.write(b"1\n")
        wait_until(lambda: (tmp_path / "on").exists())
        running.interrupt()
        result = running.result()
    assert 130 == result.status
    assert "go on" not in result.err


# -- --retries, --timeout ----------------------------------------------------------------


def test_a_job_that_fails_twice_and_then_succeeds(server: ServerProcess, tmp_path: Path) -> None:
    with reluctant(server, "batch-third", tmp_path, 2):
        result = submit(server, "batch-third", "x", "--retries", "2", "-q")
    assert (0, b"x") == result[:2]
    assert ["gear: batch-third failed; trying again, attempt 2",
            "gear: batch-third failed; trying again, attempt 3"] == result.err.splitlines()  # fmt: skip
    assert b"x\nx\nx\n" == (tmp_path / "count").read_bytes()


def test_a_job_that_fails_once_too_often(server: ServerProcess, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with reluctant(server, "batch-second", tmp_path, 2):
        options = ["-n", "--retries", "1", "-q", "--joblog", str(log)]
        result = submit(server, "batch-second", *options, stdin=b"x\n")
    assert (1, b"") == result[:2]
    assert "gear: batch-second (record 1) failed" == result.err.splitlines()[-1]
    assert [(1, 1)] == ends(log)


def test_an_object_says_which_attempt_it_was(server: ServerProcess, tmp_path: Path) -> None:
    with reluctant(server, "batch-attempt", tmp_path, 1):
        result = submit(server, "batch-attempt", "-n", "--retries", "5", "--json", stdin=b"x\n")
    assert [(2, "done", "x")] == [
        (each["attempt"], each["status"], each["result"]) for each in objects(result.out)
    ]


def test_run_tries_again(tmp_path: Path) -> None:
    script = f"echo x >>{tmp_path}/count; [ $(wc -l <{tmp_path}/count) -gt 2 ] && cat"
    result = run("--retries", "2", "--", "sh", "-c", script, stdin=b"x\n")
    assert (0, b"x\n") == result[:2]
    assert 2 == result.err.count("gear: sh (record 1) failed; trying again, attempt ")


def test_a_job_that_takes_too_long_is_tried_again(server: ServerProcess, tmp_path: Path) -> None:
    """Its first attempt goes on meanwhile."""
    script = f"if mkdir {tmp_path}/first 2>/dev/null; then {until(tmp_path / 'go')}; fi; cat"
    with gear_worker(server.port, "batch-late", ["sh", "-c", script], slots=2):
        result = submit(server, "batch-late", "-n", "--timeout", "1s", "--retries", "1", stdin=b"x\n")
        (tmp_path / "go").touch()
    assert (0, b"x\n") == result[:2]
    assert re.fullmatch(
        r"gear: batch-late \(record 1\): no result within 1 s; .*; trying again, attempt 2\n", result.err
    )


@pytest.mark.parametrize("options", [["x"], ["-n"]])
def test_a_job_that_nobody_does_in_time(server: ServerProcess, options: list[str]) -> None:
    result = submit(server, "batch-never", *options, "--timeout", "50ms", stdin=b"x\n")
    assert (124, b"") == result[:2]
    assert "no result within 0.05 s" in result.err
    wait_until(lambda: counts(server.port, "batch-never")[0] == 0)


def test_attempts_have_an_end(server: ServerProcess) -> None:
    result = submit(server, "batch-never", "-n", "--timeout", "50ms", "--retries", "2", stdin=b"x\n")
    assert (124, 3) == (result.status, len(result.err.splitlines()))


def test_a_failure_goes_before_a_lack_of_time(server: ServerProcess, failing: str) -> None:
    lines = b'{"workload": "bad"}\n{"function": "batch-never"}\n{"workload": "good"}\n'
    result = submit(server, failing, "--jsonl", "--timeout", "2s", stdin=lines)
    assert (1, b"good\n") == result[:2]


def test_a_result_of_run_of_which_half_came_before_a_loss_is_printed_once() -> None:
    """The test plays a server that goes after half of the only result, and comes back."""
    with listening() as listener:
        arguments = ["--whole", "-q", "-j", "0", *at(listener.port), "-f", "f", "--", "cat"]
        with Gear("run", *arguments, stdin=subprocess.DEVNULL) as running:
            for rest in (False, True):
                with listener.accept() as peer:
                    peer.types(2)
                    peer.say(PacketType.JOB_CREATED, b"H:1")
                    peer.say(PacketType.WORK_DATA, b"H:1", b"half")
                    if rest:
                        peer.say(PacketType.WORK_COMPLETE, b"H:1", b" and half")
                        assert (0, b"half and half") == running.result()[:2]
