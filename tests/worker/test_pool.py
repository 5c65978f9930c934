"""Many slots in one process: jobs, signals, lost servers.  Real servers, real commands."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from gearcli.protocol.packets import Packet, PacketType
from tests.cli.driving import asleep, at, counts, exists, gear_worker, pid_in, run_gear
from tests.client.peer import listening
from tests.support import (
    Process,
    ServerProcess,
    Wire,
    free_port,
    gear,
    gear_serve,
    process,
    wait_until,
)

ENDS = {PacketType.WORK_COMPLETE, PacketType.WORK_FAIL, PacketType.WORK_EXCEPTION}


def a_name() -> str:
    """A function that no other test uses."""
    return f"f-{uuid.uuid4().hex[:8]}"


def submit(port: int, function: str, *workloads: bytes) -> list[Packet]:
    """Submit jobs; what was said about them until all have ended, without their handles."""
    said: list[Packet] = []
    with Wire(port) as client:
        for workload in workloads:
            client.say(PacketType.SUBMIT_JOB, function.encode(), b"", workload)
        ended = 0
        while ended < len(workloads):
            type_, fields = client.packet()
            ended += type_ in ENDS
            if type_ is not PacketType.JOB_CREATED:
                said.append((type_, fields[1:]))
    return said


def result(port: int, function: str, workload: bytes = b"") -> bytes:
    """The result of a job that is done without a warning."""
    ((type_, (data,)),) = submit(port, function, workload)
    assert PacketType.WORK_COMPLETE == type_
    return data


@contextlib.contextmanager
def working(server: ServerProcess, command: Sequence[str], *options: str, slots: int = 1) -> Iterator[str]:
    """A worker; the function that it works on."""
    function = a_name()
    with gear_worker(server.port, function, command, *options, slots=slots):
        yield function


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


# -- standard error --------------------------------------------------------------------------

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


# -- signals -----------------------------------------------------------------------------------


@pytest.fixture
def until_told(tmp_path: Path) -> list[str]:
    """A command that says that it runs (file `started`), and ends when it may (file `go`)."""
    script = f"echo $$ >{tmp_path}/started; until [ -e {tmp_path}/go ]; do sleep 0.01; done; echo done"
    return ["sh", "-c", script]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_worker_stops_at_once(server: ServerProcess, number: signal.Signals) -> None:
    with gear_worker(server.port, a_name(), ["cat"], slots=3) as worker:
        worker.signal(number)
        assert (0, "") == (worker.exit_status(), worker.said())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_running_job_is_finished_first(
    server: ServerProcess, tmp_path: Path, until_told: list[str], number: signal.Signals
) -> None:
    function = a_name()
    with gear_worker(server.port, function, until_told) as worker, Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"first")
        client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"second")
        pid_in(tmp_path / "started")
        worker.signal(number)
        wait_until(lambda: "gear: stopping; 1 still running\n" in worker.said())
        (tmp_path / "go").touch()
        type_, fields = client.packet()
        assert (PacketType.WORK_COMPLETE, b"done\n") == (type_, fields[1])
        assert 0 == worker.exit_status()
        assert (1, 0, 0) == wait_until(
            lambda: counts(server.port, function)[2] == 0 and counts(server.port, function)
        )


def test_a_second_signal_kills_and_the_job_is_offered_again(
    server: ServerProcess, tmp_path: Path, until_told: list[str]
) -> None:
    function = a_name()
    with gear_worker(server.port, function, until_told) as worker, Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"")
        command = pid_in(tmp_path / "started")
        worker.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in worker.said())
        worker.signal(signal.SIGTERM)
        assert 143 == worker.exit_status()
        assert not exists(command)
        with gear_worker(server.port, function, ["echo", "elsewhere"]):
            type_, fields = client.packet()
        assert (PacketType.WORK_COMPLETE, b"elsewhere\n") == (type_, fields[1])


def test_a_job_that_outlasts_the_grace_is_killed(
    server: ServerProcess, tmp_path: Path, until_told: list[str]
) -> None:
    function = a_name()
    with (
        gear_worker(server.port, function, until_told, "--grace", "50ms") as worker,
        Wire(server.port) as client,
    ):
        client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"")
        command = pid_in(tmp_path / "started")
        worker.signal(signal.SIGTERM)
        assert 143 == worker.exit_status()
        assert not exists(command)


def test_a_worker_that_is_killed_leaves_no_command(server: ServerProcess, tmp_path: Path) -> None:
    function = a_name()
    script = f"sleep 1000 & echo $! >{tmp_path}/child; echo $$ >{tmp_path}/command; wait"
    with (
        gear_worker(server.port, function, ["sh", "-c", script]) as worker,
        Wire(server.port) as client,
    ):
        client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"")
        pids = [pid_in(tmp_path / "child"), pid_in(tmp_path / "command")]
        wait_until(lambda: asleep(worker.pid))  # it has told the guardian of the command
        worker.signal(signal.SIGKILL)
        wait_until(lambda: not any(exists(pid) for pid in pids))


# -- servers -----------------------------------------------------------------------------------


def test_a_function_that_no_server_would_take(server: ServerProcess) -> None:
    """Each would refuse it without end, and its other answers would be taken for those to that."""
    ended = run_gear("worker", *at(server.port), "-f", "f", "-f", "x" * 513, "--", "cat")
    assert (2, b"") == (ended.status, ended.out)
    assert ended.err.endswith("xxx: a function has at most 512 bytes; this one has 513\n")


def test_a_server_that_comes_back_is_worked_for_again() -> None:
    function = a_name()
    with gear_serve() as first:
        port = first.port
        worker = Process(gear("worker", *at(port), "-f", function, "-j", "3", "--", "cat"))
        try:
            wait_until(lambda: counts(port, function)[2] == 3)
            first.signal(signal.SIGKILL)
            first.exit_status()
            wait_until(lambda: "trying to reach it again" in worker.said())
            with gear_serve(address=["-p", str(port)]):
                wait_until(lambda: counts(port, function)[2] == 3)
                assert b"x" == result(port, function, b"x")
                lost, found = worker.said().splitlines()
        finally:
            worker.end()
    assert lost.startswith(f"gear: the connection to 127.0.0.1:{port} was closed")
    assert f"gear: connected to 127.0.0.1:{port} again" == found


def test_a_job_of_a_lost_server_is_ended(tmp_path: Path, until_told: list[str]) -> None:
    function = a_name()
    with (
        gear_serve() as server,
        gear_worker(server.port, function, until_told) as worker,
        Wire(server.port) as client,
    ):
        client.ask(PacketType.SUBMIT_JOB, function.encode(), b"", b"")
        command = pid_in(tmp_path / "started")
        server.signal(signal.SIGKILL)
        wait_until(lambda: not exists(command))
        wait_until(lambda: "the server is gone, so the job is offered again" in worker.said())
        worker.signal(signal.SIGTERM)
        assert 0 == worker.exit_status()


def test_one_of_several_servers_may_be_down(server: ServerProcess) -> None:
    function, down = a_name(), free_port()
    servers = ["-s", f"127.0.0.1:{down}", "-s", f"127.0.0.1:{server.port}"]
    with process(gear("worker", *servers, "-f", function, "--", "cat")) as worker:
        assert b"x" == result(server.port, function, b"x")
        (said,) = worker.said().splitlines()
        assert said.startswith(f"gear: cannot connect to 127.0.0.1:{down}: connection refused.")
        with gear_serve(address=["-p", str(down)]):
            assert b"y" == result(down, function, b"y")


def test_a_slot_takes_jobs_of_several_servers_one_at_a_time(server: ServerProcess, tmp_path: Path) -> None:
    """A command fails if another one runs."""
    function = a_name()
    script = f"mkdir {tmp_path}/lock || exit 1; echo $GEARMAN_SERVER; rmdir {tmp_path}/lock"
    with gear_serve() as other:
        command = gear("worker", *at(server.port), *at(other.port), "-f", function, "--", "sh", "-c", script)
        with process(command), Wire(server.port) as one, Wire(other.port) as two:
            for client in (one, two) * 5:
                client.say(PacketType.SUBMIT_JOB, function.encode(), b"", b"")
            for client, port in ((one, server.port), (two, other.port)):
                packets = [client.packet() for _ in range(10)]
                done = [fields[1] for type_, fields in packets if type_ is PacketType.WORK_COMPLETE]
                assert [f"127.0.0.1:{port}\n".encode()] * 5 == done


def test_a_server_without_uniques_is_asked_the_older_way() -> None:
    with listening() as listener:
        command = gear("worker", *at(listener.port), "-f", "f", "--", "cat")
        with process(command) as worker, listener.accept() as peer:
            assert [PacketType.CAN_DO, PacketType.GRAB_JOB_UNIQ] == peer.types(2)
            peer.say(PacketType.ERROR, b"unknown_command", b"Unknown server command")
            assert [PacketType.GRAB_JOB] == peer.types(1)
            peer.say(PacketType.JOB_ASSIGN, b"H:1", b"f", b"the workload")
            assert [b"H:1", b"the workload"] == peer.expect(PacketType.WORK_COMPLETE)
            assert [PacketType.GRAB_JOB] == peer.types(1)
            assert "" == worker.said()


def test_a_worker_that_stops_says_so_and_takes_no_more() -> None:
    """A job that crosses its goodbye is left to the server."""
    with listening() as listener:
        command = gear("worker", *at(listener.port), "-f", "f", "--", "cat")
        with process(command) as worker, listener.accept() as peer:
            assert [PacketType.CAN_DO, PacketType.GRAB_JOB_UNIQ] == peer.types(2)
            worker.signal(signal.SIGTERM)
            with pytest.raises(ConnectionError):
                peer.packet()
            peer.say(PacketType.JOB_ASSIGN_UNIQ, b"H:1", b"f", b"", b"x")
            peer.close()
            assert 0 == worker.exit_status()


def test_a_server_that_assigns_what_nobody_asked_for_is_left() -> None:
    with listening() as listener:
        command = gear("worker", *at(listener.port), "-f", "f", "--", sys.executable, "-c", "")
        with process(command) as worker, listener.accept() as peer:
            assert [PacketType.CAN_DO, PacketType.GRAB_JOB_UNIQ] == peer.types(2)
            peer.say(PacketType.NO_JOB)
            peer.say(PacketType.JOB_ASSIGN_UNIQ, b"H:1", b"f", b"", b"x")
            wait_until(lambda: "assigned a job that nobody asked for; trying" in worker.said())
