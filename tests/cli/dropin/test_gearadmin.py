"""`gearadmin` against a server; against the original in tests/interop."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.cli.dropin import gearadmin
from tests.support import ServerProcess, free_port, gear_serve


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    """`gear serve`."""
    with gear_serve() as server:
        yield server


def test_operations_in_the_originals_order(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    line = f"-p {server.port} -h 127.0.0.1 --status --create-function new --getpid"
    assert 0 == gearadmin.run(line.split())
    assert (f"{server.pid}\nOK\nnew\t0\t0\t0\n.\n", "") == capfd.readouterr()


def test_a_refusal_is_said_and_the_rest_is_done(
    server: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    assert 1 == gearadmin.run(["-p", str(server.port), "--cancel-job", "H:1", "--getpid"])
    assert (f"{server.pid}\n", "Error: UNKNOWN_JOB\n") == capfd.readouterr()


@pytest.mark.parametrize("name", ["a\nb", "a\0b"])
def test_a_name_cannot_hold_another_command(
    server: ServerProcess, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    assert 1 == gearadmin.run(["-p", str(server.port), "--create-function", name])
    assert "Error: " in capfd.readouterr().err


def test_nobody_is_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert 1 == gearadmin.run(["-p", str(free_port()), "--status"])
    out, err = capfd.readouterr()
    assert ("", "Error: cannot connect") == (out, err[:21])


@pytest.mark.parametrize("line", ["", "--bogus", "word", "-S --getpid"])
def test_wrong_usage_is_1(capfd: pytest.CaptureFixture[str], line: str) -> None:
    assert 1 == gearadmin.run(line.split())
    assert any(capfd.readouterr())
