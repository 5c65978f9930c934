"""`gearmand`: every option, with Debian's and with ours; clients meet the same server."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gearcli import __version__
from gearcli.protocol.packets import PacketType
from tests.interop.dropin import ORIGINALS, Case, compared, environment, links, play
from tests.support import ServerProcess, Wire, connects, free_port, needs_peers, wait_until

pytestmark = needs_peers


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where our tools are."""
    return links(tmp_path_factory.mktemp("bin"))


@pytest.fixture(params=["ours", "theirs"])
def path(request: pytest.FixtureRequest, ours: str) -> str:
    """Our tools, and Debian's."""
    return ours if request.param == "ours" else ORIGINALS


WORDS = (
    Case("gearmand --help"),
    Case("gearmand -h -d"),
    Case("gearmand --bogus"),
    Case("gearmand --pid 4"),
    Case("gearmand -v"),
    Case("gearmand word"),
    Case("gearmand --verbose"),
    Case("gearmand --verbose info"),
    Case("gearmand --daemon=1"),
    Case("gearmand -b 1 -b 2"),
    Case("gearmand -t many"),
    Case("gearmand -w many"),
    Case("gearmand --hashtable-buckets 0"),
    Case("gearmand --config-file /no/such/file"),
    Case("gearmand --config-file {config} --check-args"),
    Case("gearmand --config-file {wrong} --check-args"),
    Case("gearmand --check-args"),
    Case("gearmand --check-args --libsqlite3-table tt --job-handle-prefix tt"),
    Case("gearmand --check-args --job-handle-prefix -tt"),
    Case("gearmand --check-args --job-handle-prefix -t"),
    Case("gearmand --check-args --libsqlite3-table -d"),
    Case(
        "gearmand --check-args -b 5 -d --exceptions -f 100 -j 3 --job-handle-prefix P --hashtable-buckets 7 "
        "--keepalive --keepalive-idle 1 --keepalive-interval 2 --keepalive-count=3 -l none -L 127.0.0.1 "
        "-P pid -r http -R -q builtin --syslog --coredump -t 0 -u nobody --verbose=INFO -w 2 --http-port 1 "
        "-p 4 --ssl --ssl-ca-file a --ssl-certificate b --ssl-key c --libsqlite3-db d "
        "--store-queue-on-shutdown --libsqlite3-table e --libmemcached-servers f --libmemcached-prefix g "
        "--libpq-conninfo h --libpq-table i --redis-server j --redis-port k --redis-password l "
        "--redis-prefix m --mysql-host n --mysql-port 1 --mysql-user p --mysql-password q --mysql-db r "
        "--mysql-table s"
    ),
    Case("gearmand -P /no/such/folder/pid -l stderr -p {port} -L 127.0.0.1"),
    Case("gearmand -u no-such-user -l stderr -P {pid}"),
    Case("gearmand -r bogus -l stderr -P {pid} -p {port} -L 127.0.0.1"),
    Case("gearmand -q bogus -l stderr -P {pid} -p {port} -L 127.0.0.1"),
    Case("gearmand -q libsqlite3 -l stderr -P {pid} -p {port} -L 127.0.0.1"),
    Case("gearmand -L 192.0.2.1 -l stderr -P {pid} -p {port}"),
)
"""What ends by itself."""


