"""`gear wait`: background jobs that are done, and all that can come between."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, asleep, at, exit_of, run_gear, take_job
from tests.client.peer import listening
from tests.support import ServerProcess, Wire, free_port, gear_serve, wait_until

UNKNOWN = "gear: H:no:1: the server knows no such job; it is done, or never was\n"


def background(server: ServerProcess, function: bytes, count: int = 1) -> list[str]:
    """Jobs that wait; their handles."""
    handles = []
    with Wire(server.port) as client:
        for _ in range(count):
            _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")
            handles.append(handle.decode())
    return handles


def waiting(server: ServerProcess, handles: Sequence[str], *options: str) -> Gear:
    """A `gear wait` that is connected to a server nobody else is connected to."""
    with Wire(server.port) as wire:
        wait_until(lambda: len(wire.rows(b"workers")) == 1)  # all that came before have gone
        client = Gear("wait", *at(server.port), *handles, *options)
        wait_until(lambda: len(wire.rows(b"workers")) > 1)
    return client


def test_0_seen_and_then_gone() -> None:
    with gear_serve() as server:
        handles = background(server, b"f", 2)
        with waiting(server, handles) as client, Wire(server.port) as worker:
            for step in (b"1", b"2"):
                job, _ = take_job(worker, b"f")
                worker.say(PacketType.WORK_STATUS, job, step, b"3")
                said = f"gear: {job.decode()}: {step.decode()}/3\n"
                wait_until(lambda said=said: said in client.said())  # type: ignore[misc]
                worker.say(PacketType.WORK_COMPLETE, job, b"")
            result = client.result()
    assert (0, b"") == result[:2]
    assert [f"gear: {handles[0]}: 1/3", f"gear: {handles[1]}: 2/3"] == sorted(result.err.splitlines())


def test_quiet_says_no_progress(server: ServerProcess) -> None:
    handles = background(server, b"wait-quiet")
    with Wire(server.port) as worker:
        job, _ = take_job(worker, b"wait-quiet")
        worker.say(PacketType.WORK_STATUS, job, b"1", b"2")
        assert worker.works()
        result = run_gear("wait", *at(server.port), "-q", *handles, "--timeout", "0")
    assert Result(124, b"", f"gear: {handles[0]}: not done within 0 s; the job goes on\n") == result


def test_progress_is_said_once(server: ServerProcess) -> None:
    handles = background(server, b"wait-once")
    with Wire(server.port) as worker:
        job, _ = take_job(worker, b"wait-once")
        worker.say(PacketType.WORK_STATUS, job, b"1", b"2")
        assert worker.works()
        result = run_gear("wait", *at(server.port), *handles, "--timeout", "200ms")
    assert 124 == result.status
    assert 1 == result.err.count(f"gear: {handles[0]}: 1/2\n")


def test_1_never_seen(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 1 == exit_of("wait", *at(server.port), "H:no:1", "H:no:\x1b", "-q")
    assert ("", UNKNOWN + UNKNOWN.replace("H:no:1", "H:no:\\x1b")) == capfd.readouterr()


def test_1_goes_before_124(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handles = background(server, b"wait-mixed", 2)
    assert 1 == exit_of("wait", *at(server.port), "H:no:1", *handles, "--timeout", "10ms")
    said = f"gear: {', '.join(handles)}: not done within 0.01 s; the jobs go on\n"
    assert ("", UNKNOWN + said) == capfd.readouterr()


@pytest.mark.parametrize("arguments", ["", "H:1 --timeout soon"])
def test_2_what_makes_no_sense(arguments: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("wait", *at(free_port()), *arguments.split())
    assert "" == capfd.readouterr().out


def test_69_nobody_listens(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert 69 == exit_of("wait", *at(port), "H:1")
    assert capfd.readouterr().err.startswith(f"gear: cannot connect to 127.0.0.1:{port}: connection refused")


def test_69_the_server_is_gone() -> None:
    with gear_serve() as server:
        handles = background(server, b"f")
        with waiting(server, handles) as client:
            server.signal(signal.SIGKILL)
            result = client.result()
    assert (69, b"") == result[:2]
    assert result.err.startswith(f"gear: the connection to 127.0.0.1:{server.port} was closed")


def test_124_out_of_time(server: ServerProcess) -> None:
    (handle,) = background(server, b"wait-124")
    result = run_gear("wait", *at(server.port), handle, "--timeout", "100ms")
    assert Result(124, b"", f"gear: {handle}: not done within 0.1 s; the job goes on\n") == result
    assert 0 == run_gear("job", *at(server.port), handle).status


@pytest.mark.parametrize(("count", "words"), [(1, "the job goes on"), (2, "the jobs go on")])
def test_130_interrupted(count: int, words: str) -> None:
    with gear_serve() as server:
        handles = background(server, b"f", count)
        with waiting(server, handles) as client:
            wait_until(lambda: asleep(client.pid))
            client.signal(signal.SIGINT)
            said = f"gear: {words}: {', '.join(handles)}\ngear: interrupted\n"
            assert Result(130, b"", said) == client.result()


def test_pauses_grow_to_a_second(server: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    handles = background(server, b"wait-pauses")
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 7:
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    assert 130 == exit_of("wait", *at(server.port), *handles)
    assert [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0] == pauses


# -- where results are kept ------------------------------------------------------------------


@pytest.fixture(scope="module")
def keeper() -> Iterator[ServerProcess]:
    """A server that keeps results."""
    with gear_serve("--keep-results", "1h") as server:
        yield server


def finish(server: ServerProcess, function: bytes, type_: PacketType, *words: bytes) -> None:
    """Take a job and end it."""
    with Wire(server.port) as worker:
        job, _ = take_job(worker, function)
        worker.say(type_, job, *words)
        assert worker.works()


def test_a_job_that_ended_before(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    done, failed, threw = background(keeper, b"before", 3)
    finish(keeper, b"before", PacketType.WORK_COMPLETE, b"result")
    finish(keeper, b"before", PacketType.WORK_FAIL)
    finish(keeper, b"before", PacketType.WORK_EXCEPTION, b"no disk")
    assert 0 == exit_of("wait", *at(keeper.port), done)
    assert ("", "") == capfd.readouterr()
    assert 1 == exit_of("wait", *at(keeper.port), done, failed, threw, "-q")
    assert ("", f"gear: {failed} failed\ngear: {threw} failed: no disk\n") == capfd.readouterr()


@pytest.mark.parametrize(
    ("type_", "words", "status", "said"),
    [
        (PacketType.WORK_COMPLETE, [b"result"], 0, ""),
        (PacketType.WORK_EXCEPTION, [b"oh"], 1, " failed: oh\n"),
    ],
)
def test_a_job_that_ends_meanwhile(type_: PacketType, words: list[bytes], status: int, said: str) -> None:
    with gear_serve("--keep-results", "1h") as server:
        (handle,) = background(server, b"f")
        with waiting(server, [handle]) as client:
            finish(server, b"f", type_, *words)
            result = client.result()
    assert Result(status, b"", said and f"gear: {handle}{said}") == result


def test_a_cancelled_job_has_failed(keeper: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    (handle,) = background(keeper, b"cancelled")
    assert 0 == exit_of("cancel", "-y", "-q", *at(keeper.port), handle)
    assert 1 == exit_of("wait", *at(keeper.port), handle)
    assert ("", f"gear: {handle} failed: it was cancelled\n") == capfd.readouterr()


def test_1_never_seen_where_results_are_kept(
    keeper: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 1 == exit_of("wait", *at(keeper.port), "H:no:1")
    assert ("", UNKNOWN) == capfd.readouterr()


def test_a_server_that_keeps_none_is_asked_once() -> None:
    """gearmand answers so; two jobs go that were seen."""
    known, gone = (b"1", b"0", b"0", b"0"), (b"0", b"0", b"0", b"0")
    with (
        listening() as listener,
        Gear("wait", *at(listener.port), "H:1", "H:2") as client,
        listener.accept() as peer,
    ):
        peer.expect(PacketType.OPTION_REQ)
        for state in (known, known, gone):
            peer.say(PacketType.STATUS_RES, *peer.expect(PacketType.GET_STATUS), *state)
        with listener.accept() as operator:
            assert [b"result H:1\r\n"] == operator.expect(PacketType.TEXT)
            operator.send(b"ERR UNKNOWN_COMMAND Unknown+server+commandresult\r\n")
            assert [b"version\r\n"] == operator.expect(PacketType.TEXT)
            operator.send(b"OK 1.1.20\n")
            peer.say(PacketType.STATUS_RES, *peer.expect(PacketType.GET_STATUS), *gone)
            assert Result(0, b"", "") == client.result()
            with pytest.raises(ConnectionError):
                operator.packet()


def test_69_a_server_that_lets_nobody_in_any_longer_has_told_nothing() -> None:
    known, gone = (b"1", b"0", b"0", b"0"), (b"0", b"0", b"0", b"0")
    with (
        listening() as listener,
        Gear("wait", *at(listener.port), "H:1") as client,
        listener.accept() as peer,
    ):
        peer.expect(PacketType.OPTION_REQ)
        peer.say(PacketType.STATUS_RES, *peer.expect(PacketType.GET_STATUS), *known)
        question = peer.expect(PacketType.GET_STATUS)
        listener.close()
        peer.say(PacketType.STATUS_RES, *question, *gone)
        result = client.result()
    assert (69, b"") == result[:2]
