"""Starting processes both ways: arguments, environment, group and signals, and what cannot be started."""

from __future__ import annotations

import errno
import os
import random
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from gearcli.worker.spawn import spawn
from tests.cli.driving import exists
from tests.worker import spawning
from tests.worker.spawning import BOTH_WAYS, FORKS, Limits, ran, shell

pytestmark = FORKS

at_home = spawning.at_home

# -- arguments and environment -----------------------------------------------------------

TELLS_ITS_ARGUMENTS = """
import os, sys
for each in map(os.fsencode, sys.argv[1:]):
    os.write(1, b"%d:%b" % (len(each), each))
"""

WICKED = [
    b"", b"-", b"--", b"-rf", b"--help", b"'", b'"', b"`id`", b"$(touch x)", b"; rm -rf x", b"a\nb", b"\n",
    b"*", b"~", b"%s", b"\\", b"\xff\xfe", b"\xc3", b"\xe2\x82\xac", b"|", b"&", b"a=b", b">x", b"#", b" ",
]  # fmt: skip


def any_argument(chance: random.Random) -> str | bytes:
    """An argument that a shell would take apart, or any bytes, as bytes or as Python has them in texts."""
    parts = chance.choices(WICKED, k=chance.randrange(3))
    noise = bytes(chance.choices(range(1, 256), k=chance.randrange(30)))
    raw = b"".join([*parts, noise][:: chance.choice([1, -1])]) if chance.random() < 0.8 else b""
    return raw if chance.random() < 0.5 else os.fsdecode(raw)


def test_five_thousand_arguments_arrive_as_they_were_given() -> None:
    chance = random.Random(5000)
    for number in range(100):
        arguments = [any_argument(chance) for _ in range(50)]
        limits = {"core": 0} if number % 2 else None
        said, status = ran(sys.executable, "-SIc", TELLS_ITS_ARGUMENTS, *arguments, limits=limits)
        expected = b"".join(b"%d:%b" % (len(each), each) for each in map(os.fsencode, arguments))
        assert (expected, 0) == (said, status), f"arguments {arguments!r}"


@BOTH_WAYS
def test_the_name_of_the_program_is_an_argument_like_others(limits: Limits, tmp_path: Path) -> None:
    with open(tmp_path / "said", "wb") as file:
        pid = spawn("/bin/sh", ["-a name", "-c", 'echo "$0"'], {}, {1: file.fileno()}, limits=limits)
    assert (pid, 0) == os.waitpid(pid, 0)
    assert "-a name\n" == (tmp_path / "said").read_text()


@BOTH_WAYS
def test_the_environment_is_the_one_given(limits: Limits) -> None:
    given = {"ONLY": "this\nand $(that) \udcff"}
    said, _ = ran("/usr/bin/env", "-0", limits=limits, environment=given)
    assert os.fsencode(f"ONLY={given['ONLY']}\0") == said


@BOTH_WAYS
@pytest.mark.parametrize("argument", ["a\0b", b"a\0b"])
def test_a_nul_cannot_be_in_an_argument(argument: str | bytes, limits: Limits) -> None:
    with pytest.raises(OSError, match="an argument has a NUL in it") as caught:
        ran("/bin/true", argument, limits=limits)
    assert errno.EINVAL == caught.value.errno


@BOTH_WAYS
@pytest.mark.parametrize(
    ("argument", "variables"),
    [("\ud800", {}), ("", {"A": "a\0b"}), ("", {"": "x"}), ("", {"A": "\ud800"})],
    ids=["surrogate", "NUL in a variable", "no name", "surrogate in a variable"],
)
def test_what_no_command_can_be_given_is_an_os_error(
    argument: str, variables: Mapping[str, str], limits: Limits
) -> None:
    with pytest.raises(OSError, match="cannot be passed on to a command") as caught:
        ran("/bin/true", argument, limits=limits, environment=variables)
    assert errno.EINVAL == caught.value.errno


