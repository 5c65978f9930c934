"""The options of TLS: on every command that talks to servers, and what they do there."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import certs
from gearcli.cli.commands import COMMANDS
from gearcli.cli.securing import securing
from tests.cli.driving import Gear, Result, run_gear
from tests.support import ServerProcess, free_port, gear_serve, process, wait_until

OPTIONS = {"tls", "ca", "cert", "key"}


def test_who_talks_to_no_server_has_no_options_of_it() -> None:
    def command(one: int = 1) -> None:
        """Do something."""

    assert command is securing(command)


def test_who_does_has_them_besides_its_own() -> None:
    def command(connect_timeout: float | None = None) -> float | None:
        """Do something."""
        return connect_timeout

    secured = securing(command)
    assert ["connect_timeout", "tls", "ca", "cert", "key"] == [*inspect.signature(secured).parameters]
    assert 2.0 == secured(connect_timeout=2.0, tls=False, ca=None, cert=None, key=None)
    assert "Do something." == secured.__doc__


def test_commands_that_talk_to_servers_have_them() -> None:
    having = set()
    for name in COMMANDS:
        module = importlib.import_module(f"gearcli.cli.{name}")
        functions = getattr(module, "GROUP", None) or {name: getattr(module, name)}
        if all(OPTIONS <= {*inspect.signature(securing(each)).parameters} for each in functions.values()):
            having.add(name)
    assert {"submit", "run", "worker", "status", "job", "ping", "bench", "admin", "jobs", "wait"} <= having
    assert not having & {"report", "certs"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates of one authority."""
    folder = tmp_path_factory.mktemp("certs")
    certs.make(str(folder), ["localhost"], ["alice", "bob"])
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ServerProcess]:
    """A server that alice may submit to."""
    with gear_serve("--tls", *files_of(folder, "server"), "--role", "alice=submit") as server:
        yield server


def files_of(folder: Path, name: str) -> tuple[str, ...]:
    """The options by which somebody is known, and trusts the authority."""
    return "--ca", str(folder / "ca.pem"), "--cert", str(folder / f"{name}.pem")


def asked(server: ServerProcess, folder: Path, name: str, *words: str) -> Result:
    """How a command of somebody ends."""
    return run_gear(*words[:1], "-s", f"localhost:{server.port}", *files_of(folder, name), *words[1:])


def call(server: ServerProcess, folder: Path, name: str, *words: str) -> tuple[int, str]:
    result = asked(server, folder, name, *words)
    return result.status, result.err


def test_0_with_the_right_files(server: ServerProcess, folder: Path) -> None:
    assert (0, "") == call(server, folder, "alice", "submit", "-b", "f", "w")
    assert (0, "") == call(server, folder, "bob", "status")


def test_77_for_what_a_role_does_not_permit(server: ServerProcess, folder: Path) -> None:
    status, said = call(server, folder, "bob", "submit", "-b", "f", "w")
    assert (77, True) == (status, "Your role does not permit this" in said)
    status, said = call(server, folder, "alice", "purge", "--yes", "f")
    assert (77, True) == (status, "This needs the role admin" in said)


def test_77_for_a_role_that_may_not_work(server: ServerProcess, folder: Path) -> None:
    """Its workers are a process of their own, whose end must not hide why."""
    files = files_of(folder, "alice")
    result = run_gear("run", "-s", f"localhost:{server.port}", *files, "--", "cat", stdin=b"1\n2\n")
    assert (77, b"", 1) == (result.status, result.out, result.err.count("it needs the role work for each"))


def test_77_for_a_server_that_is_not_trusted(server: ServerProcess, folder: Path) -> None:
    result = run_gear("status", "-s", f"localhost:{server.port}", "--tls")
    assert (77, True) == (result.status, "its certificate is not trusted" in result.err)


@pytest.mark.parametrize("words", [["status"], ["submit", "f", "w"], ["submit", "-b", "f", "w"]])
def test_69_without_tls_says_what_may_be_missing(server: ServerProcess, words: list[str]) -> None:
    result = run_gear(*words, "-s", f"127.0.0.1:{server.port}")
    assert (69, b"") == (result.status, result.out)
    assert f"gear: the connection to 127.0.0.1:{server.port} was closed" in result.err
    assert ", before any answer; if it speaks TLS, say --tls\n" in result.err


@pytest.mark.parametrize(
    ("tool", "words"),
    [("gearman", "-f f x"), ("gearman", "-w -c 1 -t 100 -f f cat"), ("gearadmin", "--status")],
)
def test_a_tool_names_its_own_option_of_tls(
    server: ServerProcess, tmp_path: Path, tool: str, words: str
) -> None:
    (tmp_path / tool).symlink_to(Path(sys.executable).parent / "gear")
    command = [str(tmp_path / tool), "-h", "127.0.0.1", "-p", str(server.port), *words.split()]
    with process(command) as running:
        wait_until(lambda: "if it speaks TLS, say -S" in running.said())


def test_78_for_files_that_cannot_be_used(server: ServerProcess, folder: Path) -> None:
    status, said = call(server, folder, "nobody", "status")
    assert (78, True) == (status, "nobody.pem: no such file" in said)


def serving(folder: Path, port: int) -> contextlib.AbstractContextManager[ServerProcess]:
    """A server that asks for certificates."""
    return gear_serve("--tls", *files_of(folder, "server"), address=("-p", str(port)))


def test_a_worker_waits_for_usable_files_and_sees_renewed_ones(folder: Path, tmp_path: Path) -> None:
    """While nobody starts it again, and whatever else has been said of its server."""
    certs.make(str(tmp_path / "later"), ["localhost"], ["alice"])
    own, port = tmp_path / "own", free_port()
    shutil.copytree(folder, own)
    options = ("-s", f"localhost:{port}", *files_of(own, "alice"), "-f", "upper")
    with (
        serving(folder, port) as server,
        Gear("worker", *options, "--", "tr", "a-z", "A-Z") as worker,
    ):
        assert b"A" == asked(server, folder, "alice", "submit", "upper", "a").out
        (own / "alice.pem").write_text("half")
        server.end()
        with serving(tmp_path / "later", port) as server:
            wait_until(lambda: "the files of TLS have changed: cannot use" in worker.said())
            for name in ("ca.pem", "alice.pem"):
                (tmp_path / "later" / name).replace(own / name)
            assert b"B" == asked(server, own, "alice", "submit", "upper", "b").out
        assert 1 == worker.said().count("the files of TLS have changed")


def test_files_may_come_from_the_environment(server: ServerProcess, folder: Path) -> None:
    environ = {
        "GEARMAND_CA_CERTIFICATE": str(folder / "ca.pem"),
        "GEARMAN_CLIENT_PEM": str(folder / "bob.pem"),
    }
    result = run_gear("status", "-s", f"localhost:{server.port}", "--tls", environ=environ)
    assert (0, "") == (result.status, result.err)
