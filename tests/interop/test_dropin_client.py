"""`gearman` as a client: every option, played with Debian's tool and with ours, against both servers."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from gearcli.protocol.packets import PacketType
from tests.cli.driving import counts, take_job
from tests.interop.dropin import ORIGINALS, Case, compared, environment, links, play
from tests.support import (
    DEADLINE,
    Process,
    ServerProcess,
    Wire,
    free_port,
    gear,
    gear_serve,
    gearmand,
    needs_peers,
    wait_until,
)

pytestmark = needs_peers

Serve = Callable[[], AbstractContextManager[ServerProcess]]

WORKERS = """
servers = ["127.0.0.1:{port}"]
[worker.cat]
command = ["cat"]
[worker.up]
command = ["tr", "a-z", "A-Z"]
[worker.bad]
command = ["sh", "-c", "exit 3"]
[worker.tell]
command = ["sh", "-c", "echo 1 4 >&3; echo warn careful >&3; echo end"]
"""


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where our tools are."""
    return links(tmp_path_factory.mktemp("bin"))


def _served(port: int, function: str, worker: Process) -> bool:
    return counts(port, function)[2] > 0 or not worker.alive()


@contextlib.contextmanager
def staffed(serve: Serve, folder: Path) -> Iterator[int]:
    """A server with a worker for each function; its port."""
    config = folder / "workers.toml"
    with serve() as server:
        config.write_text(WORKERS.format(port=server.port))
        worker = Process(gear("worker", "--config", str(config)))
        try:
            for function in ("cat", "up", "bad", "tell"):
                wait_until(partial(_served, server.port, function, worker))
            assert worker.alive(), worker.said()
            yield server.port
        finally:
            worker.end()


