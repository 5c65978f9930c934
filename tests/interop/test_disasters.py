"""A batch whose servers and workers are killed under it: every record is answered and written down.

RECORDS in the environment makes it longer: `RECORDS=100000 pytest tests/interop/test_disasters.py`.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cli.driving import Gear, at, counts, gear_worker, run_gear
from tests.support import (
    GEARMAND,
    Process,
    ServerProcess,
    connects,
    free_port,
    gear,
    gear_serve,
    needs_peers,
    wait_until,
)

RECORDS = int(os.environ.get("RECORDS", "6000"))
PATIENCE = 300.0
"""Seconds for the whole batch."""
WORKER = """
import sys
from gearcli import Worker
with Worker(sys.argv[1]) as worker:
    worker.register("echo", lambda job: b"<" + job.workload + b">")
    worker.run()
"""

pytestmark = [needs_peers, pytest.mark.timeout(2 * PATIENCE)]


class Restarted:
    """A program that is killed and started again."""

    def __init__(self, start: Callable[[], Process]) -> None:
        self._start = start
        self.running = start()

    def __enter__(self) -> Restarted:
        return self

    def __exit__(self, *_: object) -> None:
        self.running.end()

    def kill(self) -> None:
        """Kill it and start it again."""
        self.running.signal(signal.SIGKILL)
        self.running.end()
        self.running = self._start()


def serving(name: str, port: int, folder: Path) -> Restarted:
    """A server that listens on the same port again after each kill."""

    def start() -> Process:
        files = ["-P", str(folder / "pid"), "-l", str(folder / "log")]
        gearmand = [GEARMAND, "-p", str(port), "-L", "127.0.0.1", *files]
        server = Process(gear("serve", "-p", str(port)) if name == "gear" else gearmand)
        wait_until(lambda: connects(port))
        return server

    return Restarted(start)


def lines_of(path: Path) -> int:
    """How many lines a file has so far."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize("name", ["gear", "gearmand"])
def test_no_record_is_lost_to_killed_servers_and_workers(name: str, tmp_path: Path) -> None:
    """The server is killed twice, the worker ten times."""
    port, log, records = free_port(), tmp_path / "joblog", tmp_path / "records"
    records.write_text("".join(f"{number}\n" for number in range(1, RECORDS + 1)))
    command = [sys.executable, "-c", WORKER, f"127.0.0.1:{port}"]
    options = ["-n", "-k", "-f", str(records), "--joblog", str(log)]
    with (
        serving(name, port, tmp_path) as server,
        Restarted(lambda: Process(command)) as worker,
        open(tmp_path / "results", "wb") as results,
        Gear("submit", *at(port), "echo", *options, stdout=results.fileno()) as batch,
    ):
        for kill in range(1, 13):
            mark = RECORDS * kill // 13
            wait_until(lambda mark=mark: lines_of(log) > mark, PATIENCE)  # type: ignore[misc]
            (server if kill in (4, 9) else worker).kill()
        wait_until(lambda: lines_of(log) == RECORDS + 1, PATIENCE)
        result = batch.result()
    assert 0 == result.status
    assert result.err.count("submitted again, and may run twice") >= 2
    assert [f"<{number}>" for number in range(1, RECORDS + 1)] == (tmp_path / "results").read_text().split()
    rows = [line.split("\t") for line in log.read_text().splitlines()[1:]]
    assert Counter(str(number) for number in range(1, RECORDS + 1)) == Counter(row[0] for row in rows)
    assert {"0"} == {row[6] for row in rows}


