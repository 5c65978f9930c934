"""`gear metrics`: printed, served, kept in a file."""

from __future__ import annotations

import contextlib
import os
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, exit_of, run_gear
from tests.support import ServerProcess, Wire, free_port, wait_until


def values(text: str) -> dict[str, float]:
    """The value of each line by its name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.items()) or ''}": sample.value
        for each in text_string_to_metric_families(text)
        for sample in each.samples
    }


@pytest.fixture(scope="module")
def queued(server: ServerProcess) -> str:
    """A function with a job that waits."""
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_HIGH_BG, b"metrics", b"", b"")
    return "metrics"


def test_they_are_printed(server: ServerProcess, queued: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("metrics", *at(server.port))
    out, err = capfd.readouterr()
    found = values(out)
    assert "" == err
    assert 1 == found["gearman_up"]
    assert 1 == found["gearman_jobs_waiting[('function', 'metrics')]"]
    assert 1 == found["gearman_jobs_waiting_by_priority[('function', 'metrics'), ('priority', 'high')]"]
    assert "gearman_status_total" not in out


def test_legacy_names(server: ServerProcess, queued: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("metrics", *at(server.port), "--legacy-names")
    assert 1 == values(capfd.readouterr().out)["gearman_status_total[('function', 'metrics')]"]


def test_69_a_server_that_is_down(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert 69 == exit_of("metrics", *at(server.port), *at(port))
    out, err = capfd.readouterr()
    assert 0 == values(out)[f"gearman_up[('server', '127.0.0.1:{port}')]"]
    assert f"cannot connect to 127.0.0.1:{port}" in err


def test_a_file_is_written(server: ServerProcess, queued: str, tmp_path: Path) -> None:
    path = tmp_path / "gear.prom"
    assert 0 == exit_of("metrics", *at(server.port), "-o", str(path))
    assert 1 == values(path.read_text())["gearman_up"]
    assert 69 == exit_of("metrics", *at(free_port()), "-o", str(path))
    assert {"gearman_up": 0} == values(path.read_text())


def test_74_a_file_that_cannot_be_written(server: ServerProcess, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "none" / "gear.prom")
    assert 74 == exit_of("metrics", *at(server.port), "-o", nowhere)
    with Gear("metrics", *at(server.port), "-o", nowhere, "-i", "1") as running:
        result = running.result()
    assert (74, 1) == (result.status, result.err.count("cannot write"))


def test_a_file_is_written_again_and_again(server: ServerProcess, tmp_path: Path) -> None:
    path = tmp_path / "gear.prom"
    with Gear("metrics", *at(server.port), "-o", str(path), "-i", "100ms") as running:
        wait_until(path.exists)
        with Wire(server.port) as client:
            client.ask(PacketType.SUBMIT_JOB_BG, b"metrics-later", b"", b"")
        wait_until(lambda: 'gearman_jobs{function="metrics-later"} 1\n' in path.read_text())
        running.signal(15)
        assert (0, b"", "") == running.result()
    assert [path] == list(tmp_path.iterdir())


def test_a_dash_is_standard_output(
    server: ServerProcess,
    queued: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert 0 == exit_of("metrics", *at(server.port), "-o", "-")
    assert 1 == values(capfd.readouterr().out)["gearman_up"]
    assert [] == list(tmp_path.iterdir())
    with (tmp_path / "log").open("ab") as log:
        log.write(b"# before\n")
        log.flush()
        assert 0 == run_gear("metrics", *at(server.port), "-o", "/dev/fd/1", stdout=log.fileno()).status
    text = (tmp_path / "log").read_text()
    assert text.startswith("# before\n")
    assert 1 == values(text)["gearman_up"]


def test_a_pipe_and_a_link_stay_what_they_are(server: ServerProcess, queued: str, tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    with Gear("metrics", *at(server.port), "-o", str(link)) as running:
        assert 1 == values(pipe.read_text())["gearman_up"]
        assert (0, b"", "") == running.result()
    assert pipe.is_fifo()
    assert link.is_symlink()
    status, out, err = run_gear("metrics", *at(server.port), "-o", str(pipe), "-i", "1")
    assert (2, b"") == (status, out)
    assert f"-i is how often a file is written; {pipe} is none" in err


@contextlib.contextmanager
def listening(*options: str) -> Iterator[tuple[Gear, str]]:
    """`gear metrics --listen` on a port of its own, and where its pages are."""
    with Gear("metrics", "--listen", ":0", *options) as running:
        found = wait_until(lambda: re.search(r"metrics at (http://\S+)/metrics\n", running.said()))
        yield running, found[1]


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert "version=0.0.4" in answer.headers["Content-Type"] or url.endswith("/healthz")
        return str(answer.read().decode())


@pytest.mark.parametrize("number", [2, 15])
def test_they_are_served(server: ServerProcess, queued: str, number: int) -> None:
    with listening(*at(server.port)) as (running, place):
        assert 1 == values(read(f"{place}/metrics"))["gearman_jobs[('function', 'metrics')]"]
        assert "ok\n" == read(f"{place}/healthz")
        running.signal(number)
        assert 0 == running.result().status


def test_69_a_port_that_is_taken(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == exit_of("metrics", "--listen", f":{server.port}")
    assert "already in use. Choose another with --listen." in capfd.readouterr().err
