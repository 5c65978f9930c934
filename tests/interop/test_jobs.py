"""`gear job`, `wait`, `result` and `cancel` with Gearman's own server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, Result, at, run_gear, take_job
from tests.support import ServerProcess, Wire, gearmand, needs_peers, wait_until

pytestmark = needs_peers

UNKNOWN = "the server knows no such job; it is done, or never was"


@pytest.fixture(scope="module")
def debians() -> Iterator[ServerProcess]:
    """Debian's gearmand."""
    with gearmand() as server:
        yield server


def background(server: ServerProcess, function: bytes) -> str:
    """A job that waits; its handle."""
    with Wire(server.port) as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")
    return handle.decode()


def test_json_tells_what_gearmand_tells(debians: ServerProcess) -> None:
    handle = background(debians, b"told")
    result = run_gear("job", *at(debians.port), handle, "--json")
    assert (0, "") == (result.status, result.err)
    state = {"known": True, "running": False, "numerator": 0, "denominator": 0}
    assert {"handle": handle, **state} == json.loads(result.out)


def test_76_gearmand_shows_no_workload(debians: ServerProcess) -> None:
    handle = background(debians, b"peeked")
    result = run_gear("job", *at(debians.port), "--peek", handle)
    assert (76, b"") == result[:2]
    assert result.err.startswith(f"gear: this needs a gear server; 127.0.0.1:{debians.port} is gearmand 1.1.")


def test_a_job_is_watched(debians: ServerProcess) -> None:
    handle = background(debians, b"watched")
    with Gear("job", *at(debians.port), "--watch", "-i", "10ms", handle) as watching:
        assert f"{handle}\twaiting\n".encode() == watching.line()
        with Wire(debians.port) as worker:
            job, _ = take_job(worker, b"watched")
            assert f"{handle}\trunning\n".encode() == watching.line()
            worker.say(PacketType.WORK_COMPLETE, job, b"")
            assert Result(0, f"{handle}\tgone\n".encode(), "") == watching.result()


def test_a_job_is_waited_for(debians: ServerProcess) -> None:
    handle = background(debians, b"waited")
    said = f"gear: {handle}: 1/2\n"
    with Gear("wait", *at(debians.port), handle) as waiting, Wire(debians.port) as worker:
        job, _ = take_job(worker, b"waited")
        worker.say(PacketType.WORK_STATUS, job, b"1", b"2")
        wait_until(lambda: said in waiting.said())
        worker.say(PacketType.WORK_COMPLETE, job, b"")
        assert Result(0, b"", said) == waiting.result()


def test_1_and_124_of_wait(debians: ServerProcess) -> None:
    handle = background(debians, b"not done")
    assert Result(1, b"", f"gear: H:no:1: {UNKNOWN}\n") == run_gear("wait", *at(debians.port), "H:no:1")
    assert 124 == run_gear("wait", *at(debians.port), handle, "--timeout", "50ms").status


def test_76_gearmand_keeps_no_results(debians: ServerProcess) -> None:
    handle = background(debians, b"not kept")
    result = run_gear("result", *at(debians.port), handle)
    assert (76, b"") == result[:2]
    assert result.err.startswith(f"gear: this needs a gear server; 127.0.0.1:{debians.port} is gearmand 1.1.")


def test_a_job_is_cancelled(debians: ServerProcess) -> None:
    handle = background(debians, b"cancelled")
    cancelled = f"gear: {handle}: cancelled\n"
    assert Result(0, b"", cancelled) == run_gear("cancel", *at(debians.port), "-y", handle)
    with Wire(debians.port) as worker:
        worker.say(PacketType.CAN_DO, b"cancelled")
        assert (PacketType.NO_JOB, []) == worker.ask(PacketType.GRAB_JOB)


def test_1_gearmand_knows_no_such_job(debians: ServerProcess) -> None:
    result = run_gear("cancel", *at(debians.port), "-y", "H:no:1")
    assert Result(1, b"", f"gear: H:no:1: {UNKNOWN}\n") == result
