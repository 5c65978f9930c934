"""`gear status` off a terminal; the table is tested on one."""

from __future__ import annotations

import json
import signal

import pytest

from gearcli.cli.status import Sort
from gearcli.client.functions import SORTS
from gearcli.protocol.packets import PacketType
from tests.cli.driving import Gear, at, exit_of
from tests.client.answering import Reply, answering
from tests.support import ServerProcess, Wire, free_port, gear_serve


def queue(server: ServerProcess, *functions: bytes) -> None:
    """A waiting job for each."""
    with Wire(server.port) as client:
        for function in functions:
            client.ask(PacketType.SUBMIT_JOB_BG, function, b"", b"x")


def test_lines_are_gearmands_own(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"status-b", b"status-b", b"status-a")
    assert 0 == exit_of("status", *at(server.port), "status-*")
    assert ("status-a\t1\t0\t0\nstatus-b\t2\t0\t0\n", "") == capfd.readouterr()


def test_only_what_matches_is_shown(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"glob-one", b"glob-two", b"globe")
    assert 0 == exit_of("status", *at(server.port), "glob-*o", "globe", "GLOBE")
    assert ["glob-two", "globe"] == [line.split("\t")[0] for line in capfd.readouterr().out.splitlines()]


def test_nothing_that_matches_is_no_line(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("status", *at(server.port), "no such function")
    assert ("", "") == capfd.readouterr()


def test_several_servers_are_summed(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve() as other:
        queue(server, b"summed")
        queue(other, b"summed", b"summed", b"summed-there")
        assert 0 == exit_of("status", *at(server.port), *at(other.port), "summed*")
    assert "summed\t3\t0\t0\nsummed-there\t1\t0\t0\n" == capfd.readouterr().out


def test_json(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, "jsön\x1b".encode())
    assert 0 == exit_of("status", *at(server.port), "js*", "--json")
    document = json.loads(capfd.readouterr().out)
    ((function,), (told,)) = document["functions"], document["servers"]
    assert ("jsön\\x1b", 1, 0, 0, 1, False, None) == tuple(
        function[key] for key in ("function", "queued", "running", "workers", "normal", "paused", "server")
    )
    assert (f"127.0.0.1:{server.port}", None) == (told["server"], told["error"])
    assert told["product"].startswith("gear ")


def test_csv_and_total(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"csv-a", b"csv-b", b"csv-b")
    assert 0 == exit_of("status", *at(server.port), "csv-*", "--format", "csv", "--total")
    lines = [line.split(",")[:4] for line in capfd.readouterr().out.splitlines()]
    assert [
        ["function", "queued", "running", "workers"],
        ["csv-a", "1", "0", "0"],
        ["csv-b", "2", "0", "0"],
        ["", "3", "0", "0"],
    ] == lines


def test_sorted_and_without_empty_ones(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"sort-a", b"sort-b", b"sort-b")
    with Wire(server.port) as worker:
        worker.say(PacketType.CAN_DO, b"sort-empty")
        assert worker.works()
        assert 0 == exit_of("status", *at(server.port), "sort-*", "--sort", "queued")
        assert ["sort-b", "sort-a", "sort-empty"] == names(capfd.readouterr().out)
        assert 0 == exit_of("status", *at(server.port), "sort-*", "--hide-empty")
    assert ["sort-a", "sort-b"] == names(capfd.readouterr().out)


def names(lines: str) -> list[str]:
    return [line.split("\t")[0] for line in lines.splitlines()]


def test_each_server_has_its_row(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with gear_serve() as other:
        queue(server, b"each")
        queue(other, b"each")
        assert 0 == exit_of("status", *at(server.port), *at(other.port), "each", "--per-server")
    ports = sorted([str(server.port), str(other.port)])
    assert [f"127.0.0.1:{port}\teach\t1\t0\t0" for port in ports] == capfd.readouterr().out.splitlines()


def test_a_table_off_a_terminal_is_neither_coloured_nor_cut(
    server: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    queue(server, b"table" * 50)
    assert 0 == exit_of("status", *at(server.port), "table*", "--format", "table")
    heading, row = capfd.readouterr().out.splitlines()
    assert ["FUNCTION", "QUEUED", "RUNNING", "WORKERS", "OLDEST"] == heading.split()
    assert row.startswith("table" * 50 + "  ")
    assert row.endswith("no worker")


def test_prometheus(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"prom-a", b"prom-b")
    assert 0 == exit_of("status", *at(server.port), "prom-a", "--format", "prometheus")
    lines = capfd.readouterr().out.splitlines()
    assert 'gearman_jobs{function="prom-a"} 1' in lines
    assert "gearman_up 1" in lines
    assert [] == [line for line in lines if "prom-b" in line]


def test_69_a_dead_server_holds_up_nobody_and_is_named(
    server: ServerProcess, capfd: pytest.CaptureFixture[str]
) -> None:
    queue(server, b"one-dead")
    port = free_port()
    assert 69 == exit_of("status", *at(port), *at(server.port), "one-dead")
    out, err = capfd.readouterr()
    assert "one-dead\t1\t0\t0\n" == out
    assert err.startswith(f"gear: cannot connect to 127.0.0.1:{port}: connection refused")
    assert 69 == exit_of("status", *at(port), *at(server.port), "--format", "prometheus")
    lines = capfd.readouterr().out.splitlines()
    assert f'gearman_up{{server="127.0.0.1:{port}"}} 0' in lines
    assert f'gearman_up{{server="127.0.0.1:{server.port}"}} 1' in lines


def test_69_nobody_listens(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert 69 == exit_of("status", *at(port), "--format", "csv")
    out, err = capfd.readouterr()
    assert "" == out
    assert err.startswith(f"gear: cannot connect to 127.0.0.1:{port}: connection refused")
    assert 69 == exit_of("status", *at(port), "--json")
    document = json.loads(capfd.readouterr().out)
    assert [[], f"127.0.0.1:{port}"] == [document["functions"], document["servers"][0]["server"]]


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"f\t1\t0\n.\n", "the server's status has a row that is none: f\\t1\\t0"),
        (b"f\x1b\n.\n", "the server's status has a row that is none: f\\x1b"),
        (b"f\t1\t0\t0\n.\nmore\n", "answers more than it was asked"),
        (b"\0RES\0\0\0\x06\0\0\0\0", "does not speak Gearman's protocol"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n.\n", "the server's status has a row that is none: HTTP/1.1 400"),
    ],
)
def test_76_garbage(reply: bytes, words: str, capfd: pytest.CaptureFixture[str]) -> None:
    unknown = b"ERR UNKNOWN_COMMAND x\r\n"
    replies: dict[bytes, Reply] = {
        b"version": b"OK 1.1.20\n", b"functions": unknown, b"status": reply, b"prioritystatus": b".\n",
    }  # fmt: skip
    with answering(replies) as server:
        assert 76 == exit_of("status", *at(server.port))
    out, err = capfd.readouterr()
    assert "" == out
    assert words in err
    assert f"127.0.0.1:{server.port}" in err
    assert err.removesuffix("\n").isprintable()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--json", "--format", "csv"], "--json and --format csv exclude each other"),
        (["-i", "1"], "-i is how often --watch asks; say --watch too"),
        (["--format", "xml"], "'xml' is not one of"),
        (["--sort", "age"], "'age' is not one of"),
    ],
)
def test_2_wrong_usage(arguments: list[str], words: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("status", *arguments)
    assert words in capfd.readouterr().err


def test_what_can_be_sorted_by_is_said_once() -> None:
    assert list(SORTS) == [str(each) for each in Sort]


def test_it_is_shown_again_and_again(server: ServerProcess) -> None:
    with Gear("status", *at(server.port), "watch", "--watch", "-i", "20ms") as watching:
        assert b"\n" == watching.line()
        queue(server, b"watch")
        while (line := watching.line()) == b"\n":
            pass
        assert b"watch\t1\t0\t0\n" == line
        watching.signal(signal.SIGINT)
        assert 130 == watching.result().status


def test_json_is_a_line_each_time(server: ServerProcess) -> None:
    with Gear("status", *at(server.port), "none", "--watch", "-i", "20ms", "--json") as watching:
        documents = [json.loads(watching.line()) for _ in range(3)]
        watching.signal(signal.SIGINT)
        assert 130 == watching.result().status
    assert [[]] * 3 == [document["functions"] for document in documents]


def test_a_hostile_name_forges_no_row(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    queue(server, b"forged\t0\t0\t9\nother\x1b[2J")
    assert 0 == exit_of("status", *at(server.port), "forged*")
    (line,) = capfd.readouterr().out.splitlines()
    assert line.endswith("\t1\t0\t0")
    assert line.isascii()
    assert "\x1b" not in line
