"""`gear job`: what a server knows of jobs."""

from __future__ import annotations

import json

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exit_of, take_job
from tests.support import ServerProcess, Wire


def background(server: ServerProcess, function: bytes, unique: bytes = b"") -> str:
    """A job that waits; its handle."""
    with Wire(server.port) as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB_BG, function, unique, b"x")
    return handle.decode()


def test_a_job_that_waits(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-waits")
    assert 0 == exit_of("job", *at(server.port), handle)
    assert (f"{handle}\tqueued\n", "") == capfd.readouterr()


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
    assert ("the key\tqueued\n", "") == capfd.readouterr()


def test_json_is_an_object_for_each(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-json", b"json key")
    assert 1 == exit_of("job", *at(server.port), handle, "H:no:1", "--unique", "json key", "--json")
    by_handle, unknown, by_unique = (json.loads(line) for line in capfd.readouterr().out.splitlines())
    state = {"known": True, "running": False, "numerator": 0, "denominator": 0}
    assert {"handle": handle, **state} == by_handle
    assert {"handle": "H:no:1", **state, "known": False} == unknown
    assert {"unique": "json key", **state, "listeners": 0} == by_unique


def test_one_unknown_job_among_known_ones(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    handle = background(server, b"job-mixed")
    assert 1 == exit_of("job", *at(server.port), "H:no:\x1b", handle)
    out, err = capfd.readouterr()
    assert f"{handle}\tqueued\n" == out
    assert "gear: H:no:\\x1b: the server knows no such job; it is done, or never was\n" == err