@pytest.fixture(scope="module")
def debians(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Debian's gearmand, with workers."""
    with staffed(gearmand, tmp_path_factory.mktemp("gearmand")) as port:
        yield port


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """`gear serve`, with workers."""
    with staffed(gear_serve, tmp_path_factory.mktemp("gear")) as port:
        yield port


@pytest.fixture(params=["own", "debians"])
def port(request: pytest.FixtureRequest) -> int:
    """Both servers, one after the other."""
    found: int = request.getfixturevalue(request.param)
    return found


TALK = (
    Case("gearman -p {port} -f cat hello"),
    Case("gearman -p {port} -f cat", stdin=bytes(range(256)) * 4000),
    Case("gearman -p {port} -f cat -s", stdin=b"unread"),
    Case("gearman -p {port} -f cat -n", stdin=b"one\ntwo\n\nthree"),
    Case("gearman -p {port} -f cat -n", stdin=b""),
    Case("gearman -p {port} -f cat -n", stdin=b"a\0b\n", differs="lines", out=b"a\0b\n"),
    Case(
        "gearman -p {port} -f up -nP",
        stdin=b"a" * 9000 + b"\n",
        differs="lines",
        out=b"up: " + b"A" * 9000 + b"\n",
    ),
    Case("gearman -p {port} -f cat -N", stdin=b"one\ntwo\n"),
    Case("gearman -p {port} -f cat -N", stdin=b"one\ntwo", differs="strip", out=b"onetwo"),
    Case("gearman -p {port} -f up -NP", stdin=b"a\n\nb\n", differs="strip", out=b"up: Aup: up: B"),
    Case("gearman -p {port} -f cat -P hello"),
    Case("gearman -p {port} -f cat -f cat -P one"),
    Case("gearman -p {port} -f up -P -n", stdin=b"one\ntwo\n"),
    Case("gearman -p {port} -f up -v hello", differs="order", out=b"Task created: HANDLE\nHELLO"),
    Case("gearman -p {port} -f up -vP hello"),
    Case("gearman -p {port} -f cat -vb hello"),
    Case("gearman -p {port} -f cat -f up -vb hello there"),
    Case("gearman -p {port} -f cat -b hello"),
    Case("gearman -p {port} -f cat -bnv", stdin=b"one\ntwo\nthree\n"),
    Case("gearman -p {port} -f cat -bI hello"),
    Case("gearman -p {port} -f cat -bL hello"),
    Case("gearman -p {port} -f cat -u key hello"),
    Case("gearman -p {port} -f cat -u - hello"),
    Case("gearman -p {port} -f cat -u '#' hello"),
    Case("gearman -p {port} -f nobody -t 50 hello", differs="timeout", status=124),
    Case("gearman -p {port} -f bad hello"),
    Case("gearman -p {port} -f bad -P hello"),
    Case("gearman -p {port} -f bad -f cat hello"),
    Case("gearman -p {port} -f bad -b hello"),
    Case("gearman -p {port} -f tell hello", differs="order", out=b"25% Complete\nend\n"),
    Case("gearman -p {port} -f tell -P hello"),
    Case("gearman -p {port} -d -f cat hello"),
)
"""What the servers have a part in."""

WORDS = (
    Case("gearman"),
    Case("gearman -H"),
    Case("gearman --help"),
    Case("gearman -f cat -H"),
    Case("gearman -f cat -nNvbw -H"),
    Case("gearman -f cat -z"),
    Case("gearman -f cat -t"),
    Case("gearman -p {port} -f cat -h 127.0.0.1 -h localhost hello"),
    Case("gearman -p{port} -fcat hello world"),
    Case("gearman -p {port} hello -f cat world", stdin=b"unread"),
    Case("gearman -p {port} -f cat -- -n -z"),
    Case("gearman -p {port} -f cat -"),
    Case("gearman -p {port} -f cat -p 1 -p {port} hello"),
    Case("gearman -p {port} -f cat hello -n world"),
    Case("gearman -p {port} -f cat ''"),
    Case("gearman -p {port} -f cat -vb ''", differs="empty", out=b"Task created: HANDLE\n"),
    Case("gearman -p {port} -f cat", stdin=b"a\0b\nc"),
    Case("gearman -p {port} -f cat", stdin=b""),
    Case("gearman -p {port} -f cat -s word"),
    Case("gearman -p {port} -f cat -I hello"),
    Case("gearman -p {port} -f cat -L hello"),
    Case("gearman -p {port} -f cat -I -L hello"),
    Case("gearman -p {port} -f cat -c 3 hello"),
    Case("gearman -p {port} -f cat -t 15000 hello"),
    Case("gearman -p {port} -f cat -t -1 hello"),
    Case("gearman -f cat hello", environ={"GEARMAN_SERVER": "127.0.0.1:{port}"}),
    Case(
        "gearman -h no.invalid -f cat x",
        environ={"GEARMAN_SERVER": "127.0.0.1:{dead},127.0.0.1:{port}"},
        differs="failover",
        out=b"x",
    ),
    Case("gearman -p {dead} -f cat hello", environ={"GEARMAN_SERVERS": "127.0.0.1:{port}"}),
    Case("gearman -p {dead} -f cat hello", differs="unreachable", status=69),
    Case("gearman -p {dead} -f cat -b hello", differs="unreachable", status=69),
    Case("gearman -p {dead} -f cat -n", stdin=b""),
    Case("gearman -h no.invalid -f cat hello", differs="unreachable", status=69),
    Case("gearman -f cat x", environ={"GEARMAN_SERVER": "no.invalid:1"}, differs="unreachable", status=69),
    Case("gearman -f cat x", environ={"GEARMAN_SERVER": "bad:bad"}, differs="servers", status=2),
    Case("gearman -p {port} -f cat -t soon hello", differs="usage", status=2),
    Case("gearman -p {port} -f cat -c many hello", differs="usage", status=2, out=b""),
    Case("gearman -p {port}x -f cat hello", differs="usage", status=2, out=b""),
    Case("gearman -p {port} -f '' hello", differs="function-name", status=2),
    Case("gearman -p {port} -S -f cat hello", differs="tls", status=77, out=b""),
    Case("gearman -p {port} -i /no/such/folder/pid -f cat hello", differs="pid-file", status=74),
)
"""What is decided before, or without a server."""


def _name(case: Case) -> str:
    return case.line.replace("{port}", "PORT")


@pytest.mark.parametrize("case", TALK, ids=_name)
def test_option(case: Case, debians: int, ours: str) -> None:
    expected, own = compared(case, ours, port=debians)
    assert expected == own


@pytest.mark.parametrize("case", TALK[::3], ids=_name)
def test_option_with_our_server(case: Case, own: int, ours: str) -> None:
    expected, found = compared(case, ours, port=own)
    assert expected == found


@pytest.mark.parametrize("case", WORDS, ids=_name)
def test_words(case: Case, debians: int, ours: str) -> None:
    expected, own = compared(case, ours, port=debians, dead=free_port())
    assert expected == own


def test_words_of_a_worker_go_to_standard_error(port: int, ours: str) -> None:
    for path in (ORIGINALS, ours):
        assert b"tell: careful" in play(path, f"gearman -p {port} -f tell -P x").err
    assert b"bad: Job failed\n" == play(ours, f"gearman -p {port} -f bad -P x").err[-16:]


@contextlib.contextmanager
def client(path: str, line: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command line that runs; it has ended when the block ends."""
    pipe = subprocess.PIPE
    running = subprocess.Popen(line.split(), cwd=folder, env=environment(path), stdout=pipe, stderr=pipe)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def test_a_pid_file_is_there_while_it_runs(port: int, ours: str, tmp_path: Path) -> None:
    with Wire(port) as worker, client(ours, f"gearman -p {port} -f pid -i pid x", tmp_path) as running:
        handle, _ = take_job(worker, b"pid")
        assert f"{running.pid}\n" == (tmp_path / "pid").read_text()
        worker.say(PacketType.WORK_COMPLETE, handle, b"done")
        assert (b"done", b"") == running.communicate(timeout=DEADLINE)
    assert not (tmp_path / "pid").exists()


def test_a_workload_waits_for_the_one_before(port: int, ours: str, tmp_path: Path) -> None:
    with Wire(port) as worker, client(ours, f"gearman -p {port} -f turn one two", tmp_path) as running:
        handle, workload = take_job(worker, b"turn")
        assert (b"one", (1, 1, 1)) == (workload, counts(port, "turn"))
        worker.say(PacketType.WORK_COMPLETE, handle, b"1")
        handle, workload = take_job(worker, b"turn")
        worker.say(PacketType.WORK_COMPLETE, handle, b"2")
        assert (b"12", b"") == running.communicate(timeout=DEADLINE)


def test_progress_of_nothing_and_an_exception(port: int, ours: str, tmp_path: Path) -> None:
    """The original divides by zero, and waits for ever."""
    with Wire(port) as worker, client(ours, f"gearman -p {port} -f odd x", tmp_path) as running:
        handle, _ = take_job(worker, b"odd")
        worker.say(PacketType.WORK_STATUS, handle, b"3", b"0")
        worker.say(PacketType.WORK_EXCEPTION, handle, b"no such image\n")
        assert (b"0% Complete\n", b"no such image\nJob failed\n") == running.communicate(timeout=DEADLINE)
        assert 1 == running.returncode


def test_the_unique_of_a_hash_is_libgearmans(ours: str) -> None:
    workloads = ("a", "abc", "abcd", "a longer workload of some words")
    with gearmand() as server:
        for number, path in enumerate((ORIGINALS, ours)):
            for workload in workloads:
                play(path, f"gearman -p {server.port} -b -f hashed-{number} -u '#' '{workload}'")
        uniques = play(ours, f"gearadmin -p {server.port} --show-unique-jobs").out.split()[:-1]
    assert len(workloads) * 2 == len(uniques)
    assert {2} == {uniques.count(unique) for unique in uniques}


@pytest.mark.parametrize(
    ("options", "environ", "where"),
    [
        ("-p {a}", {"GEARMAN_SERVERS": "127.0.0.1:{b}"}, "a"),
        ("-p {dead}", {"GEARMAN_SERVERS": "127.0.0.1:{a},127.0.0.1:{b}"}, "b"),
        ("-p {dead}", {"GEARMAN_SERVER": "127.0.0.1:{b},127.0.0.1:{a}"}, "a"),
        ("", {"GEARMAN_SERVER": "127.0.0.1:{a}", "GEARMAN_SERVERS": "127.0.0.1:{b}"}, "a"),
    ],
)
def test_of_several_servers_the_same_one_takes_the_jobs(
    options: str, environ: dict[str, str], where: str, ours: str
) -> None:
    with gearmand() as a, gearmand() as b:
        ports = {"a": a.port, "b": b.port, "dead": free_port()}
        named = {name: value.format(**ports) for name, value in environ.items()}
        for path in (ORIGINALS, ours):
            for number in range(4):
                line = f"gearman -h 127.0.0.1 {options} -f f -b -u {number} x".format(**ports)
                assert 0 == play(path, line, environ=named).status
            for name in "ab":
                expected = 4 if name == where else 0
                assert expected == counts(ports[name], "f")[0]
                with Wire(ports[name]) as worker:
                    for _ in range(expected):
                        worker.say(PacketType.WORK_COMPLETE, take_job(worker, b"f")[0], b"")
                    wait_until(lambda port=ports[name]: counts(port, "f")[0] == 0)  # type: ignore[misc]


def test_a_full_queue_is_75(ours: str) -> None:
    with gear_serve() as server, server.wire() as wire:
        wire.line(b"create function full")
        wire.line(b"maxqueue full 1")
        line = "gearman -p {port} -b -f full x"
        assert 0 == play(ours, line.format(port=server.port)).status
        expected, own = compared(Case(line, differs="refused", status=75), ours, port=server.port)
    assert expected == own


def test_a_server_that_goes_is_69(ours: str, tmp_path: Path) -> None:
    with gear_serve() as server, client(ours, f"gearman -p {server.port} -f f x", tmp_path) as running:
        wait_until(lambda: counts(server.port, "f")[0])
        server.signal(signal.SIGKILL)
        assert b"gearman: " in running.communicate(timeout=DEADLINE)[1]
        assert 69 == running.returncode
