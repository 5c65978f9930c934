"""A server that has become another user needs no file of Python's or of ours any longer.

Where root has installed it, in a folder of root's own, that user could not read them.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gearcli import certs
from gearcli.protocol.packets import REQUEST, PacketType, request
from gearcli.protocol.text import COMMANDS
from tests.support import DEADLINE, ServerProcess, Wire, wait_until

OTHER = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
"""Whom the server becomes; only root can become another."""

WATCHING = """
import contextlib, os, sys
from gearcli.cli import app
from gearcli.server import privileges

ours = os.path.dirname(os.path.dirname(os.path.realpath(app.__file__)))
homes = tuple({os.path.realpath(each) for each in (sys.prefix, sys.base_prefix)} | {ours})
wanted, become, acting_as = set(), privileges.become, privileges.acting_as

def watch(event, arguments):
    if event == "import":
        wanted.add(arguments[0])
    elif event == "open" and isinstance(arguments[0], str):
        wanted.update([arguments[0]] if os.path.realpath(arguments[0]).startswith(homes) else [])

def become_and_watch(account):
    become(account)
    sys.addaudithook(watch)

@contextlib.contextmanager
def act_and_watch(account):
    with acting_as(account):
        sys.addaudithook(watch)
        yield

privileges.become, privileges.acting_as = become_and_watch, act_and_watch
try:
    app.run(sys.argv[1:])
finally:
    os.write(2, b"wanted: %r\\n" % sorted(wanted))
"""
"""`gear` that says at its end which modules and files it wanted after the change of user."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of the other user, whom pytest's own would keep out."""
    path = Path(tempfile.mkdtemp(prefix="gear-other-"))
    try:
        certs.make(str(path), ["localhost"], ["admin"])
        for each in (path, *path.iterdir()):
            shutil.chown(each, OTHER)
        yield path
    finally:
        shutil.rmtree(path)


@contextlib.contextmanager
def other_server(*options: str) -> Iterator[ServerProcess]:
    """`gear serve` as the other user."""
    server = ServerProcess([sys.executable, "-c", WATCHING, "serve", "-p", "0", "-u", OTHER, *options])
    try:
        yield server
    finally:
        server.end()


def wanted_by(server: ServerProcess) -> str:
    """What it wanted; it has ended."""
    found = re.search(r"^wanted: (.*)$", server.said(), re.MULTILINE)
    assert found, server.said()
    assert "Traceback" not in server.said()
    return found[1]


def port_after(word: str, server: ServerProcess) -> int:
    """The port that it says after a word."""
    found = wait_until(lambda: re.search(rf"{word}127\.0\.0\.1:(\d+)", server.said()))
    return int(found[1])


def said_at(connection: socket.socket, data: bytes) -> bytes:
    """All that is answered."""
    with connection:
        connection.settimeout(DEADLINE)
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def test_everything_is_loaded_before_the_change_of_user(folder: Path) -> None:
    options = [
        *("--store", f"{folder}/jobs.db", "--metrics", "0", "-L", f"unix:{folder}/socket", "-L", "127.0.0.1"),
        *("--tls", "--ca", f"{folder}/ca.pem", "--cert", f"{folder}/server.pem", "--role", "admin=admin"),
        *("--role", f"user:{os.geteuid()}=admin", "-l", f"{folder}/log", "-P", f"{folder}/pid", "--syslog"),
        *("-vvv", "--keep-results", "1h", "--lease", "1h", "-j", "0"),
    ]
    with other_server(*options) as server:
        pages, jobs = port_after("http://", server), port_after("listening on ", server)
        work(f"{folder}/socket")
        ask_everything(f"{folder}/socket")
        for path in ("/", "/metrics", "/healthz", "/nowhere"):
            visitor = socket.create_connection(("127.0.0.1", pages), DEADLINE)
            answer = said_at(visitor, f"GET {path} HTTP/1.1\r\n\r\n".encode())
            assert answer.startswith(b"HTTP/1.1 404" if path == "/nowhere" else b"HTTP/1.1 200")
        greet(jobs, folder)
        (folder / "log").unlink()
        server.signal(signal.SIGHUP)
        wait_until((folder / "log").exists)
        server.signal(signal.SIGTERM)
        assert 0 == server.exit_status()
        assert "[]" == wanted_by(server)


def work(path: str) -> None:
    """Have jobs done, fail, be kept, die."""
    with Wire(path=path) as client, Wire(path=path) as worker:
        worker.say(PacketType.CAN_DO, b"f")
        for end in (PacketType.WORK_COMPLETE, PacketType.WORK_FAIL, PacketType.WORK_EXCEPTION, None):
            assert PacketType.JOB_CREATED == client.ask(PacketType.SUBMIT_JOB_BG, b"f", b"", b"w")[0]
            type_, (handle, *_) = worker.ask(PacketType.GRAB_JOB)
            assert PacketType.JOB_ASSIGN == type_
            if end is not None:
                worker.say(end, handle, *[b"said"][: len(end.fields) - 1])


def ask_everything(path: str) -> None:
    """Say every command and every packet, and what is none."""
    for type_ in PacketType:
        if REQUEST in type_.magics:
            with Wire(path=path) as wire:
                wire.say(type_, *[b"1"] * len(type_.fields))
                wire.send(b"\0RES broken  ")
                wire.socket.shutdown(socket.SHUT_WR)
                while not wire.ends():
                    pass
    with Wire(path=path) as wire:
        for command in sorted(COMMANDS):
            if command != "shutdown":
                wire.send(f"{command}\n{command} f\n{command} jobs f\n".encode())
        wire.send(b"nonsense\n" + request(PacketType.ECHO_REQ, b"over"))
        while wire.packet()[0] != PacketType.ECHO_RES:
            pass


def greet(port: int, folder: Path) -> None:
    """Be known by a certificate; then knock with what is no TLS."""
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{folder}/admin.pem")
    plain = socket.create_connection(("127.0.0.1", port), DEADLINE)
    with context.wrap_socket(plain, server_hostname="localhost") as secured:
        secured.sendall(b"version\n")
        assert secured.recv(99).startswith(b"OK ")
    with contextlib.suppress(ConnectionError):
        said_at(socket.create_connection(("127.0.0.1", port), DEADLINE), b"version\n" * 9)


def test_what_goes_wrong_after_the_change_is_a_message() -> None:
    """Also that needs nothing more; as root the store cannot be made, else it is no store."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "jobs.db")
        if os.geteuid() != 0:
            path.write_bytes(b"no store" * 999)
        with other_server("--store", str(path)) as server:
            assert server.exit_status() in (66, 74)
            assert str(path) in server.said()
            assert "[]" == wanted_by(server)
