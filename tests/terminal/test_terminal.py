"""What a person at a terminal sees.  The rest is tested without one."""

from __future__ import annotations

import re
import signal
import uuid
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from gearcli.cli.commands import COMMANDS
from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, counts, exists, gear_worker, marked, pid_in, run_gear
from tests.support import ServerProcess, Wire, gear_serve, wait_until
from tests.terminal.screens import end_of, terminal


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


def without_colour(text: str) -> str:
    """A text without the sequences that set colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_ctrl_c_says_what_becomes_of_the_job(server: ServerProcess) -> None:
    with terminal("submit", *at(server.port), "never", "x") as child:
        wait_until(lambda: counts(server.port, "never")[0] == 1)
        child.sendintr()
        said, status = end_of(child)
    assert 130 == status
    assert "gear: jobs that wait for a worker are dropped, running ones and background ones go on" in said
    assert said.endswith("gear: interrupted\r\n")
    wait_until(lambda: counts(server.port, "never")[0] == 0)


def test_ctrl_c_ends_a_run_and_leaves_nothing(tmp_path: Path) -> None:
    marker, folder = uuid.uuid4().hex, tmp_path / "tmp"
    folder.mkdir()
    script = f"echo $$ >{tmp_path}/started; exec sleep 1000"
    with terminal("run", "--", "sh", "-c", script, TMPDIR=str(folder), MARKER=marker) as child:
        child.sendline("record")
        pid_in(tmp_path / "started")
        child.sendintr()
        said, status = end_of(child)
    assert 130 == status
    assert said.endswith("gear: interrupted\r\n")
    wait_until(lambda: not [pid for pid in marked(marker) if exists(pid)])
    assert [] == list(folder.iterdir())


def test_a_run_answers_line_by_line() -> None:
    with terminal("run", "--", "tr", "a-z", "A-Z") as child:
        for word in ("one", "two"):
            child.sendline(word)
            child.expect_exact(f"{word.upper()}\r\n")
        child.sendeof()
        assert 0 == end_of(child)[1]


def test_closing_the_terminal_ends_a_run(tmp_path: Path) -> None:
    marker = uuid.uuid4().hex
    script = f"echo $$ >{tmp_path}/started; exec sleep 1000"
    with terminal("run", "--", "sh", "-c", script, MARKER=marker) as child:
        child.sendline("record")
        pid_in(tmp_path / "started")
        child.close(force=False)
    wait_until(lambda: not [pid for pid in marked(marker) if exists(pid)])


def test_a_missing_line_end_is_added(server: ServerProcess) -> None:
    with gear_worker(server.port, "cat", ["cat"]):
        for workload in ("hello", "hello\n"):
            with terminal("submit", *at(server.port), "cat", workload) as child:
                assert ("hello\r\n", 0) == end_of(child)


def test_a_terminal_is_not_read_as_a_workload(server: ServerProcess) -> None:
    with (
        gear_worker(server.port, "count", ["wc", "-c"]),
        terminal("submit", *at(server.port), "count") as child,
    ):
        assert ("0\r\n", 0) == end_of(child)


def test_status_is_a_table_that_marks_queues_without_worker(server: ServerProcess) -> None:
    with Wire(server.port) as client, gear_worker(server.port, "served", ["cat"]):
        client.ask(PacketType.SUBMIT_JOB_BG, b"stuck", b"", b"x")
        with terminal("status", *at(server.port), "stuck", "served") as child:
            said, status = end_of(child)
    rows = [line.split() for line in without_colour(said).splitlines()]
    assert 0 == status
    assert [
        ["FUNCTION", "QUEUED", "RUNNING", "WORKERS", "OLDEST"],
        ["served", "0", "0", "1", "-"],
        ["stuck", "1", "0", "0", "no", "worker"],
    ] == [rows[0], rows[1], rows[2][:4] + rows[2][5:]]
    assert "\x1b[1;31mno worker" in said


def test_no_colour_where_none_is_wanted(server: ServerProcess) -> None:
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, b"plain", b"", b"x")
        with terminal("status", *at(server.port), "plain", NO_COLOR="1") as child:
            said, _ = end_of(child)
    assert "no worker" in said
    assert "\x1b[31m" not in said
    assert ";31m" not in said


def test_a_hostile_name_cannot_reach_the_terminal(server: ServerProcess) -> None:
    name = b"evil-\x1b]0;owned\x07\x1b[2J\xe2\x80\xae[red]-name"
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, name, b"", b"x")
        with terminal("status", *at(server.port), "evil-*") as child:
            said, _ = end_of(child)
    assert "\\x1b]0;owned" in said
    assert "[red]-name" in said
    assert set() == {c for c in without_colour(said) if not c.isprintable()} - {"\r", "\n"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(command: str) -> None:
    with terminal(command, "--help") as child:
        said, status = end_of(child)
    assert 0 == status
    assert f"Usage: gear {command} [OPTIONS]" in without_colour(said)


def test_a_server_ends_with_ctrl_c() -> None:
    with terminal("serve", "-p", "0") as child:
        child.expect("listening on 127.0.0.1:[0-9]+\r\n")
        child.sendintr()
        assert 0 == end_of(child)[1]


def test_a_worker_says_a_line_for_each_job(server: ServerProcess) -> None:
    """With its duration and its outcome; -v says more."""
    script = "read n; exit $n"
    for options, begins in ([], 0), (["-v"], 2):
        with terminal("worker", *at(server.port), "-f", "lines", *options, "--", "sh", "-c", script) as child:
            wait_until(lambda: counts(server.port, "lines")[2] == 1)
            assert 1 == run_gear("submit", *at(server.port), "lines", "0\n", "3\n").status
            child.expect("failed after .*\r\n")
            said = child.before + child.after
            child.sendintr()
            assert 0 == end_of(child)[1]
        lines = [re.sub(r"H:\S+|\d+\.\d\d s", "#", line) for line in said.splitlines()]
        assert begins == lines.count("gear: lines # begins")
        assert ["gear: lines # done in #", "gear: lines # failed after #: sh exited with status 3"] == [
            line for line in lines if "begins" not in line
        ]


def test_a_worker_ends_with_ctrl_c_after_its_job(server: ServerProcess, tmp_path: Path) -> None:
    """The command is in a process group of its own, so that the terminal does not interrupt it."""
    script = f"echo $$ >{tmp_path}/started; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo done"
    arguments = ["worker", *at(server.port), "-f", "patient", "--", "sh", "-c", script]
    with terminal(*arguments) as child, Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB, b"patient", b"", b"")
        pid_in(tmp_path / "started")
        child.sendintr()
        child.expect_exact("stopping; 1 still running")
        (tmp_path / "go").touch()
        assert 0 == end_of(child)[1]
        type_, fields = client.packet()
    assert (PacketType.WORK_COMPLETE, b"done\n") == (type_, fields[1])


def test_ctrl_backslash_is_not_caught(server: ServerProcess) -> None:
    with terminal("submit", *at(server.port), "quit", "x") as child:
        wait_until(lambda: counts(server.port, "quit")[0] == 1)
        child.sendcontrol("\\")
        child.expect(pexpect.EOF)
        child.wait()
        assert signal.SIGQUIT == child.signalstatus
