"""Exit statuses from real processes: full disks, commands that cannot be run, and signals."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, counts, gear_worker, only_message, pid_in, run_gear
from tests.client.peer import Listener
from tests.support import ServerProcess, wait_until

# -- 74: output --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["submit cat hello", "submit -b unserved x", "status --json", "job H:1 --json", "ping -c 1"]
)
def test_74_the_output_is_full(server: ServerProcess, cat: str, command: str) -> None:
    name, *arguments = command.split()
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        result = run_gear(name, *at(server.port), *arguments, stdout=full)
    finally:
        os.close(full)
    assert "gear: cannot write the output: no space left on device" == only_message(result)
    assert 74 == result.status


@pytest.mark.parametrize("arguments", [["run", "--", "cat"], ["--help"], ["submit", "--help"]])
def test_74_the_output_is_full_without_a_server(arguments: list[str]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        result = run_gear(*arguments, stdin=b"x\n", stdout=full)
    finally:
        os.close(full)
    assert "gear: cannot write the output: no space left on device" == only_message(result)
    assert 74 == result.status


# -- 126 and 127: commands ---------------------------------------------------------------


@pytest.mark.parametrize("command", [["worker", "-f", "f"], ["run"]])
def test_126_a_command_that_is_not_executable(tmp_path: Path, command: list[str]) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    result = run_gear(*command, "--", str(script))
    assert f"gear: cannot run {script}: it is not executable" == only_message(result)
    assert 126 == result.status


@pytest.mark.parametrize("command", [["worker", "-f", "f"], ["run"]])
@pytest.mark.parametrize("program", ["no-such-program", "/no/such/program"])
def test_127_a_command_that_is_not_there(command: list[str], program: str) -> None:
    result = run_gear(*command, "--", program)
    assert f"gear: cannot run {program}: command not found" == only_message(result)
    assert 127 == result.status


# -- signals -----------------------------------------------------------------------------


def test_130_interrupted_while_a_job_waits(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "unserved-130", "x") as client:
        wait_until(lambda: counts(server.port, "unserved-130")[0] == 1)
        client.interrupt()
        result = client.result()
    assert (130, b"") == result[:2]
    assert result.err.endswith("gear: interrupted\n")


def test_130_interrupted_between_round_trips(listener: Listener) -> None:
    with Gear("ping", *at(listener.port), "-i", "1h") as client, listener.accept() as operator:
        operator.expect(PacketType.TEXT)
        operator.send(b"OK 1.0\n")
        with listener.accept() as peer:
            peer.expect(PacketType.OPTION_REQ)
            peer.say(PacketType.ECHO_RES, *peer.expect(PacketType.ECHO_REQ))
            client.interrupt()
            status, out, err = client.result()
            assert (130, "gear: interrupted\n") == (status, err)
            assert b" (1.0): 1 round trip, min " in out


def test_141_the_reader_has_gone(server: ServerProcess, cat: str) -> None:
    with Gear("submit", *at(server.port), cat, "-n") as client:
        client.write(b"one\n")
        assert b"one\n" == client.line()
        client.close_output()
        client.write(b"two\n")
        assert Result(141, b"", "") == client.result()


def test_141_the_reader_of_a_help_has_gone() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        assert Result(141, b"", "") == run_gear("submit", "--help", stdout=writing)
    finally:
        os.close(writing)


def test_143_a_run_is_terminated(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with Gear("run", "--", "sh", "-c", f"echo $$ >{started}; exec sleep 1000") as running:
        running.write(b"x\n")
        pid_in(started)
        running.signal(signal.SIGTERM)
        assert Result(143, b"", "") == running.result()


def test_143_a_client_is_terminated(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "unserved-143", "x") as client:
        wait_until(lambda: counts(server.port, "unserved-143")[0] == 1)
        client.signal(signal.SIGTERM)
        assert Result(143, b"", "") == client.result()


def test_143_what_is_done_is_not_lost(server: ServerProcess, tmp_path: Path) -> None:
    """Although it waits for an earlier record."""
    log = tmp_path / "log"
    options = ["-n", "-k", "--joblog", str(log), "--progress", "json"]
    script = "read n; [ $n = 1 ] && sleep 1000; echo $n"
    with (
        gear_worker(server.port, "held-143", ["sh", "-c", script], slots=2),
        Gear("submit", *at(server.port), "held-143", *options) as client,
    ):
        client.write(b"1\n2\n3\n")
        wait_until(lambda: '"done": 2' in client.said())
        client.signal(signal.SIGTERM)
        assert (143, b"2\n3\n") == client.result()[:2]
    assert ["2", "3"] == [line.split("\t")[0] for line in log.read_text().splitlines()[1:]]
