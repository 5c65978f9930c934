"""One job through one child process."""

from __future__ import annotations

import os
import select
import signal
from pathlib import Path

import pytest

from gearcli.errors import CommandError
from gearcli.worker.command import TAIL, Command, Outcome, close_on_execution, failure_of, program_of
from tests.cli.driving import exists, pid_in
from tests.support import wait_until


def ran(script: str, workload: bytes = b"", *, capture: bool = True) -> tuple[Outcome, bytes]:
    """A shell script's outcome, and all that it said on standard error."""
    command = Command("/bin/sh", ["sh", "-c", script], workload, os.environ, capture_stderr=capture)
    said = talk(command)
    _, status = os.waitpid(command.pid, 0)
    outcome, rest = command.ended(status)
    return outcome, said + rest


def talk(command: Command) -> bytes:
    """Write and read until the command has closed its outputs; what came on standard error."""
    said = b""
    while outputs := [fd for fd in (command.stdout, command.stderr) if fd is not None]:
        inputs = [] if command.stdin is None else [command.stdin]
        readable, writable, _ = select.select(outputs, inputs, [])
        if writable:
            command.write()
            command.close_spent()
        for descriptor in readable:
            said += command.read(descriptor)
    return said


def test_the_workload_goes_in_and_the_output_comes_out() -> None:
    assert (Outcome(b"a\0b", b"", ""), b"") == ran("cat", b"a\0b")


def test_an_empty_workload_is_an_empty_input() -> None:
    assert (Outcome(b"0\n", b"", ""), b"") == ran("wc -c")


def test_much_goes_both_ways() -> None:
    workload = bytes(range(256)) * 8192
    assert workload == ran("cat", workload)[0].output


def test_an_input_that_is_not_read_is_no_failure() -> None:
    assert (Outcome(b"done\n", b"", ""), b"") == ran("exec <&-; echo done", bytes(1 << 20))


def test_standard_error_is_passed_on_and_its_end_is_kept() -> None:
    outcome, said = ran("seq 2000 >&2; echo out")
    everything = b"".join(b"%d\n" % number for number in range(1, 2001))
    assert (Outcome(b"out\n", everything[-TAIL:], ""), everything) == (outcome, said)


def test_standard_error_may_be_left_where_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    assert (Outcome(b"", b"", ""), b"") == ran("echo said >&2", capture=False)
    assert "said\n" == capfd.readouterr().err


def test_what_is_in_the_pipes_at_the_end_counts() -> None:
    """Nobody reads before the command has ended."""
    command = Command("/bin/sh", ["sh", "-c", "echo out; echo err >&2"], b"", os.environ, capture_stderr=True)
    _, status = os.waitpid(command.pid, 0)
    assert (Outcome(b"out\n", b"err\n", ""), b"err\n") == command.ended(status)


def test_pipes_that_a_grandchild_holds_are_left_to_it(tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! >{tmp_path}/pid; echo out"
    command = Command("/bin/sh", ["sh", "-c", script], b"", os.environ, capture_stderr=True)
    os.waitid(os.P_PID, command.pid, os.WEXITED | os.WNOWAIT)
    grandchild = pid_in(tmp_path / "pid")
    assert exists(grandchild)
    command.kill()
    _, status = os.waitpid(command.pid, 0)
    assert (Outcome(b"out\n", b"", ""), b"") == command.ended(status)
    wait_until(lambda: not exists(grandchild))


def test_a_command_can_be_killed() -> None:
    command = Command("/bin/sleep", ["sleep", "1000"], b"", os.environ, capture_stderr=False)
    command.kill(signal.SIGTERM)
    _, status = os.waitpid(command.pid, 0)
    command.kill()  # a group that is gone is no error
    assert "was killed by SIGTERM (signal 15)" == command.ended(status)[0].failure


def test_the_environment_is_the_one_given() -> None:
    command = Command("/usr/bin/env", ["env"], b"", {"ONLY": "this"}, capture_stderr=False)
    talk(command)
    _, status = os.waitpid(command.pid, 0)
    assert b"ONLY=this\n" == command.ended(status)[0].output


def test_the_name_of_the_program_is_an_argument_like_others() -> None:
    command = Command("/bin/sh", ["another name", "-c", 'echo "$0"'], b"", os.environ, capture_stderr=False)
    talk(command)
    _, status = os.waitpid(command.pid, 0)
    assert b"another name\n" == command.ended(status)[0].output


def test_signals_that_python_ignores_are_not_ignored() -> None:
    """`yes` ends when nobody reads it any more."""
    assert (Outcome(b"y\n", b"", ""), b"") == ran("yes | head -n 1")
    ignored = int(ran("grep SigIgn /proc/self/status")[0].output.split()[1], 16)
    assert [0, 0] == [ignored >> (number - 1) & 1 for number in (signal.SIGPIPE, signal.SIGXFSZ)]


def test_no_other_descriptor_is_inherited() -> None:
    """Not even one that this process was started with."""
    inherited = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    try:
        close_on_execution()
        assert b"0\n1\n2\n3\n4\n" == ran("ls /proc/self/fd")[0].output  # the last is the folder itself
    finally:
        os.close(inherited)


def test_a_command_that_cannot_be_started_leaves_no_descriptor() -> None:
    before = os.listdir("/proc/self/fd")
    with pytest.raises(FileNotFoundError):
        Command("/no/such/program", ["program"], b"x", os.environ, capture_stderr=True)
    assert before == os.listdir("/proc/self/fd")


def test_a_program_that_is_not_there_cannot_be_started() -> None:
    with pytest.raises(FileNotFoundError):
        Command("/no/such/program", ["program"], b"", os.environ, capture_stderr=True)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, ""),
        (1, "exited with status 1"),
        (255, "exited with status 255"),
        (-9, "was killed by SIGKILL (signal 9)"),
        (-63, "was killed by a signal (signal 63)"),
    ],
)
def test_failures_in_words(code: int, words: str) -> None:
    assert words == failure_of(code)


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
