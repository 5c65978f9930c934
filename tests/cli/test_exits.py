"""Exit statuses: the table, and each number from a real process."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import errors
from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, counts, gear_worker, pid_in, run_gear, take_job
from tests.client.answering import answering
from tests.client.peer import Listener, listening
from tests.support import ServerProcess, Wire, free_port, gear_serve, gearmand, needs_peers, wait_until


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A port behind which the test plays the server."""
    with listening() as listener:
        yield listener


def only_message(result: Result) -> str:
    """The one line that was said, when nothing else was printed."""
    assert b"" == result.out
    (line,) = result.err.splitlines()
    return line


# -- the table --------------------------------------------------------------------

ERRORS = [
    (errors.UsageError("x"), 2),
    (errors.AddressError("x"), 2),
    (errors.InputError("x"), 66),
    (errors.OutputError("x"), 74),
    (errors.StoreError("x"), 74),
    (errors.StoreBroken("x"), 74),
    (errors.StoreDamaged("x"), 66),
    (errors.StoreInUse("x"), 75),
    (errors.CommandError("x", found=True), 126),
    (errors.CommandError("x", found=False), 127),
    (errors.ConfigError("x"), 78),
    (errors.BindError("x"), 69),
    (errors.NotPermitted("x"), 77),
    (errors.ServerGone("x"), 69),
    (errors.ConnectFailed("x"), 69),
    (errors.Untrusted("x"), 77),
    (errors.TurnedAway("x"), 77),
    (errors.NoRoom("x"), 75),
    (errors.ConnectionLost("x"), 69),
    (errors.WorkersEnded("x", status=77), 77),
    (errors.WorkersEnded("x", status=126), 126),
    (errors.WorkersEnded("x", status=1), 69),
    (errors.WorkersEnded("x", status=0), 69),
    (errors.ProtocolError("x"), 76),
    (errors.NoAnswer("x"), 76),
    (errors.ServerError("x", code="c", text="t"), 76),
    (errors.QueueFull("x", code="c", text="t"), 75),
    (errors.Forbidden("x", code="c", text="t"), 77),
    (errors.JobFailed("x"), 1),
    (errors.NoWorker("x"), 75),
    (errors.JobUnknown("x"), 1),
    (errors.FunctionUnknown("x"), 1),
    (errors.TimeLimit("x"), 124),
]


@pytest.mark.parametrize(("error", "number"), ERRORS, ids=lambda value: type(value).__name__)
def test_every_error_has_its_status(error: errors.GearError, number: int) -> None:
    assert number == exit_status(error)


def test_the_table_names_every_error() -> None:
    def below(kind: type[errors.GearError]) -> set[type[errors.GearError]]:
        return {kind}.union(*(below(child) for child in kind.__subclasses__()))

    assert below(errors.GearError) - {errors.GearError} == {type(error) for error, _ in ERRORS}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (set(), ExitStatus.DONE),
        ({ExitStatus.DONE}, ExitStatus.DONE),
        ({ExitStatus.TIMEOUT, ExitStatus.FAILED}, ExitStatus.FAILED),
        ({ExitStatus.UNREACHABLE, ExitStatus.FAILED}, ExitStatus.FAILED),
        ({ExitStatus.TIMEOUT, ExitStatus.UNREACHABLE}, ExitStatus.UNREACHABLE),
        ({ExitStatus.DONE, ExitStatus.TIMEOUT}, ExitStatus.TIMEOUT),
        ({ExitStatus.DONE, ExitStatus.TRY_LATER}, ExitStatus.TRY_LATER),
    ],
)
def test_a_batch_ends_with_its_worst_status(statuses: set[ExitStatus], expected: ExitStatus) -> None:
    assert expected == worst(statuses)


# -- 0 and 1: jobs -----------------------------------------------------------------


def test_0_the_job_is_done(server: ServerProcess, cat: str) -> None:
    assert Result(0, b"hello", "") == run_gear("submit", *at(server.port), cat, "hello")


def test_1_the_job_failed(server: ServerProcess, failing: str) -> None:
    result = run_gear("submit", *at(server.port), failing, "bad")
    assert (1, b"") == result[:2]
    assert "gear: failing: grep exited with status 1\ngear: failing failed\n" == result.err


