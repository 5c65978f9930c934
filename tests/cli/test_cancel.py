"""`gear cancel`: jobs taken back, and who is asked before."""

from __future__ import annotations

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, counts, exit_of, run_gear, take_job
from tests.support import ServerProcess, Wire, free_port, gear_serve
from tests.terminal.screens import end_of, terminal

UNKNOWN = "gear: H:no:1: the server knows no such job; it is done, or never was\n"


def background(server: ServerProcess, function: bytes) -> str:
    """A job that waits; its handle."""
    with Wire(server.port) as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")
    return handle.decode()


def test_0_jobs_that_wait_are_gone(server: ServerProcess) -> None:
    one, two = background(server, b"cancel-two"), background(server, b"cancel-two")
    result = run_gear("cancel", *at(server.port), "--yes", one, two, one)
    assert Result(0, b"", f"gear: {one}: cancelled\ngear: {two}: cancelled\n") == result
    assert (0, 0, 0) == counts(server.port, "cancel-two")


def test_who_waits_hears_that_the_job_failed(server: ServerProcess) -> None:
    with Wire(server.port) as client, Wire(server.port) as worker:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"cancel-running", b"", b"x")
        take_job(worker, b"cancel-running")
        assert 0 == run_gear("cancel", *at(server.port), "-y", handle.decode()).status
        assert (PacketType.WORK_FAIL, [handle]) == client.packet()


def test_quiet(server: ServerProcess) -> None:
    handle = background(server, b"cancel-quiet")
    assert Result(0, b"", "") == run_gear("cancel", *at(server.port), "-y", "-q", handle)


def test_1_an_unknown_job_among_others(server: ServerProcess) -> None:
    handle = background(server, b"cancel-mixed")
    result = run_gear("cancel", *at(server.port), "-y", "H:no:1", handle)
    assert Result(1, b"", f"{UNKNOWN}gear: {handle}: cancelled\n") == result


def test_the_server_that_knows_the_job_is_found(server: ServerProcess) -> None:
    with gear_serve("--job-handle-prefix", "H:elsewhere") as other:
        handle = background(other, b"f")
        result = run_gear("cancel", *at(free_port()), *at(server.port), *at(other.port), "-y", handle)
        assert Result(0, b"", f"gear: {handle}: cancelled\n") == result
        assert (0, 0, 0) == counts(other.port, "f")


def test_2_nobody_can_be_asked(server: ServerProcess) -> None:
    handle = background(server, b"cancel-unasked")
    said = "gear: cancelling destroys jobs, and there is no terminal to ask on; say --yes\n"
    assert Result(2, b"", said) == run_gear("cancel", *at(server.port), handle, stdin=b"y\n")
    assert (1, 0, 0) == counts(server.port, "cancel-unasked")


@pytest.mark.parametrize("handle", ["", "H:1 ", "H:1\nshutdown", "H:1\tx"])
def test_2_what_is_no_handle(server: ServerProcess, handle: str, capfd: pytest.CaptureFixture[str]) -> None:
    good = background(server, b"cancel-no-handle")
    before = counts(server.port, "cancel-no-handle")
    assert 2 == exit_of("cancel", *at(server.port), "-y", good, handle)
    assert "is not a handle; one looks like H:jobs.example:1" in capfd.readouterr().err
    assert before == counts(server.port, "cancel-no-handle")


def test_2_nothing_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("cancel", "-y")
    assert "" == capfd.readouterr().out


def test_69_nobody_listens(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert 69 == exit_of("cancel", *at(port), "-y", "H:1")
    assert capfd.readouterr().err.startswith(f"gear: cannot connect to 127.0.0.1:{port}: connection refused")


# -- on a terminal ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "jobs", "said"),
    [("y", 0, 0, "cancelled\r\n"), ("n", 1, 1, "gear: nothing was cancelled\r\n")],
)
def test_a_person_is_asked(server: ServerProcess, answer: str, status: int, jobs: int, said: str) -> None:
    function = f"cancel-{answer}"
    handle = background(server, function.encode())
    with terminal("cancel", *at(server.port), handle) as child:
        child.expect_exact(f"Cancel {handle}? [y/N]: ")
        child.sendline(answer)
        printed, exit_status = end_of(child)
    assert status == exit_status
    assert printed.endswith(said)
    assert (jobs, 0, 0) == counts(server.port, function)


@pytest.mark.parametrize(
    ("key", "status", "said"),
    [("c", 130, "gear: interrupted\r\n"), ("d", 1, "gear: nothing was cancelled\r\n")],
)
def test_an_interruption_and_the_end_of_input_are_no_yes(
    server: ServerProcess, key: str, status: int, said: str
) -> None:
    handle = background(server, f"cancel-ctrl-{key}".encode())
    with terminal("cancel", *at(server.port), handle) as child:
        child.expect_exact("[y/N]: ")
        child.sendcontrol(key)
        printed, exit_status = end_of(child)
    assert status == exit_status
    assert printed.endswith(said)
    assert (1, 0, 0) == counts(server.port, f"cancel-ctrl-{key}")


def test_yes_is_not_asked(server: ServerProcess) -> None:
    handle = background(server, b"cancel-yes")
    with terminal("cancel", *at(server.port), "--yes", handle) as child:
        assert (f"gear: {handle}: cancelled\r\n", 0) == end_of(child)
