"""The workloads against real servers: what they count, and that they leave nothing behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.client import load as module
from gearcli.client.crowd import Crowd
from gearcli.client.figures import Figures
from gearcli.client.load import WORKLOADS, Load, Plan
from gearcli.errors import ConnectFailed, ConnectionLost, QueueFull, TimeLimit
from gearcli.protocol.address import Address
from tests.cli.driving import counts
from tests.client.peer import listening
from tests.support import DEADLINE, ServerProcess, free_port, gear_serve, gearmand, needs_peers

FUNCTION = b"loaded"


@pytest.fixture(scope="module", params=[gear_serve, pytest.param(gearmand, marks=needs_peers)])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


@pytest.fixture
def crowd() -> Iterator[Crowd]:
    with Crowd() as crowd:
        yield crowd


def plan(port: int, *, jobs: int = 100, timeout: float = DEADLINE, size: int = 10) -> Plan:
    return Plan(
        Address("127.0.0.1", port),
        FUNCTION,
        b"x" * size,
        jobs=jobs,
        connections=3,
        workers=2,
        window=8,
        timeout=timeout,
        connect_timeout=DEADLINE,
    )


def took_part(figures: Figures) -> tuple[int, int, int, int, int]:
    """Jobs, and who had to do with them."""
    return (
        figures.jobs,
        figures.connections,
        figures.workers,
        figures.window,
        len(figures.latencies),
    )


def in_order(figures: Figures) -> bool:
    return figures.seconds > 0 and figures.latencies == sorted(figures.latencies)


def test_the_workloads_one_after_the_other(server: ServerProcess, crowd: Crowd) -> None:
    load = Load(plan(server.port), crowd)
    figures = []
    waiting = []
    for workload in WORKLOADS:
        figures.append(load.run(workload))
        waiting.append(counts(server.port, "loaded"))
        assert [] == crowd.members
    assert [(100, 3, 0, 8, 0), (100, 0, 2, 0, 0), (100, 3, 2, 8, 100), (10, 1, 1, 1, 10)] == [
        took_part(each) for each in figures
    ]
    assert [(100, 0, 0), (0, 0, 0), (0, 0, 0), (0, 0, 0)] == waiting
    assert [True] * 4 == [in_order(each) for each in figures]


def test_drain_alone_queues_before(server: ServerProcess, crowd: Crowd) -> None:
    assert (100, 0, 2, 0, 0) == took_part(Load(plan(server.port), crowd).run("drain"))


def test_cycle_meets_no_jobs_of_others(server: ServerProcess, crowd: Crowd) -> None:
    load = Load(plan(server.port), crowd)
    load.run("submit")
    assert (100, 3, 2, 8, 100) == took_part(load.run("cycle"))
    assert 0 == load.queued


def test_no_connection_without_a_job(server: ServerProcess, crowd: Crowd) -> None:
    load = Load(plan(server.port, jobs=2), crowd)
    assert [(2, 2, 0, 8, 0), (2, 0, 2, 0, 0), (2, 2, 2, 8, 2), (1, 1, 1, 1, 1)] == [
        took_part(load.run(workload)) for workload in WORKLOADS
    ]


def test_big_jobs_cross(server: ServerProcess, crowd: Crowd) -> None:
    load = Load(plan(server.port, jobs=30, size=1 << 18), crowd)
    assert [30, 30, 30, 3] == [load.run(workload).jobs for workload in WORKLOADS]


def test_clear_takes_away_what_was_queued(server: ServerProcess, crowd: Crowd) -> None:
    load = Load(plan(server.port), crowd)
    load.run("submit")
    load.clear(DEADLINE)
    assert ((0, 0, 0), 0, []) == (counts(server.port, "loaded"), load.queued, crowd.members)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_nothing_is_left_after_a_time_limit(server: ServerProcess, crowd: Crowd, workload: str) -> None:
    load = Load(plan(server.port, timeout=0.0), crowd)
    with pytest.raises(TimeLimit, match=f"{workload} was not done within 0 s"):
        load.run(workload)
    load.clear(DEADLINE)
    assert ((0, 0, 0), 0, []) == (counts(server.port, "loaded"), load.queued, crowd.members)


@pytest.mark.parametrize("workload", ["submit", "drain", "cycle"])
def test_nothing_is_left_after_a_break_in_the_middle(
    server: ServerProcess, crowd: Crowd, workload: str
) -> None:
    """More jobs than fit into the time; what is on its way when it ends is dealt with too."""
    load = Load(plan(server.port, jobs=1_000_000, timeout=0.05), crowd)
    with pytest.raises(TimeLimit):
        load.run(workload)
    load.clear(DEADLINE)
    assert ((0, 0, 0), 0, []) == (counts(server.port, "loaded"), load.queued, crowd.members)


def test_a_forgotten_function_is_not_in_the_list(server: ServerProcess, crowd: Crowd) -> None:
    load = Load(plan(server.port), crowd)
    load.run("cycle")
    with server.wire() as wire:
        assert b"loaded" in [row.split(b"\t")[0] for row in wire.rows(b"status")]
        load.forget()
        assert b"loaded" not in [row.split(b"\t")[0] for row in wire.rows(b"status")]


@pytest.mark.parametrize("workload", ["submit", "cycle"])
def test_a_full_queue_is_an_error_and_nothing_is_left(crowd: Crowd, workload: str) -> None:
    with gear_serve() as server:
        with server.wire() as wire:
            wire.line(b"create function loaded")
            wire.line(b"maxqueue loaded 5")
        load = Load(plan(server.port), crowd)
        with pytest.raises(QueueFull):
            load.run(workload)
        load.clear(DEADLINE)
        assert ((0, 0, 0), 0, []) == (counts(server.port, "loaded"), load.queued, crowd.members)


def test_nobody_listens(crowd: Crowd) -> None:
    load = Load(plan(free_port()), crowd)
    with pytest.raises(ConnectFailed):
        load.run("submit")
    load.clear(DEADLINE)
    assert 0 == load.queued


def test_a_server_that_goes(crowd: Crowd) -> None:
    """It accepts by its kernel only, so that the jobs are on their way when it ends."""
    with listening() as listener:
        load = Load(plan(listener.port, timeout=0.05), crowd)
        with pytest.raises(TimeLimit):
            load.run("submit")
    with pytest.raises((ConnectFailed, ConnectionLost)):
        load.clear(DEADLINE)
    assert 100 == load.queued


def test_a_server_that_does_not_know_how_to_forget(crowd: Crowd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.0)
    with listening() as listener, pytest.raises(TimeLimit):
        Load(plan(listener.port), crowd).forget()


@pytest.mark.parametrize(
    ("jobs", "connections", "shares"), [(10, 3, [4, 3, 3]), (2, 4, [1, 1]), (8, 2, [4, 4]), (1, 1, [1])]
)
def test_shares_are_even(jobs: int, connections: int, shares: list[int]) -> None:
    assert shares == module._shares(jobs, connections)
