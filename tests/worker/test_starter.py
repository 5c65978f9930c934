"""Starting the command of a recipe: arguments, environment, folder, and a program that moves."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

import pytest

from gearcli.errors import CommandError
from gearcli.worker.environment import OURS
from tests.worker.nursery import Nursery, nursery

# -- arguments ------------------------------------------------------------------------------

SHOW = "import os, sys; os.write(1, b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
"""A program that answers with its arguments."""
PIECES = [
    *(b"-", b"--", b";", b"rm -rf ~", b"$(touch pwned)", b"`id`", b"'", b'"', b"\\", b"\n", b"|", b"&", b"*"),
    *(b"\xff\xfe", b"\xc3\xa9", b" ", b"", b"{}", b"%s", b"#", b"~", b"<x", b">y", b"a", b"=", b"!"),
]


def hostile(chance: random.Random) -> bytes:
    """An argument of pieces that mean something to somebody."""
    return b"".join(chance.choices(PIECES, k=chance.randrange(5)))


def test_5000_argument_vectors_are_executed_as_they_are_configured(nurseries: list[Nursery]) -> None:
    """Whatever the workload is; each vector is separated from the next by an argument of its own."""
    chance = random.Random(4730)
    for _ in range(50):
        vectors = [[hostile(chance) for _ in range(chance.randrange(1, 6))] for _ in range(100)]
        arguments = [argument for vector in vectors for argument in (*vector, b"\x1e")]
        tool = nursery(nurseries, sys.executable, "-c", SHOW, *map(os.fsdecode, arguments))
        assert arguments == tool.answer(hostile(chance)).output.split(b"\0")
        nurseries.remove(tool)
        tool.close()


ECHO = "cat /proc/$$/cmdline -; :"
"""A script that answers with the arguments that were executed, its own and all, and its standard input."""


def test_5000_workloads_reach_standard_input_and_nothing_else(nurseries: list[Nursery]) -> None:
    """Each beside arguments as hostile; what is executed is what is configured, byte for byte."""
    chance = random.Random(64)
    for _ in range(50):
        arguments = [hostile(chance) for _ in range(chance.randrange(6))]
        workloads = [workload(chance) for _ in range(100)]
        tool = nursery(nurseries, "sh", "-c", ECHO, *map(os.fsdecode, arguments))
        executed = b"".join(each + b"\0" for each in (b"sh", b"-c", ECHO.encode(), *arguments))
        for begin in range(0, 100, 2):
            for slot in (0, 1):
                tool.start(workloads[begin + slot], slot=slot)
            answers = sorted(tool.until_ended(begin + 2)[begin:])
            assert [executed + each for each in workloads[begin : begin + 2]] == [
                outcome.output for _, outcome in answers
            ]
        nurseries.remove(tool)
        tool.close()


def workload(chance: random.Random) -> bytes:
    """A workload of such pieces and of any bytes, NULs and packets of Gearman among them."""
    more = (b"\0", b"\0RES\0\0\0\x0d\0\0\0\0", b"\n\n", chance.randbytes(chance.choice((3, 300, 3000))))
    return b"".join(chance.choices((*PIECES, *more), k=chance.randrange(12)))


def test_the_workload_can_stand_in_the_arguments_but_for_the_program(nurseries: list[Nursery]) -> None:
    tool = nursery(nurseries, "sh", "-c", 'printf "%s|" "$@"; cat', "sh", "{}", "a{}b{}", "c", replace="{}")
    assert b"; id|a; idb; id|c|" == tool.answer(b"; id").output


def test_a_workload_that_no_argument_can_be_fails_the_job(nurseries: list[Nursery]) -> None:
    tool = nursery(nurseries, "echo", "{}", replace="{}")
    assert "cannot be executed: an argument has a nul" in tool.answer(b"a\0").failure
    assert "cannot be executed: argument list too long" == tool.answer(b"x" * (4 << 20)).failure
    assert b"fine\n" == tool.answer(b"fine").output


# -- environment ----------------------------------------------------------------------------


def variables(output: bytes) -> dict[bytes, bytes]:
    return {name: value for name, _, value in (line.partition(b"=") for line in output.splitlines())}


def test_the_environment_says_what_the_job_is_and_which_attempt(nurseries: list[Nursery]) -> None:
    tool = nursery(nurseries, "env", environment={"OWN": "1"})
    tool.start(number=3)
    found = variables(tool.until_ended(1)[0][1].output)
    assert {
        b"GEARMAN_HANDLE": b"H:1",
        b"GEARMAN_FUNCTION": b"f\x1b",
        b"GEARMAN_UNIQUE": b"u",
        b"GEARMAN_SERVER": b"server:4730",
        b"GEARMAN_STATUS_FD": b"3",
        b"GEARMAN_ATTEMPT": b"3",
    } == {name: value for name, value in found.items() if name.startswith(b"GEARMAN_")}
    assert {*map(os.fsencode, OURS)} <= found.keys(), "or it would have that of the worker's own job"
    assert b"1" == found[b"OWN"]


def test_a_clean_environment_has_nothing_else(nurseries: list[Nursery]) -> None:
    tool = nursery(nurseries, "env", clean_env=True)
    found = variables(tool.answer().output)
    others = {name for name in found if not name.startswith(b"GEARMAN_")}
    assert {b"PATH", b"GEAR_GUARD"} == others


# -- folder and limits ----------------------------------------------------------------------


def test_it_works_in_its_folder(nurseries: list[Nursery], tmp_path: Path) -> None:
    here = os.getcwd()
    tool = nursery(nurseries, "pwd", workdir=str(tmp_path))
    assert (f"{tmp_path}\n".encode(), here) == (tool.answer().output, os.getcwd())


def test_a_folder_that_has_gone_fails_the_job(nurseries: list[Nursery], tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    tool = nursery(nurseries, "pwd", workdir=str(folder))
    folder.rmdir()
    assert f"cannot be executed: there is no folder {folder}" == tool.answer().failure


def test_a_fresh_folder_is_empty_and_goes_with_the_job(nurseries: list[Nursery]) -> None:
    tool = nursery(nurseries, "sh", "-c", "ls -A; pwd; mkdir -p a/b; touch a/b/c", workdir="tmp")
    folders = {tool.answer().output.decode().strip() for _ in range(3)}
    assert 3 == len(folders)
    assert [] == [folder for folder in folders if os.path.exists(folder)]


def test_limits_hold(nurseries: list[Nursery]) -> None:
    tool = nursery(nurseries, "sh", "-c", "ulimit -n", limits={"files": 77})
    assert b"77\n" == tool.answer().output


# -- the program ----------------------------------------------------------------------------


def test_a_command_that_cannot_be_executed_at_all() -> None:
    with pytest.raises(CommandError):
        Nursery("/no/such/program")


def test_a_program_that_has_moved_is_found_again(
    nurseries: list[Nursery], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    monkeypatch.setenv("PATH", f"{one}:{two}:{os.environ['PATH']}")
    (one / "tool").write_text("#!/bin/sh\necho $0\n")
    (one / "tool").chmod(0o755)
    tool = nursery(nurseries, "tool")
    (one / "tool").rename(two / "tool")
    assert f"{two}/tool\n".encode() == tool.answer().output


def test_a_relative_program_is_the_one_where_the_worker_started(
    nurseries: list[Nursery], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tool").write_text("#!/bin/sh\npwd\n")
    (tmp_path / "tool").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    tool = nursery(nurseries, "./tool", workdir="/")
    assert b"/\n" == tool.answer().output
