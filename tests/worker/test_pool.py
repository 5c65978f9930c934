"""Jobs of `gear worker`: what a real command is given, and what comes of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exists, gear_worker, pid_in
from tests.support import ServerProcess, Wire, gear, process, wait_until
from tests.worker.pools import a_name, result, submit, working


@pytest.fixture(scope="module")
def cat(server: ServerProcess) -> Iterator[str]:
    """A function that answers with its workload."""
    with working(server, ["cat"]) as function:
        yield function


# -- workload and result -----------------------------------------------------------------

HOSTILE = [
    b"",
    b"; touch pwned",
    b"$(touch pwned)`touch pwned`",
    b"a\0b\0",
    b"\n\n",
    b"--help",
    b"-rf /",
    b"'\"\\ | & > < * ?",
    b"\xff\xfe\x80",
    b"\0RES\0\0\0\x0d",
]


def test_any_workload_reaches_the_command_unchanged(server: ServerProcess, cat: str) -> None:
    assert HOSTILE == [result(server.port, cat, workload) for workload in HOSTILE]


def test_a_workload_is_no_argument(server: ServerProcess) -> None:
    with working(server, ["sh", "-c", 'echo "$#"']) as function:
        assert b"0\n" == result(server.port, function, b"--help; $(true)")


def test_arguments_reach_the_command_as_they_are(server: ServerProcess) -> None:
    arguments = ["$HOME", "a b", "*", ";", "-n", ""]
    with working(server, ["printf", "%s\\n", *arguments]) as function:
        assert "".join(f"{a}\n" for a in arguments).encode() == result(server.port, function)


def test_eight_mebibytes_go_both_ways_at_once(server: ServerProcess, cat: str) -> None:
    workload = os.urandom(8 << 20)
    assert workload == result(server.port, cat, workload)


def test_a_command_may_ignore_its_input(server: ServerProcess) -> None:
    with working(server, ["echo", "done"]) as function:
        assert b"done\n" == result(server.port, function, bytes(1 << 20))


def test_a_command_may_close_its_output_early(server: ServerProcess, tmp_path: Path) -> None:
    """The job ends when the command does, not when its output does."""
    script = f"echo early; exec >&-; cat >/dev/null; touch {tmp_path}/late"
    with working(server, ["sh", "-c", script]) as function:
        assert b"early\n" == result(server.port, function, bytes(1 << 20))
        assert (tmp_path / "late").exists()


def test_several_functions_have_one_command(server: ServerProcess) -> None:
    names = [a_name(), a_name()]
    options = [option for name in names for option in ("-f", name)]
    with process(gear("worker", *at(server.port), *options, "--", "sh", "-c", "echo $GEARMAN_FUNCTION")):
        assert [f"{name}\n".encode() for name in names] == [result(server.port, name) for name in names]


def test_the_environment_tells_what_the_job_is(server: ServerProcess) -> None:
    with (
        working(server, ["sh", "-c", "env | grep ^GEARMAN_ | sort"]) as function,
        Wire(server.port) as client,
    ):
        created, (handle,) = client.ask(PacketType.SUBMIT_JOB, function.encode(), b"the key", b"")
        complete, (_, data) = client.packet()
    assert [PacketType.JOB_CREATED, PacketType.WORK_COMPLETE] == [created, complete]
    assert [
        "GEARMAN_ATTEMPT=1",
        f"GEARMAN_FUNCTION={function}",
        f"GEARMAN_HANDLE={handle.decode()}",
        f"GEARMAN_SERVER=127.0.0.1:{server.port}",
        "GEARMAN_STATUS_FD=3",
        "GEARMAN_UNIQUE=the key",
    ] == data.decode().splitlines()


def test_slots_work_at_the_same_time(server: ServerProcess, tmp_path: Path) -> None:
    """Each command waits until all three run."""
    script = f"touch {tmp_path}/$$; until [ $(ls {tmp_path} | wc -l) -ge 3 ]; do sleep 0.01; done"
    with working(server, ["sh", "-c", script], slots=3) as function:
        done = submit(server.port, function, b"1", b"2", b"3")
    assert [(PacketType.WORK_COMPLETE, [b""])] * 3 == done


def test_the_name_of_a_worker_is_shown(server: ServerProcess) -> None:
    with working(server, ["cat"], "--name", "press-1") as function, Wire(server.port) as operator:
        (row,) = [row for row in operator.rows(b"workers") if function.encode() in row]
    assert row.endswith(f" press-1 : {function}\n".encode())


# -- failures ----------------------------------------------------------------------------


def reasons(port: int, function: str) -> list[bytes]:
    """The warnings of a job that fails."""
    *warnings, (last, _) = submit(port, function, b"")
    assert PacketType.WORK_FAIL == last
    assert {PacketType.WORK_WARNING} >= {type_ for type_, _ in warnings}
    return [text for _, (text,) in warnings]


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 3", b"sh exited with status 3"),
        ("echo lost; exit 1", b"sh exited with status 1"),
        ("kill -9 $$", b"sh was killed by SIGKILL (signal 9)"),
        ("kill -SEGV $$", b"sh was killed by SIGSEGV (signal 11)"),
    ],
)
def test_a_failing_command_fails_the_job_with_the_reason(
    server: ServerProcess, script: str, reason: bytes
) -> None:
    with working(server, ["sh", "-c", script]) as function:
        assert [reason] == reasons(server.port, function)


def test_a_program_that_vanishes_fails_the_job_and_not_the_worker(
    server: ServerProcess, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho there\n")
    program.chmod(0o755)
    with working(server, [str(program)]) as function:
        assert b"there\n" == result(server.port, function)
        program.rename(tmp_path / "gone")
        assert [b"program cannot be executed: no such file or directory"] == reasons(server.port, function)
        (tmp_path / "gone").rename(program)
        assert b"there\n" == result(server.port, function)


def test_a_grandchild_that_holds_the_pipes_holds_nothing_up(server: ServerProcess, tmp_path: Path) -> None:
    script = f"sleep 1000 & echo $! >{tmp_path}/grandchild; echo done"
    with working(server, ["sh", "-c", script]) as function:
        assert b"done\n" == result(server.port, function)
        assert b"done\n" == result(server.port, function)
        wait_until(lambda: not exists(pid_in(tmp_path / "grandchild")))


# -- standard error ----------------------------------------------------------------------

SAYING = ["sh", "-c", "echo said >&2; echo result"]


@pytest.mark.parametrize(
    ("options", "here", "there"),
    [
        ([], True, [b"said\n"]),
        (["--stderr", "both"], True, [b"said\n"]),
        (["--stderr", "local"], True, []),
        (["--stderr", "warning"], False, [b"said\n"]),
    ],
)
def test_where_standard_error_goes(
    server: ServerProcess, options: list[str], here: bool, there: list[bytes]
) -> None:
    function = a_name()
    with gear_worker(server.port, function, SAYING, *options) as worker:
        *warnings, done = submit(server.port, function, b"")
        assert (PacketType.WORK_COMPLETE, [b"result\n"]) == done
        assert [(PacketType.WORK_WARNING, [text]) for text in there] == warnings
        worker.signal(signal.SIGTERM)
        assert 0 == worker.exit_status()
        assert here == ("said\n" in worker.said())


def test_the_submitter_gets_the_end_of_much_standard_error(server: ServerProcess) -> None:
    with working(server, ["sh", "-c", "seq 5000 >&2"], "--stderr", "warning") as function:
        (warning, (text,)), _ = submit(server.port, function, b"")
    assert PacketType.WORK_WARNING == warning
    assert (2000, b"4999\n5000\n") == (len(text), text[-10:])
