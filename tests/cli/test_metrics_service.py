"""Figures for as long as somebody wants them, from servers that hang, for readers that hang."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import pytest

from gearcli.cli import metrics_service as service
from gearcli.cli.metrics_service import Changes, Exporter, Gathering, Keeper
from gearcli.client.snapshot import Snapshot
from gearcli.client.survey import Answer
from gearcli.errors import ConnectFailed, NoAnswer, OutputError
from gearcli.protocol.address import Address
from tests.cli.driving import at
from tests.cli.test_metrics import listening, read, values
from tests.support import DEADLINE, ServerProcess, free_port

WELL: Answer[Snapshot] = Answer(Address("h", 1), Snapshot("1", "gearmand 1", []), None, 0.0)
GONE: Answer[Snapshot] = Answer(Address("h", 1), None, ConnectFailed("cannot connect to h:1"), 0.0)
LATE: Answer[Snapshot] = Answer(Address("h", 1), None, NoAnswer("silent"), 0.0)


class Played(Gathering):
    """Answers that the test hands out."""

    def __init__(self) -> None:
        self.begun = 0
        self.answers: Sequence[Answer[Snapshot]] = [WELL]

    def begin(self) -> None:
        self.begun += 1

    def take(self) -> Sequence[Answer[Snapshot]]:
        return self.answers


def test_changes_are_said_once() -> None:
    said: list[str] = []
    changes = Changes(said.append)
    for answer in (WELL, GONE, LATE, WELL, WELL, LATE):
        changes.note([answer])
    assert ["cannot connect to h:1", "h:1 answers again", "h:1: silent"] == said


def test_who_reads_at_the_same_time_reads_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    played, rendered, told = Played(), list[int](), list[bool]()

    def render(answers: service.Answers) -> str:
        rendered.append(len(answers))
        return f"page {len(rendered)}"

    exporter = Exporter(played, render, print)
    exporter.ready = lambda: told.append(True)
    assert [None, None] == [exporter.page(), exporter.page()]
    exporter.gathered(1)
    assert [(HTTPStatus.OK, "page 1")] * 2 == [exporter.page(), exporter.page()]
    assert ([True], [1]) == (told, rendered)
    monkeypatch.setattr(time, "monotonic", lambda: float("inf"))
    assert exporter.page() is None, "it is not fresh any more"


def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    said: list[str] = []
    folder = tmp_path / "folder"
    keeper = Keeper(str(folder / "a.prom"), Played(), lambda _: "x\n", said.append)
    with pytest.raises(OutputError):
        keeper.gathered(1)
    folder.mkdir()
    keeper.gathered(1)
    (folder / "a.prom").unlink()
    folder.rmdir()
    keeper.gathered(1)
    keeper.gathered(1)
    assert 1 == len(said)
    folder.mkdir()
    keeper.gathered(1)
    assert "x\n" == (folder / "a.prom").read_text()


def test_a_silent_server_holds_up_nobodys_health() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        listening(*at(silent.getsockname()[1])) as (running, place),
    ):
        host, _, port = place.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), DEADLINE) as reader:
            reader.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
            assert "ok\n" == read(f"{place}/healthz")
            reader.setblocking(False)
            with pytest.raises(BlockingIOError):
                reader.recv(1)
        running.signal(15)
        assert 0 == running.result().status, "TERM ends it, whatever the server does"


def test_a_dead_server_is_down_and_is_said_once(server: ServerProcess) -> None:
    port = free_port()
    with listening(*at(server.port), *at(port)) as (running, place):
        for _ in range(2):
            assert 0 == values(read(f"{place}/metrics"))[f"gearman_up[('server', '127.0.0.1:{port}')]"]
        running.signal(15)
        assert 1 == running.result().err.count("cannot connect")