@pytest.mark.parametrize("name", ["gear", "gearmand"])
def test_a_worker_goes_on_when_its_server_is_killed_and_started_again(name: str, tmp_path: Path) -> None:
    """During work, three times; it says so once for all of its slots each time."""
    port, log = free_port(), tmp_path / "joblog"
    lines = b"".join(b"%d\n" % number for number in range(1, 601))
    with (
        serving(name, port, tmp_path) as server,
        gear_worker(port, "again", ["sh", "-c", "sleep 0.005; cat"], slots=6) as worker,
        Gear("submit", *at(port), "again", "-nk", "--joblog", str(log)) as batch,
    ):
        batch.write(lines)
        for kill in range(1, 4):
            wait_until(lambda mark=kill * 140: lines_of(log) > mark, PATIENCE)  # type: ignore[misc]
            server.kill()
        result = batch.result()
        wait_until(lambda: counts(port, "again") == (0, 0, 6))
        said = worker.said().splitlines()
    assert (0, lines) == result[:2]
    changes = [line for line in said if "so the job is offered again" not in line]
    lost = f"gear: the connection to 127.0.0.1:{port} was closed"
    told = [lost if line.startswith(lost) else line for line in changes]
    # A killed server's port may let somebody in for a moment after its connections are gone.
    assert told in [[lost, f"gear: connected to 127.0.0.1:{port} again"] * times for times in range(3, 7)]


# -- several servers ----------------------------------------------------------------------


@pytest.fixture
def two() -> Iterator[list[ServerProcess]]:
    """Two servers."""
    with gear_serve() as one, gear_serve() as other:
        yield [one, other]


def everywhere(servers: list[ServerProcess]) -> str:
    return ",".join(f"127.0.0.1:{server.port}" for server in servers)


def test_a_batch_spreads_over_all_servers(two: list[ServerProcess], tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = b"".join(b"%d\n" % number for number in range(200))
    with both_have_workers(two):
        result = run_gear("submit", "-s", everywhere(two), "spread", "-nk", "--joblog", str(log), stdin=lines)
    assert (0, lines) == result[:2]
    hosts = Counter(line.split("\t")[1] for line in log.read_text().splitlines()[1:])
    assert 2 == len(hosts)
    assert min(hosts.values()) > 40


def both_have_workers(servers: list[ServerProcess]) -> AbstractContextManager[object]:
    stack = contextlib.ExitStack()
    for server in servers:
        stack.enter_context(gear_worker(server.port, "spread", ["cat"], slots=2))
    return stack


def test_a_dead_server_costs_a_batch_nothing(two: list[ServerProcess]) -> None:
    servers = f"127.0.0.1:{free_port()},{everywhere(two)}"
    with both_have_workers(two):
        result = run_gear("submit", "-s", servers, "spread", "-nk", stdin=b"a\nb\nc\n")
    assert (0, b"a\nb\nc\n", "") == result


def test_a_server_that_dies_hands_its_records_to_the_other(two: list[ServerProcess]) -> None:
    one, other = two
    lines = b"".join(b"%d\n" % number for number in range(20))
    with (
        gear_worker(other.port, "spread", ["cat"]),
        Gear("submit", "-s", everywhere(two), "spread", "-nk") as batch,
    ):
        batch.write(lines)
        wait_until(lambda: one_has_jobs(one))
        one.signal(signal.SIGKILL)
        result = batch.result()
    assert (0, lines) == result[:2]
    assert f"the connection to 127.0.0.1:{one.port} was closed" in result.err
    assert "records (" in result.err
    assert "are submitted again, and may run twice" in result.err


def one_has_jobs(server: ServerProcess) -> bool:
    with server.wire() as wire:
        return any(not row.startswith(b"spread\t0\t") for row in wire.rows(b"status") if row[:6] == b"spread")


def test_identical_jobs_meet_on_one_server(two: list[ServerProcess]) -> None:
    """Whoever submits them, and in whatever order the servers are named."""
    for order in (two, two[::-1]):
        for number in range(8):
            assert 0 == run_gear("submit", "-s", everywhere(order), "met", "-b", "-u", f"key-{number}").status
    queued = [row.split(b"\t")[1] for server in two for row in rows(server) if row.startswith(b"met\t")]
    assert 8 == sum(map(int, queued))


def rows(server: ServerProcess) -> list[bytes]:
    with server.wire() as wire:
        return wire.rows(b"status")
