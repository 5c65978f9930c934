"""Starting processes, both ways: by posix_spawn, and with limits by a fork."""

from __future__ import annotations

import errno
import mmap
import os
import random
import resource
import select
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from gearcli.worker.command import close_on_execution
from gearcli.worker.spawn import spawn
from tests.cli.driving import exists
from tests.support import DEADLINE

# From 3.12 on Python warns where there are threads; those are of pytest-xdist, the worker has none.
pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

BOTH_WAYS = pytest.mark.parametrize("limits", [None, {"core": 0}], ids=["posix_spawn", "fork"])

Limits = Mapping[str, int] | None


def ran(
    program: str,
    *arguments: str | bytes,
    limits: Limits = None,
    folder: str | None = None,
    environment: Mapping[str, str] = os.environ,
) -> tuple[bytes, int]:
    """What a program writes to its standard output, and its exit status (negative: a signal)."""
    reading, writing = os.pipe()
    with open(reading, "rb") as output:
        try:
            argv = [program, *arguments]
            pid = spawn(program, argv, environment, {1: writing}, folder=folder, limits=limits)
        finally:
            os.close(writing)
        said = read_to_the_end(pid, output.fileno())
    _, status = os.waitpid(pid, 0)
    return said, os.waitstatus_to_exitcode(status)


def read_to_the_end(pid: int, descriptor: int) -> bytes:
    """All that comes on a descriptor; a process that keeps us waiting is ended."""
    said = b""
    while select.select([descriptor], [], [], DEADLINE)[0]:
        part = os.read(descriptor, 1 << 16)
        if not part:
            return said
        said += part
    os.killpg(pid, signal.SIGKILL)
    return said


def shell(script: str, limits: Limits = None) -> bytes:
    """What a shell script writes to its standard output."""
    said, status = ran("/bin/sh", "-c", script, limits=limits)
    assert 0 == status
    return said


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory of our own."""
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert str(tmp_path) == os.getcwd()


# -- arguments and environment ---------------------------------------------------------------

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


# -- what cannot be started ----------------------------------------------------------------


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


# -- descriptors ---------------------------------------------------------------------------


def files(folder: Path, count: int) -> list[int]:
    """Descriptors of so many new files, which are called by numbers."""
    return [os.open(folder / str(number), os.O_RDWR | os.O_CREAT, 0o600) for number in range(count)]


@BOTH_WAYS
def test_no_other_descriptor_reaches_the_child(limits: Limits) -> None:
    """Other than the standard ones, which it has unless they are mapped, and the folder that it opens."""
    close_on_execution()  # whoever started the tests may have left some
    kept = [os.open(os.devnull, os.O_RDONLY) for _ in range(3)]
    try:
        assert b"0\n1\n2\n3\n" == shell("ls /dev/fd", limits)
        reading, writing = os.pipe()
        pid = spawn("/bin/ls", ["ls", "/dev/fd"], {}, {1: writing, 7: kept[0]}, limits=limits)
        os.close(writing)
        with open(reading, "rb") as output:
            assert b"0\n1\n2\n3\n7\n" == read_to_the_end(pid, output.fileno())
        os.waitpid(pid, 0)
    finally:
        for descriptor in kept:
            os.close(descriptor)


@BOTH_WAYS
@pytest.mark.parametrize(
    "arrangement",
    [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0), (0, 0, 0), (1, 1, 0), (2, 2, 1)],
    ids=lambda arrangement: "".join(map(str, arrangement)),
)
@pytest.mark.parametrize("backwards", [False, True])
def test_descriptors_may_change_places(
    arrangement: Sequence[int], backwards: bool, limits: Limits, tmp_path: Path
) -> None:
    """The child's numbers are those that we have, in any order."""
    ours = files(tmp_path, 3)
    theirs = list(zip(ours, (ours[each] for each in arrangement), strict=True))
    script = "; ".join(f"readlink /proc/self/fd/{number}" for number in ours) + "; true"
    try:
        pipes = dict([*theirs[:: -1 if backwards else 1], (1, os.dup(ours[0]))])
        pid = spawn("/bin/sh", ["sh", "-c", script], os.environ, pipes, limits=limits)
        os.close(pipes[1])
        assert (pid, 0) == os.waitpid(pid, 0)
        inherited = [not os.get_inheritable(each) for each in ours]
        said = (tmp_path / "0").read_text().splitlines()
    finally:
        for descriptor in ours:
            os.close(descriptor)
    assert [str(tmp_path / str(number)) for number in arrangement] == said
    assert [True] * 3 == inherited


@BOTH_WAYS
def test_any_free_number_may_be_the_childs(limits: Limits, tmp_path: Path) -> None:
    """Also those that a pipe or a folder that is opened for the start would get."""
    (ours,) = files(tmp_path, 1)
    numbers = range(ours + 1, ours + 7)
    script = "; ".join(f"readlink /proc/self/fd/{number} >&2" for number in numbers)
    try:
        pipes = {2: ours, **dict.fromkeys(numbers, ours)}
        argv = ["sh", "-c", script]
        pid = spawn("/bin/sh", argv, os.environ, pipes, folder=str(tmp_path), limits=limits)
        assert (pid, 0) == os.waitpid(pid, 0)
    finally:
        os.close(ours)
    assert [str(tmp_path / "0")] * 6 == (tmp_path / "0").read_text().splitlines()
    assert [] == [number for number in numbers if exists_here(number)]


def exists_here(descriptor: int) -> bool:
    """Whether this process has a descriptor."""
    return os.path.lexists(f"/proc/self/fd/{descriptor}")


