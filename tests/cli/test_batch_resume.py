"""A batch that goes on where an earlier one stopped: killed, cut short, or with failures."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.cli.batches import ends, files, numbers, run, submit, until
from tests.cli.driving import Gear, Result, at, gear_worker
from tests.support import ServerProcess, wait_until


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