@pytest.mark.parametrize("case", WORDS, ids=lambda case: case.line[:60])
def test_words(case: Case, ours: str, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("-p 47\n--threads 2\n")
    (tmp_path / "wrong").write_text("--bogus\n")
    values = {"config": tmp_path / "config", "wrong": tmp_path / "wrong", "pid": tmp_path / "pid"}
    expected, own = compared(case, ours, port=free_port(), **values)
    assert expected == own


def test_version(ours: str) -> None:
    assert 0 == play(ORIGINALS, "gearmand -V").status
    for option in ("-V", "--version"):
        done = play(ours, f"gearmand {option}")
        assert (0, b"") == (done.status, done.err)
        assert done.out.startswith(f"\ngearmand {__version__} - ".encode())


@pytest.mark.parametrize("queue", ["libmemcached", "Postgres", "redis", "MySQL", "drizzle", "TokyoCabinet"])
def test_queues_elsewhere_are_refused(ours: str, queue: str) -> None:
    done = play(ours, f"gearmand -q {queue} -l stderr")
    assert (1, b"") == done[:2]
    assert f"gearmand: --queue-type {queue}: ".encode() in done.err


def test_http_is_refused(ours: str) -> None:
    assert (1, b"") == play(ours, "gearmand -r http -l stderr")[:2]


# -- a server that runs -----------------------------------------------------------------


@contextlib.contextmanager
def running(path: str, folder: Path, options: str = "", **more: str) -> Iterator[ServerProcess]:
    """A gearmand that listens, at a free port unless the options say which."""
    port = free_port()
    line = options if "-L" in options else f"-L 127.0.0.1 {options}"
    line = line.format(port=port) if "{port}" in options else f"-p {port} {line}"
    arguments = shlex.split(f"{line} -P {folder}/pid" + ("" if "-l " in line else f" -l {folder}/log"))
    server = ServerProcess(["gearmand", *arguments], environ=environment(path, more))
    try:
        wait_until(lambda: connects(port) or not server.alive())
        assert server.alive(), server.said()
        server.port = port
        yield server
    finally:
        server.end()


def test_it_serves_and_ends_with_term(path: str, tmp_path: Path) -> None:
    with running(path, tmp_path) as server:
        with server.wire() as wire:
            assert wire.works()
        wait_until((tmp_path / "pid").exists)
        assert f"{server.pid}\n" == (tmp_path / "pid").read_text()
        assert (tmp_path / "log").exists()
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
    assert not (tmp_path / "pid").exists()


def test_it_listens_everywhere_and_says_so(ours: str, tmp_path: Path) -> None:
    port = free_port()
    server = ServerProcess(
        ["gearmand", "-p", str(port), "-P", f"{tmp_path}/pid", "-l", f"{tmp_path}/log"],
        environ=environment(ours),
    )
    try:
        wait_until(lambda: connects(port) or not server.alive())
        where = f"0.0.0.0:{port}, [::]:{port}"
        words = (
            f"gearmand: listens on all interfaces ({where}), for everybody who can reach them; see --listen\n"
        )
        assert words == server.said()
    finally:
        server.end()


@pytest.mark.parametrize("log", ["none", "log"])
def test_with_a_log_it_says_nothing_elsewhere(path: str, tmp_path: Path, log: str) -> None:
    options = f"-l {log if log == 'none' else tmp_path / log} -q libsqlite3 --libsqlite3-db {tmp_path}/db"
    with running(path, tmp_path, options) as server, server.wire() as wire:
        assert wire.works()
        server.signal(signal.SIGTERM)
        assert (0, "") == (server.exit_status(), server.said())


def test_ssl_without_a_certificate(ours: str, tmp_path: Path) -> None:
    """The original serves in plain words: who asks for encryption must not be left without."""
    with running(ORIGINALS, tmp_path, "--ssl") as server, server.wire() as wire:
        assert wire.works()
    done = play(ours, f"gearmand --ssl -L 127.0.0.1 -p {free_port()} -P {tmp_path}/pid -l stderr")
    assert (1, b"") == done[:2]
    assert b"--ssl needs the server's certificate: --ssl-certificate FILE" in done.err


def test_a_port_in_use_is_1(ours: str, tmp_path: Path) -> None:
    with running(ours, tmp_path) as server:
        done = play(ours, f"gearmand -L 127.0.0.1 -p {server.port} -l stderr -P {tmp_path}/other")
    assert 1 == done.status
    assert b"in use" in done.err


@pytest.mark.parametrize(
    ("options", "environ"),
    [
        ("-L 127.0.0.1 -l none --port={port}", {}),
        ("-L 127.0.0.1 --config-file config", {}),
        ("-L 127.0.0.1 -l none", {"GEARMAND_PORT": "{port}"}),
    ],
    ids=["option", "file", "environment"],
)
def test_where_the_port_comes_from(path: str, tmp_path: Path, options: str, environ: dict[str, str]) -> None:
    port = free_port()
    (tmp_path / "config").write_text(f"--port={port}\n-l none\n")
    line = options.format(port=port).replace("config-file config", f"config-file {tmp_path}/config")
    values = {name: value.format(port=port) for name, value in environ.items()}
    server = ServerProcess(
        ["gearmand", *shlex.split(line), "-P", f"{tmp_path}/pid"], environ=environment(path, values)
    )
    try:
        assert wait_until(lambda: connects(port) or not server.alive())
        assert server.alive(), server.said()
    finally:
        server.end()


def _grabs(worker: Wire) -> bool:
    """Whether a job is there; the server may not have missed the worker before yet."""
    return worker.ask(PacketType.GRAB_JOB)[0] is PacketType.JOB_ASSIGN


def test_job_retries_counts_offers(path: str, tmp_path: Path) -> None:
    """A job fails when its second worker is lost."""
    with running(path, tmp_path, "-j 2") as server, server.wire() as client:
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"x")
        for _ in range(2):
            with server.wire() as worker:
                worker.say(PacketType.CAN_DO, b"f")
                wait_until(partial(_grabs, worker))
        assert (PacketType.WORK_FAIL, [handle]) == client.packet()


