"""Starts processes both ways, by posix_spawn and by a fork, and reads what they say."""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from gearcli.worker.spawn import spawn
from tests.support import DEADLINE

# From 3.12 on Python warns where there are threads; those are of pytest-xdist, the worker has none.
FORKS = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")

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
