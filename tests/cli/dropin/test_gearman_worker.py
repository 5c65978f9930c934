"""Workers of `gearman -w` in this process; as processes, and beside the original, in tests/interop."""

from __future__ import annotations

import pytest

from gearcli.cli.dropin import gearman
from gearcli.errors import CommandError, ConnectFailed
from gearcli.protocol.packets import PacketType
from tests.support import free_port, gear_serve


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEARMAN_SERVER", raising=False)
    monkeypatch.delenv("GEARMAN_SERVERS", raising=False)


def test_jobs_are_done_and_counted(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    with gear_serve() as server, server.wire() as client:
        here = ["-w", "-h", "127.0.0.1", "-p", str(server.port), "-f", "f"]
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"one")
        assert 0 == gearman.run([*here, "-c", "1", "tr", "a-z", "A-Z"])
        assert (PacketType.WORK_COMPLETE, [handle, b"ONE"]) == client.packet()
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"two")
        assert 0 == gearman.run([*here, "-c", "2", "-t", "20"])
        assert (PacketType.WORK_COMPLETE, [handle, b""]) == client.packet()
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"three")
        assert 0 == gearman.run([*here, "-c", "1", "--", "sh", "-c", "cat; exit 3"])
        assert (PacketType.WORK_DATA, [handle, b"three"]) == client.packet()
        assert (PacketType.WORK_WARNING, [handle, b"sh exited with status 3"]) == client.packet()
        assert (PacketType.WORK_FAIL, [handle]) == client.packet()
        with pytest.raises(CommandError):
            gearman.run([*here, "/no/such/program"])
    out, err = capfdbinary.readouterr()
    assert b"two" == out
    assert b"gearman: f" in err


@pytest.mark.parametrize("command", [["cat"], []])
def test_nobody_is_there(capfd: pytest.CaptureFixture[str], command: list[str]) -> None:
    nowhere = ["-w", "-h", "127.0.0.1", "-p", str(free_port()), "-f", "f", "-c", "1"]
    assert 69 == gearman.run([*nowhere, *command])
    assert 1 == capfd.readouterr().err.count("connection refused")


def test_an_unknown_host() -> None:
    with pytest.raises(ConnectFailed):
        gearman.run(["-w", "-h", "no.invalid", "-f", "f", "cat"])