@pytest.mark.parametrize("options", ["", "-j 0"])
def test_without_job_retries_a_job_is_offered_for_ever(path: str, tmp_path: Path, options: str) -> None:
    with running(path, tmp_path, options) as server, server.wire() as client:
        client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"x")
        for _ in range(5):
            with server.wire() as worker:
                worker.say(PacketType.CAN_DO, b"f")
                wait_until(partial(_grabs, worker))


def test_exceptions_and_a_prefix(path: str, tmp_path: Path) -> None:
    with (
        running(path, tmp_path, "--exceptions --job-handle-prefix P:x") as server,
        server.wire() as client,
        server.wire() as worker,
    ):
        _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"f", b"", b"x")
        assert re.fullmatch(rb"P:x:\S+", handle)
        worker.say(PacketType.CAN_DO, b"f")
        worker.ask(PacketType.GRAB_JOB)
        worker.say(PacketType.WORK_EXCEPTION, handle, b"words")
        assert (PacketType.WORK_EXCEPTION, [handle, b"words"]) == client.packet()


def test_options_that_change_nothing_to_see(path: str, tmp_path: Path) -> None:
    options = (
        "-b 64 -f 512 --hashtable-buckets 7 --keepalive --keepalive-idle 60 --keepalive-interval 5 "
        "--keepalive-count 3 -R --coredump -t 2 -w 1 --verbose DEBUG --http-port 1 -q builtin"
    )
    with running(path, tmp_path, options) as server, server.wire() as wire:
        assert wire.works()
        assert b"OK DEBUG\n" == wire.line(b"verbose")


def test_the_level_is_error_unless_it_is_said(path: str, tmp_path: Path) -> None:
    with running(path, tmp_path) as server, server.wire() as wire:
        assert b"OK ERROR\n" == wire.line(b"verbose")


def test_an_unwritable_log_goes_to_standard_error(path: str, tmp_path: Path) -> None:
    with running(path, tmp_path, "-l /no/such/folder/log") as server, server.wire() as wire:
        assert wire.works()
        assert "log file" in server.said()


def test_a_daemon(path: str, tmp_path: Path) -> None:
    port, pid_file = free_port(), tmp_path / "pid"
    done = play(path, f"gearmand -d -L 127.0.0.1 -p {port} -P {pid_file} -l {tmp_path}/log")
    wait_until(lambda: pid_file.exists() and pid_file.read_text())
    pid = int(pid_file.read_text())
    try:
        assert (0, b"") == done[:2]
        wait_until(lambda: connects(port))
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not pid_file.exists())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user(ours: str, tmp_path: Path) -> None:
    with running(ours, tmp_path, "-u nobody -l none") as server, server.wire() as wire:
        assert wire.works()
        assert os.stat(f"/proc/{server.pid}").st_uid != 0
