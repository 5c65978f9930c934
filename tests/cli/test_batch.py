"""The options of a batch, as users type them: `gear submit` and `gear run` against a real server."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gearcli.client.admin import Admin
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, counts, exit_of, gear_worker, run_gear, take_job
from tests.client.peer import listening
from tests.support import ServerProcess, Wire, free_port, wait_until

HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"


def submit(server: ServerProcess, *arguments: str, stdin: bytes = b"") -> Result:
    """Run `gear submit` to its end."""
    return run_gear("submit", *at(server.port), *arguments, stdin=stdin)


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """Run `gear run` to its end."""
    return run_gear("run", *arguments, stdin=stdin)


def objects(text: bytes | str) -> list[dict[str, Any]]:
    """The objects of a stream of JSON, by the number of their record."""
    return sorted((json.loads(line) for line in text.splitlines()), key=lambda each: each["number"])


class Row(NamedTuple):
    """A line of a job log, column by column."""

    seq: str
    host: str
    starttime: str
    runtime: str
    send: str
    receive: str
    exitval: str
    signal: str
    command: str


def rows(log: Path) -> list[Row]:
    """The lines of a job log, in the order of their records."""
    header, *lines = log.read_text().splitlines()
    assert HEADER == header
    return sorted((Row(*line.split("\t")) for line in lines), key=lambda row: int(row.seq))


def ends(log: Path) -> list[tuple[int, int]]:
    """The number and the exit status of each line of a job log."""
    return [(int(row.seq), int(row.exitval)) for row in rows(log)]


def files(folder: Path) -> dict[str, bytes]:
    """What a folder holds.  A draft is none: a killed run leaves the one it was writing."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name[0] != "."}


def numbers(first: int, last: int) -> bytes:
    """Lines with numbers."""
    return b"".join(b"%d\n" % number for number in range(first, last + 1))


def until(path: Path) -> str:
    """The words of a shell that wait for a file."""
    return f"until [ -e {path} ]; do sleep 0.01; done"


@contextlib.contextmanager
def reluctant(server: ServerProcess, function: str, folder: Path, failures: int) -> Iterator[None]:
    """A function that fails so often, and then answers with its workload."""
    script = f"echo x >>{folder}/count; [ $(wc -l <{folder}/count) -gt {failures} ] && cat"
    with gear_worker(server.port, function, ["sh", "-c", script]):
        yield


# -- --tag, --json ------------------------------------------------------------------------------


def test_a_tag_stands_before_each_line_of_a_result(server: ServerProcess) -> None:
    with gear_worker(server.port, "two-lines", ["sh", "-c", "cat; echo; echo more"]):
        result = submit(server, "two-lines", "-n", "-k", "--tag", stdin=b"a\nb\n")
    assert Result(0, b"a\ta\na\tmore\nb\tb\nb\tmore\n", "") == result


def test_arguments_are_tags(server: ServerProcess, cat: str) -> None:
    assert Result(0, b"x\tx\n\t\ny\ty\n", "") == submit(server, cat, "-k", "--tag", "x", "", "y")


def test_one_argument_is_a_tag(server: ServerProcess, cat: str) -> None:
    assert b"x\tx" == submit(server, cat, "--tag", "x").out.rstrip(b"\n")


@pytest.mark.parametrize(
    ("options", "stdin", "out"),
    [
        ([], b"a\nb", b"a\tA\nb\tB\n"),
        (["--chop"], b"a\nb", b"a\tA\nb\tB\n"),
        (["-0"], b"a\0b\0", b"a\tA\0b\tB\0"),
        (["--delimiter", ";"], b"a;b;", b"a\tA;b\tB;"),
    ],
)
def test_run_tags_with_records_without_their_delimiter(options: list[str], stdin: bytes, out: bytes) -> None:
    assert Result(0, out, "") == run(*options, "--tag", "--", "tr", "a-z", "A-Z", stdin=stdin)


