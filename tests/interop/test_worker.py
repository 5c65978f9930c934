"""`gear worker` with Gearman's own server and client."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.driving import Gear, Result, at, counts, gear_worker, pid_in, run_gear
from tests.support import DEADLINE, GEARMAN, ServerProcess, gear_serve, gearmand, needs_peers, wait_until

pytestmark = needs_peers


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other."""
    with request.param() as server:
        yield server


def libgearman_client(port: int, *arguments: str, stdin: bytes = b"") -> tuple[int, bytes]:
    """Exit status and output of the client of libgearman."""
    command = [GEARMAN, "-h", "127.0.0.1", "-p", str(port), *arguments]
    ended = subprocess.run(command, input=stdin, capture_output=True, timeout=DEADLINE, check=False)
    return ended.returncode, ended.stdout


def test_the_client_of_libgearman_gets_the_result(server: ServerProcess) -> None:
    workload = bytes(range(256)) * 1000
    with gear_worker(server.port, "cat", ["cat"]):
        assert (0, workload) == libgearman_client(server.port, "-f", "cat", stdin=workload)


def test_the_client_of_libgearman_submits_lines(server: ServerProcess) -> None:
    with gear_worker(server.port, "upper", ["tr", "a-z", "A-Z"], slots=2):
        assert (0, b"ONE\nTWO\n") == libgearman_client(server.port, "-f", "upper", "-n", stdin=b"one\ntwo\n")


def test_the_client_of_libgearman_hears_of_a_failure(server: ServerProcess) -> None:
    with gear_worker(server.port, "failing", ["sh", "-c", "echo why >&2; exit 1"]):
        status, out = libgearman_client(server.port, "-f", "failing", "x")
    assert 0 != status
    assert b"" == out.replace(b"why\n", b"").replace(b"sh exited with status 1", b"")


def test_64_mebibytes_with_nuls_come_back(server: ServerProcess, tmp_path: Path) -> None:
    workload = bytes(1 << 20) + os.urandom(63 << 20)
    (tmp_path / "in").write_bytes(workload)
    with gear_worker(server.port, "bigcat", ["cat"]), open(tmp_path / "out", "wb") as out:
        arguments = ["submit", *at(server.port), "bigcat", "-f", str(tmp_path / "in")]
        assert Result(0, b"", "") == run_gear(*arguments, stdout=out.fileno())
    returned = hashlib.sha256((tmp_path / "out").read_bytes())
    assert hashlib.sha256(workload).digest() == returned.digest()


def test_a_worker_of_several_functions_with_several_slots(server: ServerProcess, tmp_path: Path) -> None:
    """Each command waits until all three run."""
    script = f"touch {tmp_path}/$$; until [ $(ls {tmp_path} | wc -l) -ge 3 ]; do sleep 0.01; done; cat"
    with (
        gear_worker(server.port, "a", ["sh", "-c", script], "-f", "b", slots=3),
        Gear("submit", *at(server.port), "a", "1", "2", "-k") as one,
        Gear("submit", *at(server.port), "b", "3") as two,
    ):
        assert [Result(0, b"1\n2\n", ""), Result(0, b"3", "")] == [one.result(), two.result()]


def test_a_worker_finishes_its_job_and_takes_no_other(server: ServerProcess, tmp_path: Path) -> None:
    script = f"echo $$ >{tmp_path}/started; until [ -e {tmp_path}/go ]; do sleep 0.01; done; cat"
    with (
        gear_worker(server.port, "last", ["sh", "-c", script]) as worker,
        Gear("submit", *at(server.port), "last", "x") as client,
    ):
        pid_in(tmp_path / "started")
        run_gear("submit", *at(server.port), "-b", "last", "left")
        worker.signal(signal.SIGTERM)
        wait_until(lambda: "stopping" in worker.said())
        (tmp_path / "go").touch()
        assert Result(0, b"x", "") == client.result()
        assert 0 == worker.exit_status()
    wait_until(lambda: counts(server.port, "last") == (1, 0, 0))
