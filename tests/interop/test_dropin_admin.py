"""`gearadmin`: every option, played with Debian's tool and with ours, against both servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.protocol.packets import PacketType
from tests.interop.dropin import ORIGINALS, Case, compared, links, play
from tests.support import ServerProcess, Wire, free_port, gear_serve, gearmand, needs_peers

pytestmark = needs_peers


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where our tools are."""
    return links(tmp_path_factory.mktemp("bin"))


@pytest.fixture(scope="module", params=[gear_serve, gearmand], ids=["gear", "gearmand"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Both servers, one after the other, with jobs that wait."""
    with request.param() as server, Wire(server.port) as client:
        for type_ in (PacketType.SUBMIT_JOB_BG, PacketType.SUBMIT_JOB_HIGH_BG, PacketType.SUBMIT_JOB_LOW_BG):
            client.ask(type_, b"f", type_.name.encode(), b"x")
        yield server


TALK = (
    Case("gearadmin -p {port} --status"),
    Case("gearadmin -p {port} --priority-status"),
    Case("gearadmin -p {port} --show-jobs"),
    Case("gearadmin -p {port} --show-unique-jobs"),
    Case("gearadmin -p {port} --getpid"),
    Case("gearadmin -p {port} --server-version"),
    Case("gearadmin -p {port} --server-verbose"),
    Case("gearadmin -p {port} --create-function c"),
    Case("gearadmin -p {port} --create-function up"),
    Case("gearadmin -p {port} --create-function -up"),
    Case("gearadmin -p {port} --create-function -u"),
    Case("gearadmin -p {port} --create-function -S"),
    Case("gearadmin -p {port} --create-function d --drop-function d"),
    Case("gearadmin -p {port} --status --server-version --getpid --server-verbose"),
    Case("gearadmin -p {port} --drop-function unknown", differs="admin-refused", status=1),
    Case("gearadmin -p {port} --cancel-job H:unknown:1", differs="admin-refused", status=1),
    Case("gearadmin -p {port} --create-function 'a b'", differs="admin-refused", status=1),
)
"""What the servers have a part in."""

WORDS = (
    Case("gearadmin"),
    Case("gearadmin --help"),
    Case("gearadmin --help --getpid -p {port}"),
    Case("gearadmin -p {port}"),
    Case("gearadmin -p {port} word"),
    Case("gearadmin --bogus"),
    Case("gearadmin -x --getpid"),
    Case("gearadmin -Sx --getpid"),
    Case("gearadmin --s"),
    Case("gearadmin --show"),
    Case("gearadmin --stat -p{port}"),
    Case("gearadmin --getpi --port={port} --host=localhost"),
    Case("gearadmin --port= --getpid"),
    Case("gearadmin --getpid=1"),
    Case("gearadmin -p"),
    Case("gearadmin -p -p --getpid"),
    Case("gearadmin --create-function"),
    Case("gearadmin --host ph --getpid"),
    Case("gearadmin --host -p --getpid"),
    Case("gearadmin --host=-p --getpid"),
    Case("gearadmin -p {port} -p {port} --getpid"),
    Case("gearadmin --status --status"),
    Case("gearadmin -p {port} --getpid -- -x"),
    Case("gearadmin -p {port} -h 127.0.0.1 --getpid word"),
    Case("gearadmin -p {dead} --status"),
    Case("gearadmin -p nonsense --status"),
    Case("gearadmin -h no.invalid --status"),
    Case("gearadmin -p {port} -S --getpid", differs="admin-tls", status=1, out=b""),
    Case("gearadmin -p {port} --ssl --getpid", differs="admin-tls", status=1, out=b""),
)
"""What is decided before, or without a server."""


def _name(case: Case) -> str:
    return case.line.replace("{port}", "PORT")


@pytest.mark.parametrize("case", TALK, ids=_name)
def test_option(case: Case, server: ServerProcess, ours: str) -> None:
    expected, own = compared(case, ours, port=server.port)
    assert expected == own


@pytest.fixture(scope="module")
def debians() -> Iterator[ServerProcess]:
    """Debian's gearmand."""
    with gearmand() as server:
        yield server


@pytest.mark.parametrize("case", WORDS, ids=_name)
def test_words(case: Case, debians: ServerProcess, ours: str) -> None:
    expected, own = compared(case, ours, port=debians.port, dead=free_port())
    assert expected == own


def test_workers_and_all_at_once(debians: ServerProcess, ours: str) -> None:
    with debians.wire() as worker:
        worker.say(PacketType.SET_CLIENT_ID, b"me")
        worker.say(PacketType.CAN_DO, b"work")
        worker.works()
        line = (
            "gearadmin -p {port} --server-version --server-verbose --create-function z --drop-function z "
            "--show-unique-jobs --show-jobs --getpid --status --priority-status --workers"
        )
        expected, own = compared(Case(line), ours, port=debians.port)
    assert expected == own
    assert b"FD 127.0.0.1 me : work\n" in own[1]


def test_a_cancelled_job_is_gone(server: ServerProcess, ours: str) -> None:
    for path in (ORIGINALS, ours):
        with Wire(server.port) as client:
            _, (handle,) = client.ask(PacketType.SUBMIT_JOB, b"cancelled", b"", b"x")
            done = play(path, f"gearadmin -p {server.port} --cancel-job {handle.decode()}")
            assert (0, b"OK\n", b"") == done
            assert (PacketType.WORK_FAIL, [handle]) == client.packet()


def test_shutdown_is_for_our_server(debians: ServerProcess, ours: str) -> None:
    done = play(ours, f"gearadmin -p {debians.port} --shutdown")
    assert (1, b"") == done[:2]
    assert b"Error: UNKNOWN_COMMAND" in done.err
    with gear_serve() as server:
        assert (0, b"OK\n", b"") == play(ours, f"gearadmin -p {server.port} --shutdown")
        assert 0 == server.exit_status()
