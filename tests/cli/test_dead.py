"""`gear jobs --dead` and what else is done with jobs that kill their workers, from the first loss on."""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gearcli.client.admin import Admin
from gearcli.client.documents import DeadList
from gearcli.protocol.packets import PacketType as P
from tests.cli.driving import Result, at, counts, exit_of, run_gear, take_job
from tests.support import ServerProcess, Wire, gear_serve, gearmand, needs_peers

RETRIES = 3
JOBS, DEATHS = 20, 50
REASON = f"its worker was lost in attempt {RETRIES + 1}, the last"


@pytest.fixture(scope="module")
def strict() -> Iterator[ServerProcess]:
    """A server that gives up on a job."""
    with gear_serve("--job-retries", str(RETRIES)) as server:
        yield server


def killer(server: ServerProcess, function: bytes, workload: bytes = b"x", unique: bytes = b"") -> str:
    """A background job that has killed all workers that it may; its handle."""
    with Wire(server.port) as client:
        _, (handle,) = client.ask(P.SUBMIT_JOB_BG, function, unique, workload)
    die(server, function, RETRIES + 1)
    return handle.decode()


def die(server: ServerProcess, function: bytes, most: int) -> Counter[bytes]:
    """Let workers die in their first job until there is none; how often each job was begun."""
    begun = Counter[bytes]()
    for _ in range(most):
        with Wire(server.port) as worker:
            worker.say(P.CAN_DO, function)
            type_, fields = worker.ask(P.GRAB_JOB)
            if type_ is P.NO_JOB:
                break
            begun[fields[0]] += 1
    return begun


def told(server: ServerProcess, *arguments: str) -> dict[str, Any]:
    result = run_gear("jobs", "--dead", "--json", *at(server.port), *arguments)
    assert (0, "") == (result.status, result.err)
    found: dict[str, Any] = json.loads(result.out)
    return found


def test_twenty_poison_jobs(tmp_path: Path) -> None:
    """They would kill fifty workers each; they are stopped, kept over a restart, and done in the end."""
    store = str(tmp_path / "jobs.db")
    with gear_serve("--job-retries", str(RETRIES), "--store", store) as server:
        with Wire(server.port) as client:
            workloads = [b"%d" % each for each in range(JOBS)]
            created = [client.ask(P.SUBMIT_JOB_BG, b"poison", b"", each)[1][0] for each in workloads]
        begun = die(server, b"poison", JOBS * DEATHS)
        assert dict.fromkeys(created, RETRIES + 1) == begun
        assert (0, 0, 0) == counts(server.port, "poison")
        before = told(server)["jobs"]
        assert {handle.decode() for handle in created} == {job["handle"] for job in before}
        assert {REASON} == {job["reason"] for job in before}
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    with gear_serve("--job-retries", str(RETRIES), "--store", store) as server:
        assert [(job["handle"], job["died"]) for job in before] == [
            (job["handle"], job["died"]) for job in told(server, "poison")["jobs"]
        ]
        names = [handle.decode() for handle in created]
        assert 0 == exit_of("retry", *at(server.port), "-q", *names)
        assert (JOBS, 0, 0) == counts(server.port, "poison")
        with Wire(server.port) as worker:
            for _ in created:
                handle, workload = take_job(worker, b"poison")
                assert workloads[created.index(handle)] == workload
                worker.say(P.WORK_COMPLETE, handle, b"")
            assert worker.works()
        assert [] == told(server)["jobs"]
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert b"" == run_gear("store", "check", store).out


def test_a_row_and_an_object(strict: ServerProcess) -> None:
    handle = killer(strict, b"rows\n", b"12345", b"u\x1b")
    row = run_gear("jobs", "--dead", *at(strict.port), "rows\n")
    fields = row.out.decode().rstrip("\n").split("\t")
    assert [handle, "rows\\n", "normal"] == fields[:3]
    assert [str(RETRIES + 1), "5", REASON] == fields[4:]
    assert 0 <= float(fields[3]) < 3600
    (job,) = told(strict, "rows\n")["jobs"]
    assert (handle, "rows\\n", "u\\x1b", "dead", RETRIES + 1, 5, REASON) == tuple(
        job[key] for key in ("handle", "function", "unique", "state", "attempt", "size", "reason")
    )


def test_a_server_tells_as_many_as_it_is_asked_for(strict: ServerProcess) -> None:
    for _ in range(2):
        killer(strict, b"many")
    with Admin(f"127.0.0.1:{strict.port}") as admin:
        some = admin.dead(b"many", 1)
        assert (1, 1) == (len(some.jobs), some.left_out)
        assert DeadList([], 0) == admin.dead(b"nobody")


def test_result_and_wait_say_so(strict: ServerProcess) -> None:
    handle = killer(strict, b"asked")
    said = f"gear: {handle} is dead: {REASON}; queue it again with: gear retry {handle}\n"
    assert Result(1, b"", said) == run_gear("result", *at(strict.port), handle)
    assert Result(1, b"", said) == run_gear("wait", *at(strict.port), handle)
    other = killer(strict, b"asked")
    unknown = "gear: H:no:1: the server knows no such job; it is done, or never was\n"
    result = run_gear("wait", *at(strict.port), "H:no:1", other)
    assert Result(1, b"", unknown + said.replace(handle, other)) == result
    as_json = json.loads(run_gear("result", "--json", *at(strict.port), handle).out)
    assert ("dead", REASON) == (as_json["state"], as_json["reason"])


@needs_peers
def test_76_gearmand_has_none() -> None:
    with gearmand() as server:
        for name, *rest in (("jobs", "--dead"), ("retry", "H:x:1"), ("purge", "--dead", "-y", "f")):
            result = run_gear(name, *at(server.port), *rest)
            assert (76, b"") == (result.status, result.out)
            assert "this needs a gear server" in result.err
            assert "gearmand 1." in result.err
