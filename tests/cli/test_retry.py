"""`gear retry`: dead jobs are queued again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType as P
from tests.cli.driving import Result, at, counts, run_gear
from tests.cli.test_dead import killer, told
from tests.cli.test_dead import strict as strict
from tests.support import ServerProcess, Wire, free_port, gear_serve


def unknown(handle: str) -> str:
    return f"gear: {handle}: no dead job has this handle; 'gear jobs --dead' shows them\n"


@pytest.fixture(scope="module")
def other() -> Iterator[ServerProcess]:
    """A second server."""
    with gear_serve() as server:
        yield server


def test_0_it_waits_again(strict: ServerProcess, other: ServerProcess) -> None:
    one, two = killer(strict, b"retry-two"), killer(strict, b"retry-two")
    result = run_gear("retry", *at(other.port), *at(strict.port), one, two, one)
    assert Result(0, b"", f"gear: {one}: queued again\ngear: {two}: queued again\n") == result
    assert (2, 0, 0) == counts(strict.port, "retry-two")
    assert [] == told(strict, "retry-two")["jobs"]


def test_1_one_that_is_not_dead(strict: ServerProcess, other: ServerProcess) -> None:
    dead = killer(strict, b"retry-some")
    with Wire(strict.port) as client:
        _, (alive,) = client.ask(P.SUBMIT_JOB_BG, b"retry-alive", b"", b"x")
    result = run_gear("retry", *at(strict.port), *at(other.port), "H:no:1", dead, alive.decode())
    said = unknown("H:no:1") + f"gear: {dead}: queued again\n" + unknown(alive.decode())
    assert Result(1, b"", said) == result


def test_an_identical_job_is_in_the_way(strict: ServerProcess) -> None:
    dead = killer(strict, b"retry-twin", unique=b"u")
    with Wire(strict.port) as client:
        _, (twin,) = client.ask(P.SUBMIT_JOB_BG, b"retry-twin", b"u", b"x")
    result = run_gear("retry", *at(strict.port), dead)
    assert (b"", 76) == (result.out, result.status)
    assert f"An identical job waits or runs already: {twin.decode()}" in result.err


def test_json(strict: ServerProcess) -> None:
    dead = killer(strict, b"retry-json")
    result = run_gear("retry", "--json", *at(strict.port), dead, "H:no:1")
    assert [{"handle": dead, "retried": True}, {"handle": "H:no:1", "retried": False}] == [
        json.loads(line) for line in result.out.splitlines()
    ]
    assert (1, unknown("H:no:1")) == (result.status, result.err)


def test_69_nobody_is_there() -> None:
    assert 69 == run_gear("retry", *at(free_port()), "H:x:1").status


@pytest.mark.parametrize("handle", ["", "two words", "a\nb"])
def test_2_what_is_no_handle(strict: ServerProcess, handle: str) -> None:
    assert 2 == run_gear("retry", *at(strict.port), handle).status
