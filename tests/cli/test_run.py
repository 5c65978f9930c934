"""`gear run`: what it prints, and that nothing is left of it however it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.driving import (
    Gear,
    Result,
    asleep,
    at,
    counts,
    exists,
    gear_worker,
    marked,
    parent,
    pid_in,
    run_gear,
)
from tests.support import ServerProcess, under_nohup, wait_until


def run(*arguments: str, stdin: bytes = b"") -> Result:
    """Run `gear run` to its end."""
    return run_gear("run", *arguments, stdin=stdin)


# -- what goes in and what comes out ---------------------------------------------------


def test_the_example_of_the_readme() -> None:
    assert Result(0, b"HELLO\nWORLD\n", "") == run("--", "tr", "a-z", "A-Z", stdin=b"hello\nworld\n")


def test_no_input_is_no_record() -> None:
    assert Result(0, b"", "") == run("--", "cat")


def test_an_empty_line_is_a_record() -> None:
    assert Result(0, b"1\n1\n1\n", "") == run("--", "sh", "-c", "wc -l", stdin=b"a\n\nb\n")


def test_a_last_line_without_its_end_is_a_record() -> None:
    assert Result(0, b"a\nb\n", "") == run("--", "cat", stdin=b"a\nb")


def test_results_keep_the_order_of_the_input(tmp_path: Path) -> None:
    """The first record ends last: it waits until the second has been seen."""
    script = (
        f"read n; [ $n = 1 ] && until [ -e {tmp_path}/2 ]; do sleep 0.01; done; : >{tmp_path}/$n; echo $n"
    )
    assert Result(0, b"1\n2\n3\n", "") == run("-j", "2", "--", "sh", "-c", script, stdin=b"1\n2\n3\n")


def test_results_come_as_they_are_ready_without_order(tmp_path: Path) -> None:
    script = f"read n; [ $n = 1 ] && until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo $n"
    with Gear("run", "-j", "2", "--no-keep-order", "--", "sh", "-c", script) as running:
        running.write(b"1\n2\n")
        assert b"2\n" == running.line()
        (tmp_path / "go").touch()
        assert Result(0, b"1\n", "") == running.result()


def test_results_leave_while_the_input_is_open() -> None:
    with Gear("run", "--", "cat") as running:
        for line in (b"one\n", b"two\n"):
            running.write(line)
            assert line == running.line()
        assert Result(0, b"", "") == running.result()


def test_as_many_commands_at_a_time_as_told(tmp_path: Path) -> None:
    """Each waits until all three run."""
    script = f"touch {tmp_path}/$$; until [ $(ls {tmp_path} | wc -l) -ge 3 ]; do sleep 0.01; done"
    assert 0 == run("-j", "3", "--", "sh", "-c", script, stdin=b"1\n2\n3\n").status


def test_the_whole_input_is_one_record() -> None:
    assert Result(0, b"6\n", "") == run("--whole", "--", "wc", "-c", stdin=b"a\nb\0c\n")


def test_the_whole_input_comes_out_unchanged() -> None:
    workload = bytes(range(256)) * 40
    assert Result(0, workload, "") == run("--whole", "--", "cat", stdin=workload)


def test_records_that_end_with_nul() -> None:
    assert Result(0, b"a\nb\0c\0", "") == run("-0", "--", "cat", stdin=b"a\nb\0c\0")


def test_records_that_end_with_a_text() -> None:
    assert Result(0, b"a;;b;;", "") == run("--delimiter", ";;", "--", "cat", stdin=b"a;;b")


def test_a_record_goes_to_the_command_with_its_delimiter() -> None:
    assert Result(0, b"2\n", "") == run("--", "wc", "-c", stdin=b"x\n")


def test_chop_takes_the_delimiter_away() -> None:
    assert Result(0, b"1\n", "") == run("--chop", "--", "wc", "-c", stdin=b"x\n")


def test_chopped_results_are_told_apart() -> None:
    assert Result(0, b"x\ny\n", "") == run("--chop", "--", "cat", stdin=b"x\ny\n")


def test_raw_adds_nothing() -> None:
    assert Result(0, b"xy", "") == run("--chop", "--raw", "--", "cat", stdin=b"x\ny\n")


def test_records_from_files(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"1\n2")
    (tmp_path / "two").write_bytes(b"3\n")
    files = ["--file", str(tmp_path / "one"), "--file", str(tmp_path / "two")]
    assert Result(0, b"1\n2\n3\n", "") == run(*files, "--", "cat", stdin=b"not read\n")


def test_more_records_than_may_be_in_flight() -> None:
    lines = b"".join(b"%d\n" % number for number in range(300))
    assert Result(0, lines, "") == run("-j", "2", "--", "cat", stdin=lines)


def test_options_of_the_command_are_its_own() -> None:
    assert Result(0, b"a\n", "") == run("sed", "-n", "-e", "p", stdin=b"a\n")


def test_a_failing_record_does_not_stop_the_others() -> None:
    result = run("--", "grep", "-v", "bad", stdin=b"a\nbad\nc\n")
    assert Result(1, b"a\nc\n", "gear: grep (record 2): grep exited with status 1\n"
                  "gear: grep (record 2) failed\n") == result  # fmt: skip


def test_standard_error_arrives_once() -> None:
    result = run("--", "sh", "-c", "echo said >&2", stdin=b"x\n")
    assert Result(0, b"\n", "said\n") == result


def test_a_missing_program_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with Gear("run", "--", "no-such-program", environ={"TMPDIR": str(tmp_path)}) as running:
        wait_until(lambda: "command not found" in running.said())
        assert 127 == running.result().status
    assert [] == list(tmp_path.iterdir())


def test_the_servers_of_the_environment_are_ignored() -> None:
    servers = dict.fromkeys(["GEARMAN_SERVERS", "GEARMAN_SERVER"], "no-such-host.invalid")
    environ = {**servers, "GEAR_CONTEXT": "unknown", "GEARMAND_CA_CERTIFICATE": "/no/such/file"}
    assert Result(0, b"x\n", "") == run_gear("run", "--", "cat", stdin=b"x\n", environ=environ)


def test_with_a_server_what_is_configured_for_it_counts(server: ServerProcess, tmp_path: Path) -> None:
    result = run_gear("run", *at(server.port), "--", "cat", environ={"GEAR_CONTEXT": "unknown"})
    assert (78, True) == (result.status, "has no context 'unknown'" in result.err)
    (tmp_path / "gear").mkdir()
    (tmp_path / "gear/config.toml").write_text("[context.bare]\nconnect-timeout = 3\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "GEARMAN_SERVERS": f"127.0.0.1:{server.port}"}
    result = run_gear("run", "--context", "bare", "--", "cat", stdin=b"x\n", environ=environ)
    assert (0, b"x\n") == result[:2]
    assert result.err.startswith(
        f"gear: other machines can join with: gear worker -s 127.0.0.1:{server.port} "
    )


# -- a public server -----------------------------------------------------------------------


def test_with_a_server_its_own_workers_work_there(server: ServerProcess) -> None:
    result = run(*at(server.port), "--", "tr", "a-z", "A-Z", stdin=b"x\ny\n")
    assert (0, b"X\nY\n") == result[:2]
    assert "other machines can join with: gear worker -s " in result.err


def test_with_a_server_the_work_can_be_left_to_others(server: ServerProcess) -> None:
    with gear_worker(server.port, "shared", ["tr", "a-z", "A-Z"]):
        arguments = [*at(server.port), "-f", "shared", "-j", "0", "--", "cat"]
        assert Result(0, b"X\nY\n", "") == run(*arguments, stdin=b"x\ny\n")


def test_other_machines_can_join(server: ServerProcess, tmp_path: Path) -> None:
    """Its only worker is busy with the first record, so the second one is done elsewhere."""
    script = f"read n; [ $n = 1 ] && until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo here $n"
    options = ["--no-keep-order", "-j", "1", "-f", "joined", *at(server.port)]
    with Gear("run", *options, "--", "sh", "-c", script) as running:
        running.write(b"1\n")
        wait_until(lambda: counts(server.port, "joined")[1] == 1)
        with gear_worker(server.port, "joined", ["sed", "s/^/there /"]):
            running.write(b"2\n")
            assert b"there 2\n" == running.line()
        (tmp_path / "go").touch()
        assert Result(0, b"here 1\n", "") == running.result()


# -- nothing is left -------------------------------------------------------------------------


class Endless:
    """A `gear run` whose two commands run for ever, each with a child of its own."""

    def __init__(self, running: Gear, folder: Path, marker: str, commands: list[int]) -> None:
        self.running = running
        self.commands = commands
        self.worker = parent(commands[0])
        (self.server,) = {pid for pid in marked(marker) if parent(pid) == running.pid and pid != self.worker}
        self._folder = folder
        self._marker = marker

    def nothing_is_left(self) -> bool:
        """Wait until every process and file is gone; fails if one stays."""
        wait_until(lambda: not [pid for pid in marked(self._marker) if exists(pid)])
        wait_until(lambda: not list(self._folder.iterdir()))
        return True


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[Endless]:
    """What is left of it is found by its environment and its TMPDIR."""
    marker, folder = uuid.uuid4().hex, tmp_path / "tmp"
    folder.mkdir()
    script = f"read n; sleep 1000 & echo $$ >{tmp_path}/$n; wait"
    environ = {"TMPDIR": str(folder), "MARKER": marker}
    try:
        with Gear("run", "-j", "2", "--", "sh", "-c", script, environ=environ) as running:
            running.write(b"1\n2\n")
            commands = [pid_in(tmp_path / "1"), pid_in(tmp_path / "2")]
            endless = Endless(running, folder, marker, commands)
            wait_until(lambda: asleep(endless.worker))  # it has told the guardian of its commands
            yield endless
    finally:
        for pid in marked(marker):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_nothing_is_left_of_a_good_end(tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    environ = {"TMPDIR": str(tmp_path), "MARKER": marker}
    assert 0 == run_gear("run", "--", "cat", stdin=b"x\n", environ=environ).status
    assert ([], []) == (marked(marker), list(tmp_path.iterdir()))


def test_nothing_is_left_of_processes_that_a_command_left(tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    script = "sleep 1000 & echo done"
    environ = {"MARKER": marker}
    result = run_gear("run", "--", "sh", "-c", script, stdin=b"x\n", environ=environ)
    assert Result(0, b"done\n", "") == result
    wait_until(lambda: not marked(marker))


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_nothing_is_left_after_a_signal(endless: Endless, number: signal.Signals, status: int) -> None:
    endless.running.signal(number)
    assert (status, b"") == endless.running.result()[:2]
    assert endless.nothing_is_left()


def test_under_nohup_it_goes_on(tmp_path: Path) -> None:
    script = f"read n; touch {tmp_path}/begun; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo $n"
    with under_nohup(), Gear("run", "--", "sh", "-c", script) as running:
        running.write(b"1\n")
        wait_until((tmp_path / "begun").exists)
        running.signal(signal.SIGHUP)
        (tmp_path / "go").touch()
        assert Result(0, b"1\n", "") == running.result()


def test_nothing_is_left_when_it_is_killed(endless: Endless) -> None:
    endless.running.signal(signal.SIGKILL)
    assert -signal.SIGKILL == endless.running.result().status
    assert endless.nothing_is_left()


def test_nothing_is_left_when_a_command_is_killed(endless: Endless) -> None:
    for command in endless.commands:
        os.kill(command, signal.SIGKILL)
    result = endless.running.result()
    assert (1, b"") == result[:2]
    assert "gear: sh (record 1): sh was killed by SIGKILL (signal 9)\n" in result.err
    assert endless.nothing_is_left()


def test_nothing_is_left_when_its_workers_are_killed(endless: Endless) -> None:
    os.kill(endless.worker, signal.SIGKILL)
    words = (
        "gear: 2 records (1-2) are without an answer, and may have been done\n"
        "gear: the workers of this run have ended\n"
    )
    assert Result(69, b"", words) == endless.running.result()
    assert endless.nothing_is_left()


def test_nothing_is_left_when_its_server_is_killed(endless: Endless) -> None:
    os.kill(endless.server, signal.SIGKILL)
    result = endless.running.result()
    assert (69, b"") == result[:2]
    assert endless.nothing_is_left()


def test_nothing_is_left_when_all_of_it_is_killed(endless: Endless) -> None:
    """Except for the guardian of the commands, which is not of the worker's session."""
    for pid in (endless.server, endless.worker, endless.running.pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not [pid for pid in endless.commands if exists(pid)])
