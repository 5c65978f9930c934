"""The commands of an operator with Gearman's own server, beside `gear serve` and a dead one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, exit_of, gear_worker, run_gear
from tests.support import ServerProcess, Wire, free_port, gear_serve, gearmand, needs_peers

pytestmark = needs_peers


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


@pytest.fixture(scope="module")
def debians() -> Iterator[ServerProcess]:
    """Debian's gearmand."""
    with gearmand() as server:
        yield server


def submit(server: ServerProcess, function: bytes, type_: PacketType = PacketType.SUBMIT_JOB_BG) -> str:
    """A job that waits; its handle."""
    with Wire(server.port) as client:
        _, (handle,) = client.ask(type_, function, b"", b"x")
    return handle.decode()


def needs_gear(server: ServerProcess) -> str:
    """The beginning of what is said of a server that is none of ours."""
    return f"gear: this needs a gear server; 127.0.0.1:{server.port} is gearmand 1."


def test_status_is_the_same_of_both(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    submit(server, b"status-a", PacketType.SUBMIT_JOB_HIGH_BG)
    submit(server, b"status-a")
    with gear_worker(server.port, "status-b", ["cat"]):
        for arguments, out in [
            (["--format", "plain"], "status-a\t2\t0\t0\nstatus-b\t0\t0\t1\n"),
            (["--format", "plain", "--hide-empty", "--total"], "status-a\t2\t0\t0\n\t2\t0\t0\n"),
            (["--format", "plain", "--sort", "workers"], "status-b\t0\t0\t1\nstatus-a\t2\t0\t0\n"),
        ]:
            assert 0 == exit_of("status", *at(server.port), "status-*", *arguments)
            assert (out, "") == capfd.readouterr()
        assert 0 == exit_of("status", *at(server.port), "status-a", "--json")
    (function,) = json.loads(capfd.readouterr().out)["functions"]
    assert (1, 1, 0) == (function["high"], function["normal"], function["low"])


def test_status_of_both_and_a_dead_one(debians: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    dead = free_port()
    with gear_serve() as ours:
        for server in (ours, debians):
            submit(server, b"everywhere")
        servers = [*at(ours.port), *at(dead), *at(debians.port)]
        assert 69 == exit_of("status", *servers, "everywhere")
        out, err = capfd.readouterr()
        assert "everywhere\t2\t0\t0\n" == out
        assert f"cannot connect to 127.0.0.1:{dead}" in err
        assert 69 == exit_of("status", *servers, "--format", "prometheus", "everywhere")
        lines = capfd.readouterr().out.splitlines()
    assert [1, 0, 1] == [int(line.split()[1]) for line in lines if line.startswith("gearman_up{")]


def test_jobs(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = submit(server, b"jobs")
    assert 0 == exit_of("jobs", *at(server.port))
    assert handle in [line.split("\t")[0] for line in capfd.readouterr().out.splitlines()]
    assert 0 == exit_of("jobs", *at(server.port), "--json")
    jobs = {job["handle"]: job for job in json.loads(capfd.readouterr().out)["jobs"]}
    assert jobs[handle]["background"] is True


def test_workers_and_clients(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with Wire(server.port) as worker, Wire(server.port) as client:
        worker.say(PacketType.SET_CLIENT_ID, b"a-worker")
        worker.say(PacketType.CAN_DO, b"work-a")
        worker.say(PacketType.CAN_DO, b"work-b")
        client.say(PacketType.SET_CLIENT_ID, b"a-client")
        assert worker.works()
        assert client.works()
        assert 0 == exit_of("workers", *at(server.port))
        workers = {fields[1]: fields[3] for fields in split(capfd.readouterr().out)}
        assert 0 == exit_of("clients", *at(server.port))
        clients = {fields[1]: fields[3] for fields in split(capfd.readouterr().out)}
    assert {"work-a", "work-b"} == set(workers["a-worker"].split(","))
    assert "a-client" not in workers
    assert "" == clients["a-client"]
    assert "a-worker" in clients


def split(lines: str) -> list[list[str]]:
    return [line.split("\t") for line in lines.splitlines()]


def test_a_job_is_cancelled(server: ServerProcess) -> None:
    handle = submit(server, b"cancelled")
    result = run_gear("cancel", *at(server.port), "-y", "--json", handle)
    assert ({"handle": handle, "cancelled": True}, "") == (json.loads(result.out), result.err)


def test_admin(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = submit(server, b"admin-f")
    for arguments, out in [
        (["getpid"], f"{server.pid}\n"),
        (["create", "admin-new"], "OK\n"),
        (["maxqueue", "admin-new", "1"], "OK\n"),
        (["maxqueue", "admin-new", "1", "2", "3"], "OK\n"),
        (["drop", "admin-new", "-y"], "OK\n"),
    ]:
        assert 0 == exit_of("admin", *arguments, *at(server.port))
        assert (out, "") == capfd.readouterr()
    for arguments, line in [
        (["status"], "admin-f\t1\t0\t0"),
        (["prioritystatus"], "admin-f\t0\t1\t0\t0"),
        (["show", "jobs"], f"{handle}\t0\t0\t1"),
        (["raw", "show", "jobs"], f"{handle}\t0\t0\t1"),
    ]:
        assert 0 == exit_of("admin", *arguments, *at(server.port))
        assert line in capfd.readouterr().out.splitlines()
    for arguments in (["version"], ["verbose"], ["workers"], ["show", "unique", "jobs"]):
        assert 0 == exit_of("admin", *arguments, *at(server.port), "--json")
        assert json.loads(capfd.readouterr().out)["server"] == f"127.0.0.1:{server.port}"
    assert 0 == exit_of("admin", "cancel", "-y", handle, *at(server.port))
    assert 1 == exit_of("admin", "cancel", "-y", "H:no:1", *at(server.port))
    assert 76 == exit_of("admin", "raw", "nonsense", *at(server.port))


@pytest.mark.parametrize(
    "arguments",
    [
        ["purge", "f", "-y"],
        ["pause", "f"],
        ["resume", "f"],
        ["jobs", "f"],
        ["admin", "verbose", "INFO"],
        ["admin", "shutdown", "-y"],
    ],
    ids=" ".join,
)
def test_76_what_gearmand_cannot_do(debians: ServerProcess, arguments: list[str]) -> None:
    result = run_gear(*arguments, *at(debians.port))
    assert (76, b"") == result[:2]
    assert result.err.startswith(needs_gear(debians))
    assert debians.alive()


def test_what_one_can_do_is_done_and_the_other_is_named(debians: ServerProcess) -> None:
    with gear_serve() as ours:
        submit(ours, b"f")
        result = run_gear("purge", "f", "-y", *at(debians.port), *at(ours.port))
    assert (76, b"") == result[:2]
    done, named = sorted(result.err.splitlines())
    assert f"gear: f: 1 job purged on 127.0.0.1:{ours.port}" == done
    assert named.startswith(needs_gear(debians))


@pytest.mark.parametrize("name", [b"a\n.\nforged\t1\t1\t1", b"a\nforged", b"a\n"])
def test_a_name_that_breaks_gearmands_rows_is_an_error_and_no_row(name: bytes) -> None:
    with gearmand() as server:
        submit(server, name)
        result = run_gear("status", *at(server.port))
    assert (76, b"") == result[:2]
    assert f"127.0.0.1:{server.port}" in result.err
    assert ("answers more than it was asked" in result.err) or ("a row that is none" in result.err)


def test_a_gear_server_and_its_names() -> None:
    with gear_serve() as server:
        submit(server, b"a\n.\nforged\t1\t1\t1")
        assert Result(0, b"a\\n.\\nforged\t1\t1\t1\t1\t0\t0\n", "") == run_gear("status", *at(server.port))