def test_1_one_job_of_a_batch_failed(server: ServerProcess, failing: str) -> None:
    result = run_gear("submit", *at(server.port), failing, "good", "bad", "good", "-k")
    assert (1, b"good\ngood\n") == result[:2]
    assert "gear: failing (record 2) failed\n" in result.err


def test_1_the_job_threw_an_exception(server: ServerProcess) -> None:
    with Gear("submit", *at(server.port), "throwing", "x") as client, Wire(server.port) as worker:
        handle, _ = take_job(worker, b"throwing")
        worker.say(PacketType.WORK_EXCEPTION, handle, b"no such\x1b[31m image")
        assert "gear: throwing failed: no such\\x1b[31m image" == only_message(result := client.result())
        assert 1 == result.status


def test_1_the_server_does_not_know_the_job(server: ServerProcess) -> None:
    result = run_gear("job", *at(server.port), "H:nowhere:1")
    assert "gear: H:nowhere:1: the server knows no such job; it is done, or never was" == only_message(result)
    assert 1 == result.status


# -- 2: usage ------------------------------------------------------------------------

SENSELESS = [
    "submit",
    "submit f -n x",
    "submit f -n -0",
    "submit f -n --delimiter ;",
    "submit f -0 --delimiter ;",
    "submit f --delimiter ",
    "submit f --delimiter \\xzz",
    "submit f -n -u key",
    "submit f a b -u key",
    "submit f a -u ",
    "submit f a -p urgent",
    "submit f a -j 0",
    "submit f a --timeout soon",
    "submit f a -s host:port",
    "submit f a -s [::1",
    "submit f a -s unix:",
    "submit f a --no-such-option",
    "worker -f f",
    "worker -- cat",
    "worker -f f -j 0 -- cat",
    "worker -f f --stderr elsewhere -- cat",
    "worker -f  -- cat",
    "run",
    "run -j -1 -- cat",
    "run -j 0 -- cat",
    "run -0 --whole -- cat",
    "run -0 --delimiter ; -- cat",
    "run --whole --delimiter ; -- cat",
    "job",
    "ping -c 0",
    "ping -i never",
    "serve -p 65536",
    "serve --verbose LOUD",
    "serve -L 0.0.0.0",
    "status --json=yes",
    "nothing",
]


@pytest.mark.parametrize("line", SENSELESS)
def test_2_what_makes_no_sense(line: str) -> None:
    result = run_gear(*line.split(" "), environ={"GEARMAN_SERVERS": f"127.0.0.1:{free_port()}"})
    assert (2, b"") == result[:2]
    assert result.err


def test_2_a_unique_that_is_too_long() -> None:
    result = run_gear("submit", "f", "x", "-u", "k" * 65)
    assert 2 == result.status
    assert "gear: cannot submit to f: a unique has at most 64 bytes; this one has 65" == only_message(result)


# -- 66: input -------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["submit", "f", "-f"], ["submit", "f", "-n", "-f"], ["run", "--file"]])
@pytest.mark.parametrize(
    ("name", "reason"), [("missing", "no such file or directory"), (".", "is a directory")]
)
def test_66_a_file_that_cannot_be_read(
    server: ServerProcess, tmp_path: Path, command: list[str], name: str, reason: str
) -> None:
    path = str(tmp_path / name)
    more = ["--", "cat"] if command[0] == "run" else at(server.port)
    result = run_gear(*command, path, *more)
    assert f"gear: cannot read {path}: {reason}" == only_message(result)
    assert 66 == result.status


# -- 69: no server ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["submit", "f", "x"], ["status"], ["job", "H:1"], ["ping"], ["worker", "-f", "f", "cat"]]
)
def test_69_nobody_listens(command: list[str]) -> None:
    port = free_port()
    result = run_gear(command[0], *at(port), *command[1:])
    assert (
        f"gear: cannot connect to 127.0.0.1:{port}: connection refused. "
        "Is a job server running? Start one with 'gear serve'."
    ) == only_message(result)
    assert 69 == result.status


def test_69_a_name_that_cannot_be_resolved() -> None:
    result = run_gear("submit", "-s", "no-such-host.invalid", "f", "x")
    assert only_message(result).startswith("gear: cannot find the host no-such-host.invalid: ")
    assert 69 == result.status


