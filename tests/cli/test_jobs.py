"""`gear jobs`: what waits and what runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Result, at, exit_of, run_gear, take_job
from tests.client.answering import answering
from tests.support import ServerProcess, Wire, gear_serve


def listed(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """What `gear jobs --json` says."""
    assert 0 == exit_of("jobs", *arguments, "--json")
    found: dict[str, Any] = json.loads(capfd.readouterr().out)
    return found


def test_a_job_that_waits_and_one_that_runs(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with Wire(server.port) as client, Wire(server.port) as worker:
        worker.say(PacketType.SET_CLIENT_ID, b"me\x1b")
        _, (first,) = client.ask(PacketType.SUBMIT_JOB_HIGH, b"jobs-two\n", b"u1", b"12345")
        _, (second,) = client.ask(PacketType.SUBMIT_JOB_LOW_BG, b"jobs-two\n", b"u2", b"x" * 2048)
        take_job(worker, b"jobs-two\n")
        worker.say(PacketType.WORK_STATUS, first, b"3", b"10")
        assert worker.works()
        assert 0 == exit_of("jobs", *at(server.port), "jobs-two\n")
        lines = [line.split("\t") for line in capfd.readouterr().out.splitlines()]
        found = listed(capfd, *at(server.port), "jobs-two\n")
    handle, other = first.decode(), second.decode()
    assert [handle, "jobs-two\\n", "running", "high"] == lines[0][:4]
    assert ["1", "5", "3/10", "me\\x1b"] == lines[0][5:]
    assert [other, "jobs-two\\n", "waiting", "low"] == lines[1][:4]
    assert ["0", "2048", "", ""] == lines[1][5:]
    assert float(lines[0][4]) >= 0
    one, two = found["jobs"]
    assert (handle, "u1", "running", 3, 10, "me\\x1b") == (
        one["handle"], one["unique"], one["state"], one["numerator"], one["denominator"],
        one["worker"]["client_id"],
    )  # fmt: skip
    assert (other, None, True, None) == (two["handle"], two["worker"], two["background"], two["losses"])
    assert 0 == found["left_out"]


def test_nothing_waits(capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve() as server:
        assert 0 == exit_of("jobs", *at(server.port))
    assert ("", "") == capfd.readouterr()


def test_1_an_unknown_function(server: ServerProcess) -> None:
    result = run_gear("jobs", *at(server.port), "jobs-no-such")
    said = f"gear: 127.0.0.1:{server.port} knows no function jobs-no-such; gear status shows all\n"
    assert Result(1, b"", said) == result


@pytest.mark.parametrize(("options", "asked"), [([], b"jobs"), (["--dead"], b"dead")])
def test_how_many_are_left_out_is_said(
    options: list[str], asked: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    with answering({asked: b'{"left_out":5}\n.\n'}) as server:
        assert 0 == exit_of("jobs", *options, *at(server.port))
        assert ("", "gear: 5 more jobs are not shown\n") == capfd.readouterr()
        assert 5 == listed(capfd, *options, *at(server.port))["left_out"]


def test_76_garbage(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"jobs": b"\x1b[2J\n.\n"}) as server:
        assert 76 == exit_of("jobs", *at(server.port))
    assert "something else than the documents it was asked for" in capfd.readouterr().err


def test_a_server_that_does_not_know_the_function_is_passed_over(
    server: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    with gear_serve() as other:
        with Wire(other.port) as client:
            client.ask(PacketType.SUBMIT_JOB_BG, b"jobs-there", b"", b"x")
        assert 0 == exit_of("jobs", *at(server.port), *at(other.port), "jobs-there")
        out, err = capfd.readouterr()
        assert (f"127.0.0.1:{other.port}", "jobs-there", "") == (out.split("\t")[0], out.split("\t")[2], err)
