"""`gear check`: lines and exit statuses, against a server, a dead one and hostile ones."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import at, exit_of, gear_worker, run_gear, take_job
from tests.client.answering import Reply, answering
from tests.support import ServerProcess, Wire, free_port, gear_serve, wait_until

UNKNOWN = b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n"
GEARMAND: dict[bytes, Reply] = {
    b"version": b"OK 1.1.20\r\n",
    b"functions": UNKNOWN,
    b"status": b"f\t3\t1\t3\n.\n",
    b"prioritystatus": b"f\t0\t2\t0\t3\n.\n",
}


def host(port: int) -> tuple[str, str]:
    """A server as check_gearman's options name it."""
    return "-H", f"127.0.0.1:{port}"


def told(capfd: pytest.CaptureFixture[str]) -> str:
    """The one line."""
    out, err = capfd.readouterr()
    assert (1, "") == (out.count("\n"), err)
    return out.removesuffix("\n")


def test_a_queue_that_is_well(server: ServerProcess, cat: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 0 == exit_of("check", *at(server.port), "-q", cat)
    figures = "'cat_waiting'=0;10;100;0 'cat_running'=0 'cat_worker'=2;25;50;0"
    words = r"check_gearman OK - 0 jobs running and 0 jobs waiting. Version: gear \S+"
    assert re.fullmatch(f"{words}{re.escape('|' + figures)}", told(capfd))


def test_a_queue_without_a_worker(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    with Wire(server.port) as client:
        client.ask(PacketType.SUBMIT_JOB_BG, b"check-none", b"", b"")
    assert 2 == exit_of("check", *host(server.port), "-q", "check-none", "-w", "0", "-C", "9")
    figures = "'check-none_waiting'=1;0;100;0 'check-none_running'=0 'check-none_worker'=0;25;9;0"
    assert f"check_gearman CRITICAL - Queue check-none has 1 job without any worker.|{figures}" == told(capfd)


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["-q", "no such"], 1, "WARNING - Queue no such not found"),
        (["-q", "no such", "--min-workers", "1"], 2, "CRITICAL - Queue no such not found"),
        (["-q", "cat", "--min-workers", "3"], 2, "CRITICAL - Queue cat has 2 of 3 worker."),
        (["-q", "cat", "-W", "2"], 1, "WARNING - Queue cat has 2 worker."),
        (["-q", "cat", "-W", "1", "-C", "2"], 2, "CRITICAL - Queue cat has 2 worker."),
        (["-q", "cat", "-x", "--max-age", "1m"], 0, "OK - 0 jobs running"),
    ],
)
def test_thresholds(
    server: ServerProcess,
    cat: str,
    options: list[str],
    status: int,
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert status == exit_of("check", *at(server.port), *options)
    assert told(capfd).startswith(f"check_gearman {words}")


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (["-s", "ping", "-e", "in"], 0, "OK - send worker 'ping' response: 'ping'|'time'="),
        (
            ["-s", "ping", "-e", "x"],
            2,
            "CRITICAL - send worker: 'ping' response: 'ping', expected 'x'|'time'=",
        ),
        (["--send", "ping"], 0, "OK - ping|'time'="),
        (["-s", "ping", "-a"], 0, "OK - sending background job succeeded|'time'="),
    ],
)
def test_a_test_job(
    server: ServerProcess,
    cat: str,
    options: list[str],
    status: int,
    words: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert status == exit_of("check", *host(server.port), "-q", cat, *options)
    assert told(capfd).startswith(f"check_gearman {words}")


@pytest.mark.parametrize(
    ("sent", "status", "line"),
    [("1:slow|a=1", 1, "slow|a=1"), ("3:?|", 3, "?|"), ("0:\x1b[2J|", 0, "\\x1b[2J|")],
)
def test_a_worker_sets_the_state(
    server: ServerProcess, cat: str, sent: str, status: int, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status == exit_of("check", *host(server.port), "-q", cat, "-s", sent)
    assert line == told(capfd)


def test_a_job_that_fails(server: ServerProcess, failing: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("check", *at(server.port), "-q", failing, "--send", "bad")
    assert told(capfd).startswith("check_gearman CRITICAL - job failed: failing failed")


def test_a_job_that_nobody_takes(server: ServerProcess, capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("check", *at(server.port), "-q", "nobody", "--send", "x", "-t", "100ms")
    assert f"check_gearman CRITICAL - timeout while waiting for 127.0.0.1:{server.port}" == told(capfd)


def test_several_servers_are_judged_each(
    server: ServerProcess, cat: str, capfd: pytest.CaptureFixture[str]
) -> None:
    port = free_port()
    assert 2 == exit_of("check", *at(server.port), *at(port), "-q", cat)
    line = told(capfd)
    assert line.startswith(f"check_gearman CRITICAL - cannot connect to 127.0.0.1:{port}: connection refused")
    assert f"'127.0.0.1:{server.port} cat_worker'=2;25;50;0" in line


@pytest.mark.parametrize("options", [[], ["-q", "f", "--send", "x"]])
def test_2_a_server_that_is_not_there(options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert 2 == exit_of("check", *at(free_port()), *options)
    assert "check_gearman CRITICAL - cannot connect to 127.0.0.1:" in told(capfd)


@pytest.mark.parametrize(
    "options",
    [
        ["--nonsense"],
        ["-t", "0"],
        ["-e", "x"],
        ["-a"],
        ["--send", "x"],
        ["--send", "x", "-q", "a", "-q", "b"],
        ["-H", "a", "-s", "x", "-s", "y", "-q", "f"],
        ["-s", "[::1"],
        ["--context", "none"],
        ["-h", "host"],
        ["argument|"],
    ],
)
def test_3_a_wrong_usage(options: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert 3 == exit_of("check", *options)
    line = told(capfd)
    assert line.startswith("check_gearman UNKNOWN - ")
    assert "|" not in line


def test_help_is_no_state_of_anything() -> None:
    assert 0 == run_gear("check", "--help").status


def endless(connection: socket.socket) -> None:
    """Rows without an end."""
    while True:
        connection.sendall(b"f\t1\t1\t1\n" * 1000)


def test_gearmand(capfd: pytest.CaptureFixture[str]) -> None:
    with answering(GEARMAND) as server:
        assert 0 == exit_of("check", *at(server.port))
        figures = "'f_waiting'=2;10;100;0 'f_running'=1 'f_worker'=3;25;50;0"
        words = "OK - 1 job running and 2 jobs waiting. Version: 1.1.20"
        assert f"check_gearman {words}|{figures}" == told(capfd)
        assert 3 == exit_of("check", *at(server.port), "--max-age", "1s")
        words = f"UNKNOWN - --max-age needs a gear server; 127.0.0.1:{server.port} is gearmand 1.1.20."
        assert f"check_gearman {words}|{figures}" == told(capfd)
        assert 3 == exit_of("check", *at(server.port), "--dead", "1:10")
        assert f"check_gearman {words.replace('--max-age', '--dead')}|{figures}" == told(capfd)


@pytest.mark.parametrize("option", ["--max-age", "--dead"])
def test_what_a_server_without_functions_cannot_tell(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    with answering({**GEARMAND, b"status": b".\n", b"prioritystatus": b".\n"}) as server:
        assert 3 == exit_of("check", *at(server.port), option, "1")
        line = told(capfd)
        assert f"UNKNOWN - {option} needs a gear server; " in line
        assert line.endswith("is gearmand 1.1.20.")


@pytest.fixture(scope="module")
def deadly() -> Iterator[ServerProcess]:
    """A server with two dead jobs, and a worker of their function."""
    with gear_serve("--job-retries", "0") as server, server.wire() as client:
        for _ in range(2):
            client.ask(PacketType.SUBMIT_JOB_BG, b"deadly", b"", b"")
            with server.wire() as worker:
                take_job(worker, b"deadly")
        client.say(PacketType.CAN_DO, b"deadly")
        wait_until(lambda: 2 == json.loads(client.rows(b"functions")[0])["dead"])
        yield server


@pytest.mark.parametrize(
    ("options", "status", "words", "figure"),
    [
        ([], 0, "OK - 0 jobs running", ""),
        (["--dead", "3:4"], 0, "OK - 0 jobs running", " 'deadly_dead'=2;3;4;0"),
        (["--dead", "1"], 1, "WARNING - Queue deadly has 2 dead jobs.", " 'deadly_dead'=2;1;0;0"),
        (["--dead", "1:2"], 2, "CRITICAL - Queue deadly has 2 dead jobs.", " 'deadly_dead'=2;1;2;0"),
        (["--dead", "1:2", "-q", "other"], 1, "WARNING - Queue other not found", None),
    ],
)
def test_dead_jobs(
    deadly: ServerProcess,
    options: list[str],
    status: int,
    words: str,
    figure: str | None,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert status == exit_of("check", *at(deadly.port), *options)
    line = told(capfd)
    assert line.startswith(f"check_gearman {words}")
    figures = "'deadly_waiting'=0;10;100;0 'deadly_running'=0 'deadly_worker'=1;25;50;0"
    assert line.endswith(words if figure is None else f"|{figures}{figure}")


@pytest.mark.parametrize(
    ("replies", "words"),
    [
        ({b"version": lambda _: None}, "timeout while waiting for 127.0.0.1:"),
        ({b"status": b"f\t1\t"}, "timeout while waiting for 127.0.0.1:"),
        ({b"status": endless}, "timeout while waiting for 127.0.0.1:"),
        ({b"status": b"garbage\x1b|\n.\n"}, "the server's status has a row that is none: garbage\\x1b\\x7c"),
        ({b"status": None}, "the connection to 127.0.0.1:"),
        ({b"version": b"\0RES"}, "127.0.0.1:"),
    ],
)
def test_2_what_is_no_answer(replies: dict[bytes, Reply], words: str) -> None:
    with answering({**GEARMAND, **replies}) as server:
        result = run_gear("check", *at(server.port), "-t", "500ms")
    assert (2, "", 1) == (result.status, result.err, result.out.count(b"\n"))
    assert result.out.decode().startswith(f"check_gearman CRITICAL - {words}")


def test_2_a_silent_server_and_a_test_job() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port: int = silent.getsockname()[1]
        result = run_gear("check", *at(port), "-q", "f", "--send", "x", "-t", "300ms")
    assert (2, "") == (result.status, result.err)
    assert f"check_gearman CRITICAL - timeout while waiting for 127.0.0.1:{port}\n".encode() == result.out


def test_identical_checks_at_the_same_time_are_one_job(server: ServerProcess) -> None:
    with gear_worker(server.port, "uniques", ["sh", "-c", 'cat; echo "$GEARMAN_UNIQUE"']):
        answers = [
            run_gear("check", *at(server.port), "-q", "uniques", "--send", "", *options).out.split(b"|")[0]
            for options in ((), ("-u", "mine"))
        ]
    assert [b"check_gearman OK - check", b"check_gearman OK - mine"] == answers