def test_69_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    result = run_gear("status", "-s", f"unix:{tmp_path}/socket")
    assert only_message(result).startswith(f"gear: cannot connect to unix:{tmp_path}/socket: no such file")
    assert 69 == result.status


def test_69_every_server_that_was_tried_is_named() -> None:
    ports = free_port(), free_port()
    said = only_message(run_gear("submit", "-s", ",".join(f"127.0.0.1:{port}" for port in ports), "f", "x"))
    assert [True, True] == [f"127.0.0.1:{port}: connection refused" in said for port in ports]


def test_69_the_server_is_killed_before_the_answer() -> None:
    with gear_serve() as server, Gear("submit", *at(server.port), "unserved", "x") as client:
        wait_until(lambda: counts(server.port, "unserved") == (1, 0, 0))
        server.signal(signal.SIGKILL)
        result = client.result()
    assert only_message(result).startswith(f"gear: the connection to 127.0.0.1:{server.port} was closed")
    assert 69 == result.status


def test_69_the_port_is_in_use(server: ServerProcess) -> None:
    result = run_gear("serve", "-q", "-p", str(server.port))
    assert "in use" in only_message(result)
    assert 69 == result.status


# -- 74: output -----------------------------------------------------------------------------


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


# -- 75: later -------------------------------------------------------------------------------


@needs_peers
def test_75_the_queue_is_full() -> None:
    with gearmand() as server:
        assert 0 == run_gear("submit", *at(server.port), "-b", "f", "one").status
        with Wire(server.port) as wire:
            assert b"OK\r\n" == wire.line(b"maxqueue f 1")
        result = run_gear("submit", *at(server.port), "-b", "f", "two")
        assert "QUEUE_ERROR" in only_message(result)
        assert 75 == result.status


def test_75_the_server_drains() -> None:
    with (
        gear_serve("--grace", "20s") as server,
        Gear("submit", *at(server.port), "slow", "-n") as client,
        Wire(server.port) as worker,
    ):
        client.write(b"one\n")
        handle, _ = take_job(worker, b"slow")
        server.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in server.said())
        client.write(b"two\n")
        wait_until(lambda: "(QUEUE_ERROR)" in client.said())
        worker.say(PacketType.WORK_COMPLETE, handle, b"done")
        result = client.result()
    assert (75, b"done\n") == result[:2]


# -- 76: not Gearman ---------------------------------------------------------------------------

GARBAGE = [
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"\0RES\xff\xff\xff\xff\0\0\0\0",
    b"\0RESabcdefgh",
    b"\0\0\0\0\0\0\0\0\0\0\0\0",
]


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("command", ["submit f x", "job H:1"])
def test_76_the_peer_speaks_something_else(listener: Listener, command: str, garbage: bytes) -> None:
    with Gear(*command.split(), *at(listener.port)) as client, listener.accept() as peer:
        peer.packet()
        peer.send(garbage)
        result = client.result()
    assert 76 == result.status
    assert only_message(result)


def test_76_the_status_has_rows_that_are_none() -> None:
    banner = b"220 mail.example.org ESMTP\r\n"
    rows = dict.fromkeys((b"functions", b"status"), banner + b".\r\n")
    with answering({b"version": banner, **rows}) as server:
        result = run_gear("status", *at(server.port))
    assert "row that is none: 220 mail.example.org ESMTP" in only_message(result)
    assert 76 == result.status


def test_76_the_server_answers_error(listener: Listener) -> None:
    with Gear("submit", *at(listener.port), "f", "x") as client, listener.accept() as peer:
        peer.types(2)
        peer.say(PacketType.ERROR, b"BAD_MOOD", b"come back\x1b[2J never")
        result = client.result()
    assert "gear: f: the server refused: come back\\x1b[2J never (BAD_MOOD)" == only_message(result)
    assert 76 == result.status


# -- 124: time ------------------------------------------------------------------------------------


def test_124_no_result_in_time(server: ServerProcess) -> None:
    result = run_gear("submit", *at(server.port), "unserved-124", "x", "--timeout", "50ms")
    assert only_message(result).startswith("gear: unserved-124: no result within 0.05 s; ")
    assert 124 == result.status


# -- 126 and 127: commands --------------------------------------------------------------------------


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


# -- signals -----------------------------------------------------------------------------------------


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
