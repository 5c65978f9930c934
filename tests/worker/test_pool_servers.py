"""The servers of `gear worker`: lost and found, down, several, older, and wrong ones."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, counts, exists, gear_worker, pid_in, run_gear
from tests.client.peer import listening
from tests.support import Process, ServerProcess, Wire, free_port, gear, gear_serve, process, wait_until
from tests.worker import pools
from tests.worker.pools import a_name, result

until_told = pools.until_told


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


def test_a_server_that_assigns_what_nobody_asked_for_is_left() -> None:
    with listening() as listener:
        command = gear("worker", *at(listener.port), "-f", "f", "--", sys.executable, "-c", "")
        with process(command) as worker, listener.accept() as peer:
            assert [PacketType.CAN_DO, PacketType.GRAB_JOB_UNIQ] == peer.types(2)
            peer.say(PacketType.NO_JOB)
            peer.say(PacketType.JOB_ASSIGN_UNIQ, b"H:1", b"f", b"", b"x")
            wait_until(lambda: "assigned a job that nobody asked for; trying" in worker.said())
