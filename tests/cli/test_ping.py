"""`gear ping`: whether a server answers, and how fast."""

from __future__ import annotations

import json
import re

import pytest

from gearcli import __version__
from gearcli.cli.ping import _summary
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, exit_of
from tests.client.answering import answering
from tests.client.peer import listening
from tests.support import ServerProcess, free_port


def test_a_server_is_named_and_timed(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("ping", *at(server.port), "-c", "3", "-i", "0")
    out, err = capfd.readouterr()
    times = r"min \d+\.\d\d median \d+\.\d\d p99 \d+\.\d\d ms"
    assert re.fullmatch(rf"127\.0\.0\.1:{server.port} \(\S.*\): 3 round trips, {times}\n", out)
    assert "" == err


def test_json(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("ping", *at(server.port), "-c", "2", "-i", "0", "--json")
    answer = json.loads(capfd.readouterr().out)
    assert ["server", "version", "round_trips", "min_ms", "median_ms", "p99_ms"] == list(answer)
    assert (f"127.0.0.1:{server.port}", 2) == (answer["server"], answer["round_trips"])
    assert __version__ in answer["version"]
    assert 0 < answer["min_ms"] <= answer["median_ms"] <= answer["p99_ms"]


def test_quiet_leaves_the_exit_status(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("ping", *at(server.port), "-c", "1", "-q")
    assert ("", "") == capfd.readouterr()


def test_every_server_has_to_answer(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == exit_of("ping", "-c", "1", *at(server.port), *at(free_port()))
    out, err = capfd.readouterr()
    assert "1 round trip" in out
    assert "connection refused" in err


@pytest.mark.parametrize(
    ("times", "summary"),
    [
        ([1.0], (1.0, 1.0, 1.0)),
        ([3.0, 1.0, 2.0], (1.0, 2.0, 3.0)),
        ([float(n) for n in range(1, 201)], (1.0, 100.5, 198.0)),
    ],
)
def test_the_summary(times: list[float], summary: tuple[float, float, float]) -> None:
    assert summary == _summary(times)


def test_the_next_server_is_tried(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 69 == exit_of("ping", "-c", "1", *at(free_port()), *at(server.port))
    out, err = capfd.readouterr()
    assert out.startswith(f"127.0.0.1:{server.port} (")
    assert 1 == err.count("connection refused")


def test_76_a_server_that_breaks_the_protocol(capfd: pytest.CaptureFixture[str]) -> None:
    with answering({b"version": b"\0RES\x1b[2J"}) as server:
        assert 76 == exit_of("ping", "-c", "1", *at(server.port))
    out, err = capfd.readouterr()
    assert ("", "\x1b" in err) == (out, False)


def test_ctrl_c_tells_what_was_measured() -> None:
    with (
        listening() as listener,
        Gear("ping", *at(listener.port), "-i", "1h") as running,
        listener.accept() as text,
    ):
        assert b"version\r\n" == text.socket.recv(100)
        text.send(b"OK 1.1.20\n")
        with listener.accept() as binary:
            binary.expect(PacketType.OPTION_REQ)
            binary.say(PacketType.ECHO_RES, *binary.expect(PacketType.ECHO_REQ))
            running.interrupt()
            result = running.result()
    assert 130 == result.status
    assert result.out.startswith(b"127.0.0.1:%d (1.1.20): 1 round trip, min " % listener.port)