def test_an_object_for_each_job(server: ServerProcess, failing: str) -> None:
    result = submit(server, failing, "-n", "--json", stdin=b"good\nbad\n")
    good, bad = objects(result.out)
    assert 1 == result.status
    keys = ["number", "function", "unique", "handle", "server", "status", "exit", "attempt", "seconds"]
    assert ([*keys, "result"], keys) == (list(good), list(bad))
    assert ("failing", "done", 0, "good\n") == (
        good["function"],
        good["status"],
        good["exit"],
        good["result"],
    )
    assert ("failed", 1, 1, f"127.0.0.1:{server.port}") == (
        bad["status"],
        bad["exit"],
        bad["attempt"],
        bad["server"].replace("localhost", "127.0.0.1"),
    )


def test_an_object_for_the_only_job(server: ServerProcess, cat: str) -> None:
    (one,) = objects(submit(server, cat, "-u", "json-key", "--json", stdin=b"\xff").out)
    assert ("json-key", "/w==") == (one["unique"], one["result_base64"])


def test_an_object_for_each_record_of_run() -> None:
    result = run("--json", "--", "grep", "-v", "bad", stdin=b"a\nbad\n")
    assert [("grep", 1, "done", "a\n"), ("grep", 2, "failed", None)] == [
        (each["function"], each["number"], each["status"], each.get("result"))
        for each in map(json.loads, result.out.splitlines())
    ]
    assert 1 == result.status


# -- --joblog, --results -------------------------------------------------------------------------


def test_the_columns_of_a_job_log(server: ServerProcess, cat: str, tmp_path: Path) -> None:
    before = time.time()
    assert 0 == submit(server, cat, "-n", "--joblog", str(tmp_path / "log"), stdin=b"one\n\n").status
    first, second = rows(tmp_path / "log")
    assert ("1", "3", "3", "0", "0", "cat one") == (first.seq, *first[4:])
    assert ("2", "0", "0", "0", "0", "cat ") == (second.seq, *second[4:])
    assert first.host in (f"127.0.0.1:{server.port}", f"localhost:{server.port}")
    assert re.fullmatch(r"\d+\.\d{3}", first.starttime)
    assert before - 1 <= float(first.starttime) <= time.time()
    assert re.fullmatch(r" *\d+\.\d{3}", first.runtime)
    assert 10 == len(first.runtime)


