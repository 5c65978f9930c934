"""`gear doctor`: words, JSON, exit statuses; what it finds is tested beside its rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import __version__
from gearcli.cli import doctor
from gearcli.client import snapshot
from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exit_of, run_gear
from tests.client.answering import Reply, answering
from tests.support import ServerProcess, Wire, free_port, gear_serve

QUICK = ("-i", "0")


@pytest.fixture(scope="module")
def clean() -> Iterator[ServerProcess]:
    """A server without jobs."""
    with gear_serve() as server:
        yield server


@pytest.fixture(scope="module")
def ailing() -> Iterator[ServerProcess]:
    """A server whose queue nobody works on."""
    with gear_serve() as server, Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, b"re size\x1b", b"", b"")
        yield server


def test_0_nothing_is_wrong(clean: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("doctor", *at(clean.port))
    out, err = capfd.readouterr()
    number = r"\d+\.\d+ ms"
    about = rf"127\.0\.0\.1:{clean.port}: gear \S+, connected in {number}, answers in {number}; 0 functions"
    assert re.fullmatch(rf"{about}, 0 jobs queued, 0 running\nnothing is wrong\n", out)
    assert "" == err


def test_1_something_is(ailing: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 1 == exit_of("doctor", *at(ailing.port), *QUICK)
    _, what, advice = capfd.readouterr().out.splitlines()
    assert "wrong: re size\\x1b: 1 job waits, and no worker can do it" == what
    assert advice.startswith(
        f"  start a worker: gear worker -s 127.0.0.1:{ailing.port} -f 're size\\x1b' -- "
    )


def test_json(ailing: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert 1 == exit_of("doctor", *at(ailing.port), *at(port), *QUICK, "--json")
    told = json.loads(capfd.readouterr().out)
    here, gone = told["servers"]
    assert __version__ == told["client"]
    assert (f"gear {__version__}", 1, 1, 0) == tuple(
        here[key] for key in ("product", "functions", "queued", "running")
    )
    assert 0 < here["round_trip_ms"]
    assert list(here) == list(gone)
    assert (None, None) == (here["error"], gone["version"])
    kinds = [(each["level"], each["kind"], each["server"], each["function"]) for each in told["findings"]]
    assert ("wrong", "no-worker", here["server"], "re size\\x1b") in kinds
    assert ("wrong", "no-answer", f"127.0.0.1:{port}", None) in kinds


def test_several_servers_are_named(
    clean: ServerProcess, ailing: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 1 == exit_of("doctor", *at(clean.port), *at(ailing.port), *QUICK)
    assert f"\nwrong: 127.0.0.1:{ailing.port}: re size\\x1b: 1 job waits" in capfd.readouterr().out


def test_69_no_server_is_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == exit_of("doctor", *at(free_port()), *QUICK)
    assert capfd.readouterr().out.startswith("wrong: cannot connect to 127.0.0.1:")


@pytest.mark.parametrize("reply", [b"\0RES\0\0", b"ERR \x1b\r\n", None])
def test_garbage(reply: Reply, capfd: pytest.CaptureFixture[str]) -> None:
    replies: dict[bytes, Reply] = {b"version": reply, b"functions": reply, b"status": reply}
    with answering(replies) as server:
        assert (69 if reply is None else 76) == exit_of("doctor", *at(server.port), *QUICK)
    assert capfd.readouterr().out.startswith("wrong: ")


def test_1_a_broken_config_file(ailing: ServerProcess, clean: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "gear").mkdir()
    (tmp_path / "gear" / "config.toml").write_text("servers = [\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "GEARMAN_SERVERS": f"127.0.0.1:{clean.port}"}
    result = run_gear("doctor", *QUICK, environ=environ)
    assert (1, "") == (result.status, result.err)
    about, what, advice = result.out.decode().splitlines()
    assert about.startswith(f"127.0.0.1:{clean.port}: gear ")
    assert f"{tmp_path}/gear/config.toml" in what
    assert advice.startswith("  mend that file")


def test_two_variables_that_contradict_each_other(clean: ServerProcess) -> None:
    environ = {"GEARMAN_SERVERS": f"127.0.0.1:{clean.port}", "GEARMAN_SERVER": "elsewhere"}
    result = run_gear("doctor", *QUICK, environ=environ)
    assert 0 == result.status
    assert b"note: GEARMAN_SERVERS and GEARMAN_SERVER name different servers" in result.out


def test_76_a_server_that_says_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "ANSWER_TIMEOUT", 0.2)
    monkeypatch.setattr(snapshot, "_PATIENCE", 0.1)
    with answering() as silent:
        assert 76 == exit_of("doctor", *at(silent.port), *QUICK)
    assert "did not answer in time" in capfd.readouterr().out
