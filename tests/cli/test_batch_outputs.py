"""What comes of a batch, against a real server: tags, objects, job logs, folders of results, progress."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.batches import ends, files, objects, rows, run, submit
from tests.cli.driving import Gear, Result, at, counts, gear_worker, take_job
from tests.support import ServerProcess, Wire

# -- --tag, --json -----------------------------------------------------------------------


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


# -- --joblog, --results -----------------------------------------------------------------


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


# -- --progress --------------------------------------------------------------------------


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