@BOTH_WAYS
def test_a_descriptor_that_is_not_open_is_an_error(limits: Limits) -> None:
    nobodys = resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 1
    for pipes in ({1: nobodys}, {1: nobodys, nobodys: 1}):
        with pytest.raises(OSError, match=os.strerror(errno.EBADF)):
            spawn("/bin/true", ["true"], {}, pipes, limits=limits)


# -- folder --------------------------------------------------------------------------------


@BOTH_WAYS
def test_the_folder_is_the_childs_alone(limits: Limits, at_home: Path) -> None:
    folder = at_home / "elsewhere"
    folder.mkdir()
    said, _ = ran("/bin/pwd", "-P", limits=limits, folder=str(folder))
    assert os.fsencode(folder) + b"\n" == said
    (folder / "program").symlink_to("/bin/pwd")
    said, _ = ran("./program", "-P", limits=limits, folder="elsewhere")
    assert os.fsencode(folder) + b"\n" == said


@BOTH_WAYS
def test_a_folder_that_is_missing_is_not_found(limits: Limits, at_home: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        ran("/bin/true", limits=limits, folder="missing")
    assert "missing" == caught.value.filename


@BOTH_WAYS
def test_a_program_that_is_missing_leaves_us_where_we_are(limits: Limits, at_home: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ran("/no/such/program", limits=limits, folder="/")


@BOTH_WAYS
def test_a_working_directory_that_has_vanished_is_no_obstacle(
    limits: Limits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vanished = tmp_path / "vanished"
    vanished.mkdir()
    monkeypatch.chdir(vanished)
    vanished.rmdir()
    assert b"/\n" == ran("/bin/pwd", "-P", limits=limits, folder="/")[0]
    with pytest.raises(FileNotFoundError):
        os.getcwd()


@pytest.mark.parametrize("refused", ["open", "fchdir"])
def test_a_working_directory_without_a_way_back_is_not_left(
    refused: str, at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    before = os.listdir("/proc/self/fd")
    with monkeypatch.context() as patch:
        patch.setattr(os, refused, refuse)
        assert b"/\n" == ran("/bin/pwd", "-P", folder="/")[0]
    assert before == os.listdir("/proc/self/fd")


# -- process group and signals -----------------------------------------------------------------


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


# -- limits --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "row"),
    [
        ({"cpu": 7}, b"Max cpu time              7                    8                    seconds"),
        ({"memory": 1 << 29}, b"Max address space         536870912            536870912            bytes"),
        ({"file": 65536}, b"Max file size             65536                65536                bytes"),
        ({"files": 64}, b"Max open files            64                   64                   files"),
        ({"processes": 99}, b"Max processes             99                   99                   processes"),
        ({"core": 0}, b"Max core file size        0                    0                    bytes"),
    ],
    ids=str,
)
def test_limits_are_in_effect_in_the_child_and_not_here(limits: Mapping[str, int], row: bytes) -> None:
    with open("/proc/self/limits", "rb") as file:
        before = file.read()
    said, _ = ran("/bin/cat", "/proc/self/limits", limits=limits)
    assert row in [line.strip() for line in said.splitlines()]
    with open("/proc/self/limits", "rb") as file:
        assert before == file.read()


def test_a_shell_knows_its_limits() -> None:
    assert b"64\n" == shell("ulimit -n", {"files": 64})


def test_a_limit_of_file_size_ends_a_writer(tmp_path: Path) -> None:
    script = 'exec head -c 100000 /dev/zero >"$0"'
    said, status = ran("/bin/sh", "-c", script, str(tmp_path / "file"), limits={"file": 4096})
    assert (b"", -signal.SIGXFSZ, 4096) == (said, status, (tmp_path / "file").stat().st_size)


def test_a_limit_of_processor_time_ends_who_computes() -> None:
    assert (b"", -signal.SIGXCPU) == ran("/bin/sh", "-c", "while :; do :; done", limits={"cpu": 1})


def test_a_limit_of_processor_time_ends_also_who_does_not_listen() -> None:
    script = "trap '' XCPU; while :; do :; done"
    assert (b"", -signal.SIGKILL) == ran("/bin/sh", "-c", script, limits={"cpu": 1})


def test_a_limit_of_memory_may_be_less_than_the_worker_has() -> None:
    """Its arguments are passed on all the same."""
    much = mmap.mmap(-1, 1 << 30)  # it is never touched, and so costs nothing
    arguments = [*["x" * 120_000] * 10, *map(str, range(2000))]
    said, status = ran("/bin/echo", "-n", *arguments, limits={"memory": 64 << 20})
    assert (" ".join(arguments).encode(), 0) == (said, status)
    much.close()


def test_more_memory_than_the_limit_cannot_be_had() -> None:
    script = "try: bytearray(1 << 30)\nexcept MemoryError: print('no more')"
    assert (b"no more\n", 0) == ran(sys.executable, "-SIc", script, limits={"memory": 512 << 20})


def test_a_limit_that_cannot_be_set_is_an_error() -> None:
    """The shell in between lowers what is permitted."""
    script = (
        "from gearcli.worker.spawn import spawn\n"
        "try: spawn('/bin/true', ['true'], {}, {}, limits={'core': 0, 'files': 65})\n"
        "except PermissionError as error: print(error.strerror, error.filename)"
    )
    shell_script = 'ulimit -n 64; exec "$@"'
    said, status = ran("/bin/sh", "-c", shell_script, "sh", sys.executable, "-c", script)
    words = b"the limit files cannot be 65: no more than 64 are permitted to the worker itself None\n"
    assert (words, 0) == (said, status)


def test_a_child_without_memory_for_its_arguments_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the heap did not keep what was freed."""

    def without(*given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(os, "execve", without)
    with pytest.raises(OSError, match=os.strerror(errno.ENOMEM)) as caught:
        ran("/bin/true", limits={"core": 0})
    assert errno.ENOMEM == caught.value.errno
