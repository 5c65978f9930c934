"""What is refused before anything is submitted, or only shown: --require-worker, --dry-run, wrong usage."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.batches import HEADER, objects, run, submit
from tests.cli.driving import Gear, Result, at, counts, exit_of, run_gear
from tests.support import ServerProcess, free_port, wait_until

# -- --require-worker, --dry-run ---------------------------------------------------------


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


# -- wrong usage -------------------------------------------------------------------------


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


# -- input that cannot be read -----------------------------------------------------------


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
