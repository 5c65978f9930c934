"""Exit statuses: the table, and those that jobs, usage and input have, from real processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from gearcli import errors
from gearcli.cli.exits import ExitStatus, exit_status, worst
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, only_message, run_gear, take_job
from tests.support import ServerProcess, Wire, free_port

# -- the table ---------------------------------------------------------------------------

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


# -- 0 and 1: jobs -----------------------------------------------------------------------


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


# -- 2: usage ----------------------------------------------------------------------------

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


# -- 66: input ---------------------------------------------------------------------------


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