def test_failures_are_logged_with_their_exit_status(
    server: ServerProcess, failing: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    assert 1 == submit(server, failing, "-n", "--joblog", str(log), stdin=b"bad\ngood\n").status
    assert 124 == submit(server, "no-log", "-n", "--joblog", str(tmp_path / "late"), "--timeout", "50ms",
                         stdin=b"x\n").status  # fmt: skip
    assert ([(1, 1), (2, 0)], [(1, 124)]) == (ends(log), ends(tmp_path / "late"))


def test_a_workload_cannot_forge_a_line_of_a_log(server: ServerProcess, cat: str, tmp_path: Path) -> None:
    assert 0 == submit(server, cat, "-0", "--joblog", str(tmp_path / "log"), stdin=b"a\tb\nc\0").status
    assert [r"cat a\tb\nc"] == [row.command for row in rows(tmp_path / "log")]


def test_a_folder_of_results(server: ServerProcess, failing: str, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    result = submit(server, failing, "-n", "--results", str(folder), stdin=b"good\nbad\ngood\n")
    assert (1, b"good\ngood\n") == result[:2]
    assert {"1": b"good\n", "3": b"good\n"} == files(folder)


def test_handles_are_results_of_background_jobs(server: ServerProcess, tmp_path: Path) -> None:
    result = submit(server, "batch-handles", "-n", "-b", "-k", "--results", str(tmp_path), stdin=b"1\n2\n")
    first, second = result.out.splitlines(keepends=True)
    assert {"1": first, "2": second} == files(tmp_path)


def test_run_writes_a_log_and_results(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "results"
    arguments = ["--joblog", str(log), "--results", str(folder), "--", "grep", "-v", "bad"]
    assert (1, b"a\nc\n") == run(*arguments, stdin=b"a\nbad\nc\n")[:2]
    assert [("1", "2", "2", "0", "0"), ("2", "4", "0", "1", "0"), ("3", "2", "2", "0", "0")] == [
        (row.seq, row.send, row.receive, row.exitval, row.signal) for row in rows(log)
    ]
    assert {"1": b"a\n", "3": b"c\n"} == files(folder)


@pytest.mark.parametrize("option", ["--joblog", "--results"])
def test_what_cannot_be_written_is_said_before_anything_is_submitted(
    server: ServerProcess, option: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    result = submit(server, "batch-unwritten", "-b", "x", option, str(tmp_path / "file" / "below"))
    assert (74, b"") == result[:2]
    assert "below: not a directory\n" in result.err
    assert (0, 0, 0) == counts(server.port, "batch-unwritten")


def test_a_full_disk_is_said(server: ServerProcess, cat: str) -> None:
    result = submit(server, cat, "-n", "--joblog", "/dev/full", stdin=b"x\n")
    assert Result(74, b"", "gear: cannot write the job log /dev/full: no space left on device\n") == result


# -- --resume, --resume-failed ---------------------------------------------------------------------


def lines_of(log: Path) -> int:
    """How many jobs a log names so far."""
    return max(0, log.read_bytes().count(b"\n") - 1) if log.exists() else 0


def test_what_was_killed_goes_on_where_it_stopped(server: ServerProcess, tmp_path: Path) -> None:
    """From record 60 on the worker waits until the first run is dead, so that it is in the middle."""
    log, folder = tmp_path / "log", tmp_path / "results"
    script = f"read n; [ $n -ge 60 ] && {until(tmp_path / 'go')}; echo $n"
    options = ["-n", "-j", "8", "--joblog", str(log), "--results", str(folder)]
    with gear_worker(server.port, "resumed", ["sh", "-c", script], slots=2):
        with Gear("submit", *at(server.port), "resumed", *options) as first:
            first.write(numbers(1, 120))
            wait_until(lambda: lines_of(log) >= 50)
            first.signal(signal.SIGKILL)
            assert -signal.SIGKILL == first.result().status
        before = {number for number, _ in ends(log)}
        (tmp_path / "go").touch()
        second = submit(server, "resumed", *options, "--resume", stdin=numbers(1, 120))
    assert (0, "") == (second.status, second.err)
    assert [(number, 0) for number in range(1, 121)] == ends(log)
    assert {str(number): b"%d\n" % number for number in range(1, 121)} == files(folder)
    assert {*range(1, 121)} - before == set(map(int, second.out.splitlines()))


def test_a_run_that_was_killed_goes_on_where_it_stopped(tmp_path: Path) -> None:
    log, folder = tmp_path / "log", tmp_path / "results"
    script = f"read n; [ $n -ge 30 ] && {until(tmp_path / 'go')}; echo $n"
    arguments = ["-j", "2", "--joblog", str(log), "--results", str(folder)]
    with Gear("run", *arguments, "--", "sh", "-c", script) as first:
        first.write(numbers(1, 60))
        wait_until(lambda: lines_of(log) >= 20)
        first.signal(signal.SIGKILL)
        assert -signal.SIGKILL == first.result().status
    before = {number for number, _ in ends(log)}
    (tmp_path / "go").touch()
    second = run(*arguments, "--resume", "--", "sh", "-c", script, stdin=numbers(1, 60))
    assert (0, "") == (second.status, second.err)
    assert [(number, 0) for number in range(1, 61)] == ends(log)
    assert {str(number): b"%d\n" % number for number in range(1, 61)} == files(folder)
    assert sorted({*range(1, 61)} - before) == list(map(int, second.out.splitlines()))


def test_a_line_that_was_cut_short_is_done_again(server: ServerProcess, cat: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert 0 == submit(server, cat, "-n", "-k", "--joblog", str(log), stdin=b"a\nb\n").status
    log.write_bytes(log.read_bytes()[:-12])
    arguments = [cat, "-n", "--joblog", str(log), "--resume"]
    assert Result(0, b"b\n", "") == submit(server, *arguments, stdin=b"a\nb\n")
    assert Result(0, b"", "") == submit(server, *arguments, stdin=b"a\nb\n")


def test_what_failed_is_done_again(server: ServerProcess, tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f"read n; [ $n != bad ] || [ -e {tmp_path}/mended ] && echo $n"
    options = ["batch-mended", "-n", "-k", "--joblog", str(log)]
    with gear_worker(server.port, "batch-mended", ["sh", "-c", script]):
        assert (1, b"a\nc\n") == submit(server, *options, stdin=b"a\nbad\nc\n")[:2]
        (tmp_path / "mended").touch()
        assert Result(0, b"", "") == submit(server, *options, "--resume", stdin=b"a\nbad\nc\n")
        again = submit(server, *options, "--resume-failed", stdin=b"a\nbad\nc\nd\n")
        assert Result(0, b"bad\nd\n", "") == again
        assert Result(0, b"", "") == submit(server, *options, "--resume-failed", stdin=b"a\nbad\nc\nd\n")
    assert [(1, 0), (2, 1), (2, 0), (3, 0), (4, 0)] == ends(log)


def test_run_does_again_what_failed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = f"read n; [ $n != bad ] || [ -e {tmp_path}/mended ] && echo $n"
    arguments = ["--joblog", str(log), "--resume-failed", "--", "sh", "-c", script]
    assert (1, b"a\n") == run(*arguments, stdin=b"a\nbad\n")[:2]
    (tmp_path / "mended").touch()
    assert Result(0, b"bad\n", "") == run(*arguments, stdin=b"a\nbad\n")


def test_records_of_a_resumed_batch_are_not_even_looked_at(
    server: ServerProcess, cat: str, tmp_path: Path
) -> None:
    options = [cat, "--jsonl", "--joblog", str(tmp_path / "log")]
    assert Result(0, b"1\n", "") == submit(server, *options, stdin=b'\n{"workload": "1"}\n')
    result = submit(server, *options, "--resume", stdin=b'\n{broken\n{"workload": "3"}\n')
    assert Result(0, b"3\n", "") == result
    assert [2, 3] == [number for number, _ in ends(tmp_path / "log")]


def test_a_file_that_is_no_job_log_is_left_alone(server: ServerProcess, cat: str, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Dear all\n")
    result = submit(server, cat, "-n", "--joblog", str(tmp_path / "letter"), "--resume", stdin=b"x\n")
    assert (66, b"", "Dear all\n") == (*result[:2], (tmp_path / "letter").read_text())
    assert "does not belong in a job log: 'Dear all'; is it the right file?" in result.err


# -- --halt ------------------------------------------------------------------------------------------


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


# -- --retries, --timeout -------------------------------------------------------------------------------


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


# -- --jsonl ---------------------------------------------------------------------------------------------


def job(server: ServerProcess, handle: str) -> dict[str, Any]:
    """What the server knows of a job."""
    with Admin(Address("127.0.0.1", server.port)) as admin:
        return admin.job(handle.encode())


def test_every_key_of_a_record_counts(server: ServerProcess) -> None:
    due = int(time.time()) + 3600
    lines = [
        {"function": "batch-keys", "workload": "naïve", "unique": "first", "background": True},
        {"workload_base64": "/wA=", "priority": "high", "background": True},
        {"workload": "x", "priority": "low", "background": True},
        {"workload": "later", "at": due},
        {"workload": "later", "at": f"@{due}", "background": False},
    ]
    stdin = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    result = submit(server, "batch-other", "--jsonl", "-k", stdin=stdin)
    jobs = [job(server, handle) for handle in result.out.decode().splitlines()]
    assert [
        ("batch-keys", "normal", "waiting", 6, None),
        ("batch-other", "high", "waiting", 2, None),
        ("batch-other", "low", "waiting", 1, None),
        ("batch-other", "normal", "delayed", 5, due),
        ("batch-other", "normal", "delayed", 5, due),
    ] == [(job["function"], job["priority"], job["state"], job["size"], job["due"]) for job in jobs]
    assert "first" == jobs[0]["unique"]
    assert all(job["background"] for job in jobs)


def test_bytes_arrive_as_they_are(server: ServerProcess, cat: str) -> None:
    lines = b'{"workload_base64": "/wA="}\n\n{"workload": "a\\u0000b"}\n'
    result = submit(server, cat, "--jsonl", "-k", "--raw", stdin=lines)
    assert Result(0, b"\xff\0a\0b", "") == result


def test_a_record_in_the_background_has_a_handle_among_results(server: ServerProcess, cat: str) -> None:
    lines = b'{"workload": "x"}\n{"function": "batch-behind", "background": true}\n'
    result = submit(server, cat, "--jsonl", "-k", stdin=lines)
    assert re.fullmatch(rb"x\nH:\S+\n", result.out)


def test_options_are_for_records_that_say_nothing(server: ServerProcess) -> None:
    result = submit(server, "batch-default", "--jsonl", "-b", "-p", "low", stdin=b"{}\n")
    found = job(server, result.out.decode().strip())
    assert ("batch-default", "low", 0) == (found["function"], found["priority"], found["size"])


def test_a_wrong_line_ends_the_batch_and_those_before_it_are_answered(
    server: ServerProcess, cat: str
) -> None:
    lines = b'{"workload": "1"}\n{"workload": "2"}\n{"workload": 3}\n{"workload": "4"}\n'
    result = submit(server, cat, "--jsonl", "-k", stdin=lines)
    assert Result(2, b"1\n2\n", "gear: line 3 of standard input: workload must be text in quotes\n") == result


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON at column 2"),
        ('{"workload": "x", "wrklod": "y"}', 'unknown key "wrklod"'),
        ("{}", "it has no function, and no FUNCTION was given"),
        ('{"function": ""}', "function must not be empty; leave it out"),
        ('{"function": "a\\u0000b"}', "function cannot contain a NUL"),
        ('{"function": "f", "unique": "a\\u0000b"}', "unique cannot contain a NUL"),
        ('{"function": "f", "unique": ""}', "unique must not be empty; leave it out"),
        (f'{{"function": "f", "unique": "{"k" * 65}"}}', "a unique has at most 64 bytes; this one has 65"),
        ('{"function": "f", "at": "soon"}', "'soon' is not a time"),
        ('{"function": "f", "at": 1, "priority": "high"}', "a job that is due later has normal priority"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(server: ServerProcess, cat: str, line: str, reason: str) -> None:
    before = json.dumps({"function": cat, "workload": "x"})
    result = submit(server, "--jsonl", stdin=f"{before}\n{line}\n".encode())
    assert (2, b"x\n") == result[:2]
    assert reason in result.err
    assert result.err.startswith("gear: line 2 of standard input: ")


def test_a_wrong_line_is_said_with_its_file(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("\n[]\n")
    result = submit(server, "f", "--jsonl", "-f", str(tmp_path / "jobs"))
    assert (2, f"gear: line 2 of {tmp_path}/jobs: ") == (result.status, result.err.split("not an")[0])


# -- --in, --at -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--in=1h", "--at=2099-01-01 08:00", "--at=@4070937600"])
def test_a_job_that_is_due_later_is_not_handed_out_before(server: ServerProcess, option: str) -> None:
    function = f"batch{option[:4]}{len(option)}"
    result = submit(server, function, "x", option)
    assert (0, "") == (result.status, result.err)
    found = job(server, result.out.decode().strip())
    assert ("delayed", True) == (found["state"], found["background"])
    assert found["due"] >= time.time() + 3590
    with Wire(server.port) as worker:
        worker.say(PacketType.CAN_DO, function.encode())
        assert (PacketType.NO_JOB, []) == worker.ask(PacketType.GRAB_JOB)


def test_a_job_is_handed_out_when_it_is_due(server: ServerProcess) -> None:
    """To a worker that sleeps until then; neither before nor much later."""
    result = submit(server, "batch-due", "x", "--in", "1s")
    due = job(server, result.out.decode().strip())["due"]
    with Wire(server.port) as worker:
        assert b"x" == take_job(worker, b"batch-due")[1]
        late = time.time() - due
    assert 0.0 <= late < 0.5


def test_what_was_due_in_the_past_is_due_now(server: ServerProcess) -> None:
    assert 0 == submit(server, "batch-past", "x", "--at", "2001-01-01 00:00").status
    with Wire(server.port) as worker:
        assert b"x" == take_job(worker, b"batch-past")[1]


def test_each_record_can_be_due_later(server: ServerProcess) -> None:
    result = submit(server, "batch-all-later", "-n", "--in", "1h", "--json", stdin=b"1\n2\n")
    assert [(1, "queued"), (2, "queued")] == [(o["number"], o["status"]) for o in objects(result.out)]
    assert {"delayed"} == {job(server, each["handle"])["state"] for each in objects(result.out)}


# -- --require-worker, --dry-run -------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["x"], ["-n"], ["-b", "x"], ["--jsonl"]])
def test_75_rather_than_queue_for_nobody(server: ServerProcess, options: list[str]) -> None:
    result = submit(server, "batch-nobody", "--require-worker", *options, stdin=b"{}\n")
    said = "gear: no worker serves batch-nobody; start one, or leave --require-worker out to queue the job\n"
    assert Result(75, b"", said) == result
    assert (0, 0, 0) == counts(server.port, "batch-nobody")


@pytest.mark.parametrize("options", [["{}"], ["-n"]])
def test_a_worker_that_is_required_and_there(server: ServerProcess, cat: str, options: list[str]) -> None:
    result = submit(server, cat, "--require-worker", *options, stdin=b"{}\n")
    assert (0, b"{}") == (result.status, result.out.strip())


def test_a_record_for_which_there_is_no_worker_ends_the_batch(server: ServerProcess, cat: str) -> None:
    lines = b'{"workload": "x"}\n{"function": "batch-nobody"}\n{"workload": "y"}\n'
    result = submit(server, cat, "--jsonl", "--require-worker", stdin=lines)
    assert (75, b"x\n") == result[:2]
    assert "gear: no worker serves batch-nobody; " in result.err


def test_69_when_nobody_can_be_asked_for_a_worker() -> None:
    result = run_gear("submit", *at(free_port()), "f", "x", "--require-worker")
    assert (69, b"") == result[:2]


@pytest.mark.parametrize(
    ("options", "stdin", "rows"),
    [
        (["f", "x"], b"", ["1\tf\t(random)\tnormal\tforeground\t\t1\tx"]),
        (["f", "-n", "-b", "-u", "-"], b"a\nb\n",
         ["1\tf\t-\tnormal\tbackground\t\t1\ta", "2\tf\t-\tnormal\tbackground\t\t1\tb"]),
        (["--jsonl"], b'{"function": "g", "at": 9}\n', ["1\tg\t(random)\tnormal\tbackground\t@9\t0\t"]),
        (["f", "x", "--require-worker"], b"", ["1\tf\t(random)\tnormal\tforeground\t\t1\tx"]),
    ],
)  # fmt: skip
def test_a_dry_run_needs_no_server(options: list[str], stdin: bytes, rows: list[str]) -> None:
    result = run_gear("submit", *at(free_port()), "--dry-run", *options, stdin=stdin)
    assert Result(0, "".join(f"{row}\n" for row in rows).encode(), "") == result


def test_a_dry_run_in_json() -> None:
    result = run_gear("submit", *at(free_port()), "--dry-run", "--json", "f", "x", "-u", "key")
    (one,) = objects(result.out)
    assert ("f", "key", "x", 1) == (one["function"], one["unique"], one["workload"], one["size"])


def test_a_dry_run_leaves_out_what_would_not_be_submitted(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"{HEADER}\n1\th\t1.000\t     0.100\t1\t1\t0\t0\tf a\n")
    options = ["f", "-n", "--dry-run", "--joblog", str(tmp_path / "log"), "--resume"]
    result = run_gear("submit", *at(free_port()), *options, stdin=b"a\nb\n")
    assert ["2"] == [line.split("\t")[0] for line in result.out.decode().splitlines()]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    files = ["--joblog", str(tmp_path / "log"), "--results", str(tmp_path / "results")]
    assert 0 == run_gear("submit", *at(free_port()), "f", "x", "--dry-run", *files).status
    assert [] == list(tmp_path.iterdir())


# -- --progress --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "plain", "none"])
def test_a_short_batch_has_no_progress_to_tell(server: ServerProcess, cat: str, mode: str) -> None:
    assert Result(0, b"1\n2\n", "") == submit(server, cat, "-n", "-k", "--progress", mode, stdin=b"1\n2\n")


def test_the_progress_of_a_batch_in_json(server: ServerProcess, failing: str) -> None:
    result = submit(server, failing, "-n", "--progress", "json", stdin=b"good\nbad\n")
    last = json.loads(result.err.splitlines()[-1])
    assert (2, 1, 0) == (last["done"], last["failed"], last["in_flight"])
    assert b"good\n" == result.out


def reported(server: ServerProcess, mode: str) -> Result:
    """What is said of the only job, whose worker says how far it is."""
    with (
        Wire(server.port) as worker,
        Gear("submit", *at(server.port), f"report-{mode}", "x", "--progress", mode) as client,
    ):
        handle, _ = take_job(worker, b"report-" + mode.encode())
        worker.say(PacketType.WORK_STATUS, handle, b"1", b"2")
        worker.say(PacketType.WORK_COMPLETE, handle, b"done")
        return client.result()


@pytest.mark.parametrize(
    ("mode", "said"), [("plain", "gear: report-plain: 1 of 2\n"), ("auto", ""), ("none", "")]
)
def test_the_progress_of_the_only_job(server: ServerProcess, mode: str, said: str) -> None:
    assert Result(0, b"done", said) == reported(server, mode)


def test_the_progress_of_the_only_job_in_json(server: ServerProcess) -> None:
    status, out, err = reported(server, "json")
    assert (0, b"done") == (status, out)
    (one,) = objects(err)
    assert {"number": 1, "function": "report-json", "numerator": 1, "denominator": 2} == {
        key: one[key] for key in ("number", "function", "numerator", "denominator")
    }


def test_the_progress_of_run_in_json() -> None:
    result = run("--progress", "json", "--", "cat", stdin=b"1\n2\n")
    assert (0, b"1\n2\n") == result[:2]
    assert 2 == json.loads(result.err.splitlines()[-1])["done"]


# -- wrong usage ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("f x --in 1h --at 08:00", "--in and --at exclude each other; choose one"),
        ("f x --in 1h -p high", "a job that is due later has normal priority; leave -p out"),
        ("f x --in soon", "'soon' is not a duration"),
        ("f x --at soon", "'soon' is not a time"),
        ("f -n x", "WORKLOAD arguments and records from a stream exclude each other"),
        ("f -n -0", "-n, -0 and --delimiter exclude each other; choose one"),
        ("f --jsonl -n", "--jsonl reads lines; -n, -0 and --delimiter do not go with it"),
        ("f --jsonl x", "WORKLOAD arguments and records from a stream exclude each other"),
        ("f -n -u key", "--unique key would make all jobs one; use --unique -"),
        ("f x y -u key", "--unique key would make all jobs one; use --unique -"),
        ("f --jsonl -u key", "--unique key would make all jobs one; use --unique -"),
        ("f x --resume", "--resume and --resume-failed need --joblog FILE"),
        (
            "f x --joblog /dev/null --resume --resume-failed",
            "--resume and --resume-failed exclude each other",
        ),
        ("f x --halt fail=1", "'fail=1' is not a rule for --halt"),
        ("f x --retries -1", "is not in the range"),
        ("f x -j 0", "is not in the range"),
        ("f x --timeout forever", "'forever' is not a duration"),
        ("f x --progress fancy", "'fancy' is no kind of progress"),
        ("", "name the FUNCTION that is to be done"),
        (f"f x -u {'k' * 65}", "a unique has at most 64 bytes; this one has 65"),
        (f"f x -u {'é' * 33}", "a unique has at most 64 bytes; this one has 66"),
        ("f x --dry-run --resume", "--resume and --resume-failed need --joblog FILE"),
        ("f x --dry-run --progress fancy", "'fancy' is no kind of progress"),
    ],
)
def test_2_for_options_that_make_no_sense(
    arguments: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 2 == exit_of("submit", *at(free_port()), *arguments.split())
    out, err = capfd.readouterr()
    assert "" == out
    assert reason in " ".join(err.split())


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("--whole -0 -- cat", "--whole, -0 and --delimiter exclude each other; choose one"),
        ("-0 --delimiter ; -- cat", "-n, -0 and --delimiter exclude each other; choose one"),
        ("-j 0 -- cat", "-j 0 needs -s: a private server has no other workers"),
        ("--resume -- cat", "--resume and --resume-failed need --joblog FILE"),
        (
            "--joblog /dev/null --resume --resume-failed -- cat",
            "--resume and --resume-failed exclude each other",
        ),
        ("--halt 1 -- cat", "'1' is not a rule for --halt"),
        ("--progress fancy -- cat", "'fancy' is no kind of progress"),
    ],
)
def test_2_for_a_run_that_makes_no_sense(
    arguments: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 2 == exit_of("run", *arguments.split())
    out, err = capfd.readouterr()
    assert "" == out
    assert reason in " ".join(err.split())


def test_a_unique_may_be_as_long_as_the_limit(server: ServerProcess, cat: str) -> None:
    assert Result(0, b"x", "") == submit(server, cat, "x", "-u", "k" * 64)


# -- input that cannot be read -----------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["-n"], ["-0"], ["--jsonl"]])
@pytest.mark.parametrize(
    ("unreadable", "reason"),
    [("missing", "no such file or directory"), ("folder", "is a directory")],
)
def test_66_before_anything_is_submitted(
    server: ServerProcess, options: list[str], unreadable: str, reason: str, tmp_path: Path
) -> None:
    """Though the first file could be read."""
    (tmp_path / "good").write_bytes(b'{"workload": "x"}\n')
    (tmp_path / "folder").mkdir()
    files = ["-f", str(tmp_path / "good"), "-f", str(tmp_path / unreadable)]
    function = f"batch-66-{unreadable}{''.join(options)}"
    result = submit(server, function, "-b", *options, *files)
    assert Result(66, b"", f"gear: cannot read {tmp_path}/{unreadable}: {reason}\n") == result
    assert (0, 0, 0) == counts(server.port, function)


@pytest.mark.parametrize(
    ("unreadable", "reason"),
    [("missing", "no such file or directory"), ("folder", "is a directory")],
)
def test_66_before_run_runs_anything(unreadable: str, reason: str, tmp_path: Path) -> None:
    (tmp_path / "good").write_bytes(b"x\n")
    (tmp_path / "folder").mkdir()
    files = ["--file", str(tmp_path / "good"), "--file", str(tmp_path / unreadable)]
    result = run(*files, "--", "cat")
    assert Result(66, b"", f"gear: cannot read {tmp_path}/{unreadable}: {reason}\n") == result


def test_no_server_is_said_before_anything_is_read() -> None:
    with Gear("submit", *at(free_port()), "f", "-n") as client:
        wait_until(lambda: "cannot connect" in client.said())
        assert (69, b"") == client.result()[:2]
