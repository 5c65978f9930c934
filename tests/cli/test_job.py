"""`gear job`: what a server knows of jobs."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from collections.abc import Iterator

import pytest

from gearcli.cli.job import Jobs, Question
from gearcli.cli.options import Reach
from gearcli.errors import ConnectFailed
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, exit_of, run_gear, take_job
from tests.client.peer import listening
from tests.support import ServerProcess, Wire, free_port, gear_serve, wait_until

WATCH = ("--watch", "-i", "10ms")


def background(server: ServerProcess, function: bytes, unique: bytes = b"", workload: bytes = b"x") -> str:
    """A job that waits; its handle."""
    with Wire(server.port) as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, function, unique, workload)
    return handle.decode()


@contextlib.contextmanager
def taken(server: ServerProcess, function: bytes) -> Iterator[tuple[Wire, bytes]]:
    """A worker that has a job, and its handle."""
    with Wire(server.port) as worker:
        handle, _ = take_job(worker, function)
        yield worker, handle


def test_a_job_that_waits(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-waits")
    assert 0 == exit_of("job", *at(server.port), handle)
    assert (f"{handle}\twaiting\n", "") == capfd.readouterr()


def test_a_job_that_runs(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-runs")
    with Wire(server.port) as worker:
        taken, _ = take_job(worker, b"job-runs")
        worker.say(PacketType.WORK_STATUS, taken, b"3", b"10")
        assert worker.works()
        assert 0 == exit_of("job", *at(server.port), handle)
    assert (f"{handle}\trunning\t3/10\n", "") == capfd.readouterr()


def test_a_job_by_its_unique(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    background(server, b"job-unique", b"the key")
    assert 0 == exit_of("job", *at(server.port), "--unique", "the key")
    assert ("the key\twaiting\n", "") == capfd.readouterr()


def test_json_is_an_object_for_each(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-json", b"json key")
    assert 1 == exit_of("job", *at(server.port), handle, "H:no:1", "--unique", "json key", "--json")
    by_handle, unknown, by_unique = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    state = {"known": True, "running": False, "numerator": 0, "denominator": 0}
    assert {"handle": handle, **state}.items() <= by_handle.items()
    assert {"handle": "H:no:1", **state, "known": False} == unknown
    assert {"unique": "json key", **state, "listeners": 0} == by_unique


def test_one_unknown_job_among_known_ones(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-mixed")
    assert 1 == exit_of("job", *at(server.port), "H:no:\x1b", handle)
    out, err = capfd.readouterr()
    assert f"{handle}\twaiting\n" == out
    assert "gear: H:no:\\x1b: the server knows no such job; it is done, or never was\n" == err


def test_json_tells_all_that_our_server_knows(
    server: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    handle = background(server, "job-ü \x1b%41".encode(), b"its key", b"12345")
    assert 0 == exit_of("job", *at(server.port), handle, "--json")
    fields = json.loads(capfd.readouterr().out)
    assert 0 <= fields.pop("age") < 100
    assert {
        "handle": handle, "known": True, "running": False, "numerator": 0, "denominator": 0,
        "function": "job-ü \\x1b%41", "unique": "its key", "state": "waiting", "priority": "normal",
        "background": True, "size": 5, "attempt": 0, "listeners": 0, "worker": None, "due": None,
        "reducer": None,
    } == fields  # fmt: skip


def test_json_names_the_worker(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-worked")
    with taken(server, b"job-worked") as (worker, _):
        worker.say(PacketType.SET_CLIENT_ID, b"a%20b")
        assert worker.works()
        assert 0 == exit_of("job", *at(server.port), handle, "--json")
    fields = json.loads(capfd.readouterr().out)
    assert ("running", "a%20b") == (fields["state"], fields["worker"]["client_id"])


@pytest.mark.parametrize(
    "arguments",
    ["", "--peek", "--peek --unique u", "--peek H:1 H:2", "--peek H:1 --unique u", "--peek --watch H:1",
     "--peek --json H:1", "--watch -i never H:1", "--watch"],
)  # fmt: skip
def test_2_what_makes_no_sense(arguments: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("job", *at(free_port()), *arguments.split())
    out, err = capfd.readouterr()
    assert ("", True) == (out, bool(err))


# -- several servers -----------------------------------------------------------------------


def test_every_server_is_asked(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve("--job-handle-prefix", "H:elsewhere") as other:
        here, there = background(server, b"job-here", workload=b"a"), background(other, b"f", workload=b"b")
        servers = *at(free_port()), *at(server.port), *at(other.port)
        assert 0 == exit_of("job", *servers, here, there)
        assert (f"{here}\twaiting\n{there}\twaiting\n", "") == capfd.readouterr()
        assert 0 == exit_of("job", *servers, there, "--peek")
        assert "b" == capfd.readouterr().out
        assert 69 == exit_of("job", *servers, "H:nowhere:1")  # the one that is not there may know it
        assert 1 == exit_of("job", *servers[2:], "H:nowhere:1")


def test_a_job_of_a_lost_server_is_not_one_that_is_done(server: ServerProcess) -> None:
    with gear_serve("--job-handle-prefix", "H:lost") as other:
        handle = background(other, b"f")
        with Gear("job", *at(server.port), *at(other.port), *WATCH, handle) as watching:
            assert f"{handle}\twaiting\n".encode() == watching.line()
            other.signal(signal.SIGKILL)
            result = watching.result()
    assert (69, b"") == result[:2]
    assert result.err.startswith(f"gear: the connection to 127.0.0.1:{other.port} was closed")


def test_none_can_be_reached() -> None:
    ports = free_port(), free_port()
    reached = Reach([Address("127.0.0.1", port) for port in ports], 1.0)
    with Jobs(reached) as jobs, pytest.raises(ConnectFailed) as caught:
        jobs.ask(Question("handle", "H:1"))
    assert [True, True] == [f"127.0.0.1:{port}: connection refused" in str(caught.value) for port in ports]


# -- other servers -------------------------------------------------------------------------


def test_a_server_that_tells_no_details_is_asked_for_them_once() -> None:
    with (
        listening() as listener,
        Gear("job", *at(listener.port), "H:1", "H:2", "--json") as client,
        listener.accept() as peer,
    ):
        peer.expect(PacketType.OPTION_REQ)
        peer.say(PacketType.STATUS_RES, *peer.expect(PacketType.GET_STATUS), b"1", b"0", b"0", b"0")
        with listener.accept() as operator:
            assert [b"job H:1\r\n"] == operator.expect(PacketType.TEXT)
            operator.send(b"ERR unknown_command Unknown+server+command\r\n")
            assert [b"version\r\n"] == operator.expect(PacketType.TEXT)
            operator.send(b"1.11\n")
            question = peer.expect(PacketType.GET_STATUS)
            peer.say(PacketType.STATUS_RES, *question, b"1", b"1", b"0", b"0")
            result = client.result()
    first, second = map(json.loads, result.out.splitlines())
    state = {"known": True, "numerator": 0, "denominator": 0}
    assert [{"handle": "H:1", "running": False, **state}, {"handle": "H:2", "running": True, **state}] == [
        first,
        second,
    ]
    assert (0, "") == (result.status, result.err)


# -- --peek --------------------------------------------------------------------------------


def test_peek_prints_the_workload_and_nothing_else(server: ServerProcess) -> None:
    workload = bytes(range(256)) * 100
    for content in (b"", workload):
        handle = background(server, b"job-peeked", workload=content)
        assert Result(0, content, "") == run_gear("job", *at(server.port), "--peek", handle)


def test_peek_at_a_terminal_ends_the_line(server: ServerProcess) -> None:
    handle = background(server, b"job-on-terminal", workload=b"text")
    controller, terminal = os.openpty()
    try:
        assert 0 == run_gear("job", *at(server.port), "--peek", handle, stdout=terminal).status
        assert b"text\r\n" == os.read(controller, 100)
    finally:
        os.close(controller)
        os.close(terminal)


def test_1_peek_at_an_unknown_job(server: ServerProcess) -> None:
    said = "gear: H:no:1: the server knows no such job; it is done, or never was\n"
    assert Result(1, b"", said) == run_gear("job", *at(server.port), "--peek", "H:no:1")


def test_74_peek_into_a_full_disk(server: ServerProcess) -> None:
    handle = background(server, b"job-full")
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        result = run_gear("job", *at(server.port), "--peek", handle, stdout=full)
    finally:
        os.close(full)
    assert (74, "gear: cannot write the output: no space left on device\n") == (result.status, result.err)


# -- --watch -------------------------------------------------------------------------------


def test_watch_shows_each_change_until_the_end(server: ServerProcess) -> None:
    handle = background(server, b"job-watched")
    with Gear("job", *at(server.port), *WATCH, handle) as watching:
        assert f"{handle}\twaiting\n".encode() == watching.line()
        with taken(server, b"job-watched") as (worker, job):
            assert f"{handle}\trunning\n".encode() == watching.line()
            worker.say(PacketType.WORK_STATUS, job, b"1", b"2")
            assert f"{handle}\trunning\t1/2\n".encode() == watching.line()
            worker.say(PacketType.WORK_COMPLETE, job, b"")
            assert Result(0, f"{handle}\tgone\n".encode(), "") == watching.result()


def test_watch_in_json(server: ServerProcess) -> None:
    handle = background(server, b"job-watched-json", b"watched key")
    by_unique = ("--unique", "watched key")
    with Gear("job", *at(server.port), *WATCH, handle, *by_unique, "--json") as watching:
        first, second = json.loads(watching.line()), json.loads(watching.line())
        assert ("waiting", "watched key") == (first["state"], second["unique"])
        with taken(server, b"job-watched-json") as (worker, job):
            first, second = json.loads(watching.line()), json.loads(watching.line())
            assert ("running", True) == (first["state"], second["running"])
            worker.say(PacketType.WORK_COMPLETE, job, b"")
            result = watching.result()
    last = [json.loads(line)["known"] for line in result.out.splitlines()]
    assert (0, [False, False], "") == (result.status, last, result.err)


def test_1_watch_what_was_never_known(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 1 == exit_of("job", *at(server.port), *WATCH, "H:no:1", "H:no:1")
    assert (
        "",
        "gear: H:no:1: the server knows no such job; it is done, or never was\n",
    ) == capfd.readouterr()
    assert 1 == exit_of("job", *at(server.port), *WATCH, "H:no:1", "--json")
    assert not json.loads(capfd.readouterr().out)["known"]


def test_1_one_of_the_watched_was_never_known(server: ServerProcess) -> None:
    handle = background(server, b"job-watched-mixed")
    with Gear("job", *at(server.port), *WATCH, "H:no:1", handle) as watching:
        assert f"{handle}\twaiting\n".encode() == watching.line()
        with taken(server, b"job-watched-mixed") as (worker, job):
            worker.say(PacketType.WORK_COMPLETE, job, b"")
            assert 1 == watching.result().status


def test_130_watch_is_interrupted(server: ServerProcess) -> None:
    handle = background(server, b"job-130")
    with Gear("job", *at(server.port), "--watch", "-i", "1h", handle) as watching:
        assert f"{handle}\twaiting\n".encode() == watching.line()
        watching.interrupt()
        assert Result(130, b"", "gear: interrupted\n") == watching.result()


# -- jobs that are over ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def keeping() -> Iterator[ServerProcess]:
    """A server that keeps results, in which a job that loses its worker once is dead."""
    with gear_serve("--keep-results", "1h", "--job-retries", "0") as running:
        yield running


def dead(server: ServerProcess, function: bytes) -> str:
    """A job that has lost its worker; its handle."""
    handle = background(server, function, b"its key", b"poison")
    with taken(server, function):
        pass
    with Wire(server.port) as client:
        wait_until(lambda: client.ask(PacketType.GET_STATUS, handle.encode())[1][1] == b"0")
    return handle


def test_a_dead_job_is_known(keeping: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = dead(keeping, b"job-dead")
    with gear_serve() as other:
        servers = *at(other.port), *at(keeping.port)
        assert 0 == exit_of("job", *servers, handle)
        assert (f"{handle}\tdead\n", "") == capfd.readouterr()
        assert 0 == exit_of("job", *servers, handle, "--json")
        fields = json.loads(capfd.readouterr().out)
        assert fields.pop("ended") > 0
        reason = "its worker was lost in attempt 1, the last"
        assert {
            "handle": handle, "known": False, "running": False, "numerator": 0, "denominator": 0,
            "function": "job-dead", "unique": "its key", "state": "dead", "attempt": 1,
            "result_size": None, "reason": reason,
        } == fields  # fmt: skip
        assert 0 == exit_of("job", *servers, handle, "--peek")
        assert ("poison", "") == capfd.readouterr()


def test_a_dead_job_is_known_where_no_results_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve("--job-retries", "0") as server:
        handle = dead(server, b"f")
        assert 0 == exit_of("job", *at(server.port), handle)
        assert (f"{handle}\tdead\n", "") == capfd.readouterr()


def test_a_job_whose_result_is_kept_is_known(
    keeping: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    handle = background(keeping, b"job-kept")
    with taken(keeping, b"job-kept") as (worker, job):
        worker.say(PacketType.WORK_COMPLETE, job, b"result")
        assert worker.works()
    assert 0 == exit_of("job", *at(keeping.port), handle)
    assert (f"{handle}\tdone\n", "") == capfd.readouterr()
    assert 1 == exit_of("job", *at(keeping.port), handle, "--peek")
    words = f"{handle} is done: its workload is kept no longer, its result is: gear result {handle}"
    assert ("", f"gear: {words}\n") == capfd.readouterr()
