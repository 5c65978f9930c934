"""Limits that are in effect in a process from its start, and not in the worker."""

from __future__ import annotations

import errno
import mmap
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.worker.spawning import FORKS, ran, shell

pytestmark = FORKS


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
