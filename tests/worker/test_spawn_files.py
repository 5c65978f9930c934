"""The descriptors and the folder with which a process starts."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Sequence
from pathlib import Path

import pytest

from gearcli.worker.command import close_on_execution
from gearcli.worker.spawn import spawn
from tests.worker import spawning
from tests.worker.spawning import BOTH_WAYS, FORKS, Limits, ran, read_to_the_end, shell

pytestmark = FORKS

at_home = spawning.at_home

# -- descriptors -------------------------------------------------------------------------


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


# -- folder ------------------------------------------------------------------------------


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
