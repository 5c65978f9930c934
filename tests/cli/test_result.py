"""`gear result`: what became of background jobs, and when that cannot be told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType as P
from tests.cli.driving import Gear, Result, at, exit_of, gear_worker, run_gear, take_job
from tests.client.peer import listening
from tests.support import ServerProcess, free_port, gear_serve, wait_until

UNKNOWN = "gear: H:no:1: the server knows no such job; it is done, or never was\n"


@pytest.fixture(scope="module")
def keeper() -> Iterator[ServerProcess]:
    """A server that keeps results."""
    with gear_serve("--keep-results", "1h", "--job-handle-prefix", "H:kept") as server:
        yield server


def waiting(server: ServerProcess, function: bytes = b"f", unique: bytes = b"") -> str:
    """A background job that waits; its handle."""
    with server.wire() as client:
        _, (handle,) = client.ask(P.SUBMIT_JOB_BG, function, unique, b"w")
    return handle.decode()


def ended(server: ServerProcess, *reports: tuple[P, *tuple[bytes, ...]]) -> str:
    """A background job of which a worker has reported this; its handle."""
    handle = waiting(server)
    with server.wire() as worker:
        job, _ = take_job(worker, b"f")
        assert handle == job.decode()
        for type_, *words in reports:
            worker.say(type_, job, *words)
        assert worker.works()
    return handle


@pytest.mark.parametrize("content", [b"", b"no line end", bytes(range(256)) * 20_000])
def test_the_bytes_of_a_result_and_nothing_else(keeper: ServerProcess, content: bytes) -> None:
    handle = ended(keeper, (P.WORK_DATA, content[:100]), (P.WORK_COMPLETE, content[100:]))
    for _ in range(2):
        assert Result(0, content, "") == run_gear("result", *at(keeper.port), handle)


def test_at_a_terminal_the_line_is_ended(keeper: ServerProcess) -> None:
    controller, terminal = os.openpty()
    try:
        for content in (b"text", b"text\n"):
            handle = ended(keeper, (P.WORK_COMPLETE, content))
            assert 0 == run_gear("result", *at(keeper.port), handle, stdout=terminal).status
            assert b"text\r\n" == os.read(controller, 100)
    finally:
        os.close(controller)
        os.close(terminal)


def test_warnings_of_a_job_that_is_done(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = ended(keeper, (P.WORK_WARNING, b"low\x1b\ndisk\n"), (P.WORK_COMPLETE, b"r"))
    assert 0 == exit_of("result", *at(keeper.port), handle)
    assert ("r", f"gear: {handle}: low\\x1b\ngear: {handle}: disk\n") == capfd.readouterr()


# -- 1: it failed, or nobody knows ----------------------------------------------------------


def test_1_an_exception(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = ended(keeper, (P.WORK_DATA, b"a part"), (P.WORK_EXCEPTION, b"no such\x1b\nfile"))
    assert 1 == exit_of("result", *at(keeper.port), handle)
    assert ("a part", f"gear: {handle} failed: no such\\x1b\ngear: {handle} file\n") == capfd.readouterr()


def test_1_a_failure_without_words(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = ended(keeper, (P.WORK_FAIL,))
    assert 1 == exit_of("result", *at(keeper.port), handle)
    assert ("", f"gear: {handle} failed\n") == capfd.readouterr()


def test_1_a_command_that_failed(keeper: ServerProcess) -> None:
    handle = waiting(keeper, b"failing")
    with gear_worker(keeper.port, "failing", ["sh", "-c", "echo oh >&2; exit 3"]):
        result = run_gear("wait", *at(keeper.port), handle)
    said = f"gear: {handle}: oh\ngear: {handle}: sh exited with status 3\ngear: {handle} failed\n"
    assert [Result(1, b"", said)] * 2 == [result, run_gear("result", *at(keeper.port), handle)]


def test_1_a_cancelled_job(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = waiting(keeper)
    assert 0 == exit_of("cancel", "-y", "-q", *at(keeper.port), handle)
    assert 1 == exit_of("result", *at(keeper.port), handle)
    assert ("", f"gear: {handle} failed: it was cancelled\n") == capfd.readouterr()


def test_1_a_result_that_was_too_big() -> None:
    row = {
        "handle": "H:1", "function": "f", "unique": "", "state": "done", "attempt": 1, "ended": 1.5,
        "size": 9, "dropped": True, "result_base64": None, "exception_base64": None, "warnings_base64": "",
        "reason": "there was no room for its 9 bytes",
    }  # fmt: skip
    with (
        listening() as listener,
        Gear("result", *at(listener.port), "H:1") as asking,
        listener.accept() as peer,
    ):
        assert [b"result H:1\r\n"] == peer.expect(P.TEXT)
        peer.send(json.dumps(row).encode() + b"\n.\n")
        result = asking.result()
    said = "gear: H:1: its result was not kept: there was no room for its 9 bytes\n"
    assert Result(1, b"", said) == result


def test_1_an_unknown_job(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 1 == exit_of("result", *at(keeper.port), "H:no:1")
    assert ("", UNKNOWN) == capfd.readouterr()


def test_1_a_result_whose_time_is_over(capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve("--keep-results", "50ms") as server:
        handle = ended(server, (P.WORK_COMPLETE, b"r"))
        assert wait_until(lambda: exit_of("result", *at(server.port), handle))
    assert capfd.readouterr().err.startswith(f"gear: {handle}: the server knows no such job")


# -- the others ----------------------------------------------------------------------------


def test_75_a_job_that_is_not_done(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = waiting(keeper, b"slow")
    assert 75 == exit_of("result", *at(keeper.port), handle)
    hint = f"wait for it with: gear wait {handle}\n"
    assert ("", f"gear: {handle} is still waiting; {hint}") == capfd.readouterr()
    with keeper.wire() as worker:
        take_job(worker, b"slow")
        assert 75 == exit_of("result", *at(keeper.port), handle)
        assert ("", f"gear: {handle} is still running; {hint}") == capfd.readouterr()


def test_75_a_job_whose_client_left(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with keeper.wire() as worker:
        with keeper.wire() as client:
            client.ask(P.SUBMIT_JOB, b"left", b"", b"w")
            handle = take_job(worker, b"left")[0].decode()
        assert 75 == exit_of("result", *at(keeper.port), handle)
    assert f"gear: {handle} is still running; " in capfd.readouterr().err


def test_76_a_server_that_keeps_nothing(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = waiting(server, b"result-not-kept")
    assert 76 == exit_of("result", *at(server.port), handle)
    hint = "keeps no results; start it with: gear serve --keep-results 1h"
    assert ("", f"gear: 127.0.0.1:{server.port} {hint}\n") == capfd.readouterr()


def test_69_nobody_listens(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert 69 == exit_of("result", *at(port), "H:1")
    assert capfd.readouterr().err.startswith(f"gear: cannot connect to 127.0.0.1:{port}: connection refused")


@pytest.mark.parametrize("arguments", ["", "H:1 H:2"])
def test_2_what_makes_no_sense(arguments: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("result", *at(free_port()), *arguments.split())
    assert "" == capfd.readouterr().out


def test_of_several_servers_the_one_that_knows_it(
    keeper: ServerProcess, server: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    here = ended(keeper, (P.WORK_COMPLETE, b"here"))
    with gear_serve("--keep-results", "1h", "--job-handle-prefix", "H:elsewhere") as other:
        there = ended(other, (P.WORK_COMPLETE, b"there"))
        servers = *at(free_port()), *at(server.port), *at(keeper.port), *at(other.port)
        for handle, words in ((here, "here"), (there, "there")):
            assert 0 == exit_of("result", *servers, handle)
            assert (words, "") == capfd.readouterr()
        assert 76 == exit_of("result", *servers, "H:no:1"), "one of them could not tell"
        assert 1 == exit_of("result", *servers[4:], "H:no:1")


# -- --json --------------------------------------------------------------------------------


def test_json(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    text = ended(keeper, (P.WORK_WARNING, b"\xff"), (P.WORK_COMPLETE, "ü\n".encode()))
    threw = ended(keeper, (P.WORK_EXCEPTION, b"oh"))
    handles = [text, threw, waiting(keeper, b"two words", b"\xff")]
    assert [0, 1, 75] == [exit_of("result", *at(keeper.port), handle, "--json") for handle in handles]
    out, err = capfd.readouterr()
    done, failed, waits = map(json.loads, out.splitlines())
    assert ("", True) == (err, done.pop("ended") > 1_700_000_000)
    assert {
        "handle": text, "function": "f", "unique": "", "state": "done", "attempt": 1, "size": 3,
        "dropped": False, "result": "ü\n", "exception": None, "warnings_base64": "/w==", "reason": None,
    } == done  # fmt: skip
    assert ("failed", "", "oh") == (failed["state"], failed["result"], failed["exception"])
    assert ("waiting", "two words", "\\xff", None, None) == (
        waits["state"], waits["function"], waits["unique"], waits["ended"], waits["result"],
    )  # fmt: skip
