"""The benchmarks themselves: every workload runs to its end, on few jobs; no time is compared."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench import growth
from tests.bench.servers import BARE, GEAR, KNOWN, Server, installed, running
from tests.bench.table import markdown
from tests.bench.workloads import STORED, WORKLOADS, Workload, compiled, loaded, value

FEW = {
    "jobs=1000000": "jobs=200", "jobs=200000": "jobs=200", "jobs=100000": "jobs=200",
    "jobs=60000": "jobs=200", "jobs=40000": "jobs=200", "jobs=30000": "jobs=200", "jobs=20000": "jobs=200",
    "jobs=5000": "jobs=50", "workers=2000": "workers=20", "workers=500": "workers=20", "jobs=400": "jobs=8",
}  # fmt: skip
"""What the steps of the workloads say, made small."""


@pytest.fixture(scope="module")
def load() -> Iterator[Path]:
    with compiled() as binary:
        yield binary


@pytest.fixture
def server() -> Iterator[Server]:
    with running(GEAR) as started:
        yield started


def small(step: str) -> str:
    return " ".join(FEW.get(word, word) for word in step.split())


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda workload: workload.name)
def test_a_workload_has_a_value(load: Path, server: Server, workload: Workload) -> None:
    few = replace(workload, steps=tuple(map(small, workload.steps)))
    assert value(load, server, few) > 0


@pytest.mark.parametrize("step", ["cycle jobs=200", "cycle clients=1 workers=1 window=1 jobs=20"])
def test_the_bare_loop_holds_the_conversation(load: Path, step: str) -> None:
    with running(BARE) as server:
        assert loaded(load, server, step) > 0


def test_the_load_says_what_is_wrong(load: Path, server: Server) -> None:
    server.process.kill()
    server.process.wait()
    with pytest.raises(RuntimeError, match="drain jobs=1"):
        loaded(load, server, "drain jobs=1")


@pytest.mark.parametrize("title", growth.CURVES)
def test_a_curve_has_points(load: Path, title: str) -> None:
    first = dict([next(iter(growth.CURVES[title].items()))])
    few = {size: tuple(map(small, steps)) for size, steps in first.items()}
    assert growth.curve(load, GEAR, few, 1)[1] > 0


def test_a_server_that_fails_is_no_point(load: Path) -> None:
    assert math.isnan(growth.curve(load, "false", {1: ("echo jobs=1",)}, 1)[1])


def test_ours_and_the_bare_loop_are_always_there() -> None:
    assert [True, True] == [installed("gear"), installed("bare")]
    assert all("{port}" in command for command in KNOWN.values())


def test_a_table_lines_up() -> None:
    expected = "| what | n    |   m |\n| ---- | ---- | --: |\n| a    | long | 100 |"
    assert expected == markdown(["what", "n", "m"], [["a", "long", "100"]], words=2)


@pytest.mark.parametrize("workload", STORED, ids=lambda workload: workload.name)
@pytest.mark.parametrize("name", ["gear, stored", "gearmand, stored"])
def test_what_is_stored_is_measured(load: Path, workload: Workload, name: str) -> None:
    if not installed(name):
        pytest.skip("gearmand is not installed")
    few = replace(workload, steps=tuple(step.format(jobs=50) for step in workload.steps))
    with running(KNOWN[name]) as server:
        assert value(load, server, few) > 0