@BOTH_WAYS
@pytest.mark.parametrize("argv", [[], [""]])
def test_a_command_needs_a_name(argv: Sequence[str], limits: Limits) -> None:
    with pytest.raises(OSError, match="a command needs a name"):
        spawn("/bin/true", argv, {}, {}, limits=limits)


# -- what cannot be started --------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize(
    ("program", "number"),
    [("/no/such/program", errno.ENOENT), ("/etc/passwd", errno.EACCES), ("/etc", errno.EACCES)],
)
def test_a_program_that_cannot_be_executed_is_an_error(program: str, number: int, limits: Limits) -> None:
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        ran(program, limits=limits)
    assert (number, program) == (caught.value.errno, caught.value.filename)


@BOTH_WAYS
def test_a_program_that_is_not_there_is_not_found(limits: Limits) -> None:
    with pytest.raises(FileNotFoundError):
        ran("/no/such/program", limits=limits)


@BOTH_WAYS
def test_arguments_that_are_too_long_are_an_error(limits: Limits) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.E2BIG)) as caught:
        ran("/bin/true", "x" * (64 << 20), limits=limits)
    assert errno.E2BIG == caught.value.errno


@BOTH_WAYS
def test_a_program_that_cannot_be_started_leaves_nothing(
    limits: Limits, at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No descriptor, no process, and nobody but us returns from the call."""
    forks: list[int] = []
    fork = os.fork

    def noted_fork() -> int:
        pid = fork()
        forks.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", noted_fork)
    before = os.listdir("/proc/self/fd")
    pipes = {0: 1, 1: 2, 2: 1}
    for program, folder in (("/no/such/program", str(at_home)), ("/bin/true", "/no/such/folder")):
        with pytest.raises(FileNotFoundError):
            spawn(program, ["true"], {}, pipes, folder=folder, limits=limits)
        with open(at_home / "returned", "a") as file:
            file.write("once\n")
    assert before == os.listdir("/proc/self/fd")
    assert [False] * (2 if limits else 0) == [exists(pid) for pid in forks]
    assert "once\n" * 2 == (at_home / "returned").read_text()


# -- process group and signals -----------------------------------------------------------


@BOTH_WAYS
def test_the_process_has_a_group_of_its_own(limits: Limits) -> None:
    pid = spawn("/bin/sleep", ["sleep", "1000"], os.environ, {}, limits=limits)
    try:
        assert pid == os.getpgid(pid)
        assert os.getsid(0) == os.getsid(pid)
    finally:
        os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def signals(line: bytes, limits: Limits) -> set[int]:
    """The signals that a line of /proc/PID/status names in a child."""
    said, _ = ran("/bin/cat", "/proc/self/status", limits=limits)
    (found,) = [row.split()[1] for row in said.splitlines() if row.startswith(line + b":")]
    return {number for number in range(1, 65) if int(found, 16) >> (number - 1) & 1}


@BOTH_WAYS
def test_signals_that_python_ignores_are_not_ignored(limits: Limits) -> None:
    assert set() == signals(b"SigIgn", limits) & {signal.SIGPIPE, signal.SIGXFSZ}
    assert b"y\n" == shell("yes | head -n 1", limits)


@BOTH_WAYS
def test_signals_that_are_blocked_or_ignored_stay_so(limits: Limits) -> None:
    """As nohup(1) wants it."""
    before = signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        assert set() == signals(b"SigBlk", limits)
        assert signal.SIGUSR1 in signals(b"SigIgn", limits)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert set() == signal.pthread_sigmask(signal.SIG_BLOCK, [])


@BOTH_WAYS
def test_no_handler_of_ours_runs_in_the_child(limits: Limits, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that comes too early ends it, as it would the program."""
    handled: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: handled.append(number))
    setpgid = os.setpgid

    def signalled(pid: int, group: int) -> None:
        setpgid(pid, group)
        os.kill(os.getpid(), signal.SIGUSR1)

    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "setpgid", signalled)
            _, status = ran("/bin/sh", "-c", "kill -USR1 $$; sleep 1000", limits=limits)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert ([], -signal.SIGUSR1) == (handled, status)
