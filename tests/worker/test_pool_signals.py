"""How `gear worker` stops: at once, after the job that runs, or without waiting for it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import asleep, at, counts, exists, gear_worker, pid_in
from tests.client.peer import listening
from tests.support import ServerProcess, Wire, gear, process, wait_until
from tests.worker import pools
from tests.worker.pools import a_name

until_told = pools.until_told


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
