"""Real connections to a server with TLS and roles: who gets in, who does not, and at whose cost."""

from __future__ import annotations

import getpass
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import certs
from gearcli.client.admin import Admin
from gearcli.client.client import Client
from gearcli.errors import ConfigError, Forbidden, ServerGone, TurnedAway, Untrusted, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.tls_files import Tls
from gearcli.server.access import Access, Files, require_bearers
from gearcli.server.handshakes import PATIENCE
from gearcli.server.roles import parse
from tests.bench import hostile
from tests.support import DEADLINE, ServerProcess, Wire, gear, gear_serve, process, wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of one authority for three clients, and of another for mallory."""
    folder = tmp_path_factory.mktemp("certs")
    certs.make(str(folder), ["localhost", "127.0.0.1"], ["admin", "alice", "bob"])
    certs.make(str(folder / "other"), ["localhost"], ["mallory"])
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ServerProcess]:
    """A server that knows who may do what."""
    roles = ("admin=admin", "alice=submit:a*", "bob=work:a*")
    with gear_serve(*tls(folder), *(word for role in roles for word in ("--role", role)), "-v") as server:
        yield server


def tls(folder: Path) -> tuple[str, ...]:
    return "--tls", "--ca", str(folder / "ca.pem"), "--cert", str(folder / "server.pem")


def where(server: ServerProcess, folder: Path, name: str | None, ca: str = "ca.pem") -> Address:
    """The server as somebody reaches it who has a certificate, or none."""
    files = Tls(str(folder / ca), name and str(folder / f"{name}.pem"))
    return Address("localhost", server.port, "", files)


def test_who_is_known_gets_in(server: ServerProcess, folder: Path) -> None:
    with Admin(where(server, folder, "alice")) as admin:
        assert "gear" in admin.version()


@pytest.mark.parametrize("name", [None, "other/mallory"])
def test_who_is_not_known_does_not(server: ServerProcess, folder: Path, name: str | None) -> None:
    with pytest.raises((TurnedAway, Untrusted)), Admin(where(server, folder, name)) as admin:
        admin.version()


def test_a_server_of_another_authority_is_not_trusted(server: ServerProcess, folder: Path) -> None:
    with pytest.raises(Untrusted, match="certificate is not trusted"):
        Admin(where(server, folder, "alice", "other/ca.pem"))


def test_without_tls_nothing_is_said(server: ServerProcess) -> None:
    with Wire(server.port) as wire:
        wire.send(b"status\n" * 5)
        assert wire.ends()


def test_roles_hold_for_packets_and_commands(server: ServerProcess, folder: Path) -> None:
    with Client(where(server, folder, "alice")) as alice:
        alice.submit("a1", b"w", background=True).result()
        with pytest.raises(Forbidden, match="role does not permit"):
            alice.submit("b1", b"w", background=True).result()
    for name in ("alice", "bob"):
        with Admin(where(server, folder, name)) as admin:
            assert [b"a1"] == [row.function for row in admin.status()]
            with pytest.raises(Forbidden, match="needs the role admin"):
                admin.purge(b"a1")
    with Admin(where(server, folder, "admin")) as admin:
        assert 1 == admin.purge(b"a1")


def test_a_certificate_cannot_name_a_user_of_the_system(folder: Path, tmp_path: Path) -> None:
    """Only a Unix socket tells who that is."""
    certs.make(str(tmp_path), ["localhost"], ["user:0"])
    path = f"unix:{tmp_path}/socket"
    options = *tls(tmp_path), "-L", path, "-L", "127.0.0.1:0", "--role", f"user:{os.getuid()}=admin"
    with gear_serve(*options, "--role", "user:0=admin", address=[]) as server:
        found = wait_until(lambda: re.search(r"listening on 127\.0\.0\.1:(\d+)\n", server.said()))
        port = int(found[1])
        stranger = Address("localhost", port, "", Tls(str(tmp_path / "ca.pem"), str(tmp_path / "user:0.pem")))
        ours = Address("", 0, f"{tmp_path}/socket")
        with Client(ours) as client:
            client.submit("f", b"", background=True).result()
        with Admin(stranger) as admin, pytest.raises(Forbidden, match="needs the role admin"):
            admin.purge(b"f")
        with Admin(ours) as admin:
            assert 1 == admin.purge(b"f")


def test_big_bodies_pass(folder: Path) -> None:
    with gear_serve(*tls(folder)) as server, Client(where(server, folder, "alice")) as client:
        workload = os.urandom(5_000_000)
        job = client.submit("big", workload, background=True)
        job.result()
        with Admin(where(server, folder, "alice")) as admin:
            assert workload == admin.workload(job.handle)


def test_silent_clients_hold_nobody_up_and_are_ended(folder: Path) -> None:
    """Five hundred take less than a twentieth of a processor until they are ended: a count, not a stopwatch.

    It takes a fifth of that (90 ms), mostly the memory that OpenSSL wants for each.
    """
    with gear_serve(*tls(folder), "-v") as server:
        before = hostile.cpu(server.pid)
        with hostile.crowd(server.port, 500) as silent:
            with Admin(where(server, folder, "alice")) as admin:
                admin.version()
            assert 500 == hostile.closed(silent, PATIENCE + DEADLINE)
        assert hostile.cpu(server.pid) - before < PATIENCE * 0.05
        assert 500 == server.said().count(f"nothing was agreed upon within {PATIENCE:g} s")


def test_hup_reads_the_files_again(folder: Path, tmp_path: Path) -> None:
    for name in ("ca.pem", "server.pem"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with gear_serve(*tls(tmp_path)) as server:
        with Admin(where(server, folder, "alice")) as old:
            (tmp_path / "server.pem").write_bytes((folder / "other/server.pem").read_bytes())
            server.signal(signal.SIGHUP)
            wait_until(lambda: _refused(server, folder))
            assert old.version()
            (tmp_path / "server.pem").write_text("nonsense")
            server.signal(signal.SIGHUP)
            wait_until(lambda: "TLS goes on as before" in server.said())
        with Admin(where(server, folder, "alice", "other/ca.pem")) as admin:
            assert admin.version()


def _refused(server: ServerProcess, folder: Path) -> bool:
    try:
        Admin(where(server, folder, "alice")).close()
    except Untrusted:
        return True
    return False


def test_users_of_a_unix_socket_have_roles(tmp_path: Path) -> None:
    path, me = tmp_path / "s", getpass.getuser()
    listen = ("-L", f"unix:{path}")
    for name, allowed in ((me, True), (str(os.getuid()), True), (str(os.getuid() + 1), False)):
        role = f"user:{name}=admin"
        with gear_serve("--role", role, address=listen), Admin(f"unix:{path}") as admin:
            if allowed:
                admin.create(b"f")
            else:
                with pytest.raises(Forbidden):
                    admin.create(b"f")


def test_nobody_on_plain_tcp_has_a_role(tmp_path: Path) -> None:
    listen = ("-p", "0", "-L", f"unix:{tmp_path / 's'}", "-L", "127.0.0.1")
    with gear_serve("--role", f"user:{os.getuid()}=admin", address=listen) as server:
        wait_until(lambda: "listening on 127" in server.said())
        server.port = int(server.said().rpartition("listening on 127.0.0.1:")[2])
        address = f"127.0.0.1:{server.port}"
        with Admin(address) as admin, pytest.raises(Forbidden):
            admin.create(b"f")


@pytest.mark.parametrize(
    ("role", "certificates", "users", "fault"),
    [
        ("alice=submit", False, True, "nobody has to show a certificate; that takes TCP with --tls"),
        ("user:0=admin", True, False, "users are known on Unix sockets only; add -L unix:/path"),
        ("user:no such=work", True, True, "there is no user 'no such'; name one of /etc/passwd"),
        ("user:=work", True, True, "there is no user ''"),
        ("user:a\0b=work", True, True, "there is no user"),
    ],
)
def test_a_role_that_nobody_could_have(role: str, certificates: bool, users: bool, fault: str) -> None:
    name = role.partition("=")[0]
    with pytest.raises(UsageError, match=f"(?s)nobody could have the role {name}=.*: {fault}"):
        require_bearers([parse(role)], certificates=certificates, users=users)


def test_roles_that_somebody_may_have() -> None:
    require_bearers([parse("alice=submit")], certificates=True, users=False)
    me = [parse(f"user:{name}=admin") for name in (getpass.getuser(), "123456789")]
    require_bearers(me, certificates=False, users=True)


def test_files_that_cannot_be_used_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file"):
        Access(Files(str(tmp_path / "none.pem")))


def test_without_tls_and_roles_there_is_nothing_to_do() -> None:
    access = Access()
    assert float("inf") == access.due
    access.expire(1e9)
    access.close()


def test_a_server_that_is_gone_is_that_and_no_matter_of_trust(folder: Path) -> None:
    with gear_serve(*tls(folder)) as server:
        admin = Admin(where(server, folder, "alice"))
    with pytest.raises(ServerGone) as caught:
        admin.version()
    assert not isinstance(caught.value, Untrusted | TurnedAway)


def test_a_worker_that_may_not_work_says_so_and_ends(server: ServerProcess, folder: Path) -> None:
    """It would wait for jobs that never come."""
    files = ("--ca", str(folder / "ca.pem"), "--cert", str(folder / "alice.pem"), "--tls")
    words = gear("worker", "-s", f"localhost:{server.port}", *files, "-f", "a1", "--", "cat")
    with process(words) as worker:
        assert 77 == worker.exit_status()
        assert "does not permit this worker to take its functions: Your role does not" in worker.said()
