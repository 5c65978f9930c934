"""A child process and its pipes."""

from __future__ import annotations

import errno
import os
import select
import signal
from pathlib import Path

import pytest

from gearcli.errors import CommandError
from gearcli.worker.command import ERRORS, INPUT, OUTPUT, Command, close_on_execution, program_of
from tests.cli.driving import exists, pid_in
from tests.support import wait_until


def started(script: str, *, capture: bool = True) -> Command:
    return Command("/bin/sh", ["sh", "-c", script], os.environ, capture_stderr=capture)


def ran(script: str, workload: bytes = b"", *, capture: bool = True) -> tuple[bytes, bytes, int]:
    """A shell script's output, what it said on standard error, and its exit status."""
    command = started(script, capture=capture)
    command.give(workload, last=True)
    command.close_spent()
    return talk(command)


def talk(command: Command) -> tuple[bytes, bytes, int]:
    """Write and read until the command has closed its outputs."""
    said = {OUTPUT: b"", ERRORS: b""}
    while numbers := [number for number in said if number in command.pipes]:
        inputs = [command.pipes[INPUT]] if command.hungry else []
        outputs = [command.pipes[number] for number in numbers]
        readable, writable, _ = select.select(outputs, inputs, [])
        if writable:
            command.write()
            command.close_spent()
        for number in numbers:
            if command.pipes[number] in readable:
                said[number] += command.read(number)
    _, status = os.waitpid(command.pid, 0)
    command.close()
    return said[OUTPUT], said[ERRORS], os.waitstatus_to_exitcode(status)


def test_the_workload_goes_in_and_the_output_comes_out() -> None:
    assert (b"a\0b", b"", 0) == ran("cat", b"a\0b")


def test_an_empty_workload_is_an_empty_input() -> None:
    assert (b"0\n", b"", 0) == ran("wc -c")


def test_much_goes_both_ways() -> None:
    workload = bytes(range(256)) * 8192
    assert (workload, b"", 0) == ran("cat", workload)


def test_an_input_that_is_not_read_is_no_failure() -> None:
    assert (b"done\n", b"", 0) == ran("exec <&-; echo done", bytes(1 << 20))


def test_standard_error_has_a_pipe_of_its_own() -> None:
    assert (b"out\n", b"err\n", 3) == ran("echo err >&2; echo out; exit 3")


def test_standard_error_may_be_left_where_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert (b"", b"", 0) == ran("echo said >&2", capture=False)
    assert "said\n" == capfd.readouterr().err


def test_an_input_may_go_on() -> None:
    """What is given first is read before the second is there."""
    command = started("read one; echo $one; read two; echo $two")
    for record in (b"one\n", b"two\n"):
        command.give(record, last=False)
        select.select([command.pipes[OUTPUT]], [], [])
        assert record == command.read(OUTPUT)
    talk(command)


def test_what_is_in_the_pipes_at_the_end_counts() -> None:
    """Nobody reads before the command has ended."""
    command = started("seq 10000; echo err >&2")
    os.waitpid(command.pid, 0)
    assert (48894, b"err\n") == (len(command.read_rest(OUTPUT)), command.read_rest(ERRORS))
    command.close()


def test_pipes_that_a_grandchild_holds_are_left_to_it(tmp_path: Path) -> None:
    command = started(f"sleep 1000 & echo $! >{tmp_path}/pid; echo out")
    os.waitid(os.P_PID, command.pid, os.WEXITED | os.WNOWAIT)
    grandchild = pid_in(tmp_path / "pid")
    assert exists(grandchild)
    assert b"out\n" == command.read_rest(OUTPUT)
    command.kill()
    os.waitpid(command.pid, 0)
    command.close()
    wait_until(lambda: not exists(grandchild))


def test_a_command_can_be_killed() -> None:
    command = Command("/bin/sleep", ["sleep", "1000"], os.environ, capture_stderr=False)
    command.kill(signal.SIGTERM)
    _, status = os.waitpid(command.pid, 0)
    command.kill()  # a group that is gone is no error
    command.close()
    assert -signal.SIGTERM == os.waitstatus_to_exitcode(status)


def test_the_environment_is_the_one_given() -> None:
    command = Command("/usr/bin/env", ["env"], {"ONLY": "this"}, capture_stderr=False)
    assert b"ONLY=this\n" == talk(command)[0]


def test_the_name_of_the_program_is_an_argument_like_others() -> None:
    command = Command("/bin/sh", ["another name", "-c", 'echo "$0"'], os.environ, capture_stderr=False)
    assert b"another name\n" == talk(command)[0]


def test_signals_that_python_ignores_are_not_ignored() -> None:
    """`yes` ends when nobody reads it any more."""
    assert (b"y\n", b"", 0) == ran("yes | head -n 1")
    ignored = int(ran("grep SigIgn /proc/self/status")[0].split()[1], 16)
    assert [0, 0] == [ignored >> (number - 1) & 1 for number in (signal.SIGPIPE, signal.SIGXFSZ)]


def test_no_other_descriptor_is_inherited() -> None:
    """Not even one that this process was started with."""
    inherited = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        close_on_execution()
        assert b"0\n1\n2\n3\n4\n" == ran("ls /proc/self/fd")[0]  # the last is the folder itself
    finally:
        os.close(inherited)


def test_a_command_that_cannot_be_started_leaves_no_descriptor() -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError):
        Command("/no/such/program", ["program"], os.environ, capture_stderr=True)
    assert before == os.listdir("/proc/self/fd")


@pytest.mark.parametrize("there_are", [0, 1, 3])
def test_too_few_pipes_leave_no_descriptor(monkeypatch: pytest.MonkeyPatch, there_are: int) -> None:
    """Else a worker that has no more descriptors would lose some with each job that it tries."""
    pipes = [os.pipe() for _ in range(there_are)]

    def pipe() -> tuple[int, int]:
        if not pipes:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return pipes.pop()

    ends = [end for pair in pipes for end in pair]
    monkeypatch.setattr(os, "pipe", pipe)
    with pytest.raises(OSError, match="Too many open files"):
        started("true")
    assert [] == [end for end in ends if os.path.exists(f"/dev/fd/{end}")]


def test_a_program_that_is_not_there_cannot_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        Command("/no/such/program", ["program"], os.environ, capture_stderr=True)


# -- before anything is read ------------------------------------------------------------


@pytest.mark.parametrize("program", ["sh", "/bin/sh"])
def test_a_program_that_can_be_executed(program: str) -> None:
    assert "/bin/sh" == program_of([program, "-c", "no such thing"]).removeprefix("/usr")


@pytest.mark.parametrize("program", ["no-such-program", "/no/such/program", ""])
def test_a_program_that_is_not_found(program: str) -> None:
    with pytest.raises(CommandError, match="command not found") as caught:
        program_of([program])
    assert not caught.value.found


def test_a_program_that_is_not_executable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path):
        with pytest.raises(CommandError, match="it is not executable") as caught:
            program_of([str(path)])
        assert caught.value.found
