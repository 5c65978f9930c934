"""Sockets with TLS that are used like plain ones, and what is wrong with files."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from ssl import TLSVersion

import pytest

from gearcli import certs, tls
from gearcli.errors import ConfigError, Untrusted
from gearcli.protocol.tls_files import Tls


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates: of one authority for localhost and alice, of another for mallory."""
    folder = tmp_path_factory.mktemp("certs")
    certs.make(str(folder), ["localhost"], ["alice"])
    certs.make(str(folder / "other"), ["localhost"], ["mallory"])
    return folder


@contextlib.contextmanager
def pair(
    server: tls.Context, client: tls.Context, host: str = "localhost"
) -> Iterator[tuple[tls.TlsSocket, ...]]:
    """Two ends of a connection that have not agreed on anything yet."""
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(False)
    secured = tls.wrapped(ends[0], server), tls.wrapped(ends[1], client, host=host)
    try:
        yield secured
    finally:
        for each in secured:
            each.close()


def agree(server: tls.TlsSocket, client: tls.TlsSocket) -> None:
    agreed = [False, False]
    for _ in range(20):
        for index, end in enumerate((server, client)):
            agreed[index] = agreed[index] or end.shake()
        if all(agreed):
            return
    raise AssertionError("they do not come to an end")


def contexts(folder: Path, ca: str = "ca.pem") -> tuple[tls.Context, tls.Context]:
    server = tls.server_context(str(folder / ca), str(folder / "server.pem"), None)
    return server, tls.client_context(*Tls(str(folder / "ca.pem"), str(folder / "alice.pem")))


def received(end: tls.TlsSocket, size: int) -> bytes:
    """So many bytes, as far as they are there."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while len(data) < size:
            data += end.recv(1 << 20)
    return data


def test_bytes_go_both_ways_and_names_are_known(folder: Path) -> None:
    with pair(*contexts(folder)) as (server, client):
        agree(server, client)
        assert 5 == client.send(b"hello")
        assert b"hello" == server.recv(65536)
        assert 6 == server.sendmsg([b"wor", b"", b"ld!"])
        assert b"world!" == received(client, 6)
        assert (("alice",), ("localhost",)) == (server.names(), client.names())


def test_nothing_to_read_and_no_room_are_said_as_by_a_plain_socket(folder: Path) -> None:
    with pair(*contexts(folder)) as (server, client):
        agree(server, client)
        with pytest.raises(BlockingIOError):
            server.recv(10)
        with contextlib.suppress(BlockingIOError):
            while client.send(bytes(1 << 16)):
                pass
        with pytest.raises(BlockingIOError):
            client.send(bytes(1 << 16))


def test_a_stream_comes_whole_however_little_room_there_is(folder: Path) -> None:
    data = os.urandom(3_000_000)
    with pair(*contexts(folder)) as (server, client):
        agree(server, client)
        sent, got = 0, bytearray()
        while len(got) < len(data):
            with contextlib.suppress(BlockingIOError):
                sent += client.sendmsg([data[sent : sent + 100_000], data[sent + 100_000 : sent + 100_001]])
            got += received(server, len(data))
        assert data == got


def test_the_end_is_seen(folder: Path) -> None:
    with pair(*contexts(folder)) as (server, client):
        agree(server, client)
        client.send(b"last")
        client.shutdown(socket.SHUT_WR)
        assert (b"last", b"") == (server.recv(10), server.recv(10))
        server.send(b"answer")
        assert b"answer" == client.recv(10)


def test_who_trusts_another_authority_does_not_agree(folder: Path) -> None:
    server, _ = contexts(folder)
    stranger = tls.client_context(*Tls(str(folder / "other/ca.pem"), str(folder / "alice.pem")))
    with pair(server, stranger) as ends, pytest.raises(OSError, match="certificate") as caught:
        agree(*ends)
    assert "certificate is not trusted" in (tls.refusal(caught.value) or "")


def test_another_host_is_not_trusted(folder: Path) -> None:
    with (
        pair(*contexts(folder), host="elsewhere") as ends,
        pytest.raises(OSError, match="certificate") as caught,
    ):
        agree(*ends)
    assert "certificate is not trusted: hostname mismatch" in (tls.refusal(caught.value) or "")


@pytest.mark.parametrize("client", [Tls("ca.pem"), Tls("ca.pem", "other/mallory.pem")])
def test_who_has_no_certificate_of_the_authority_is_not_let_in(folder: Path, client: Tls) -> None:
    server, _ = contexts(folder)
    files = Tls(*(name and str(folder / name) for name in client))
    with pair(server, tls.client_context(*files)) as ends, pytest.raises(OSError, match=r"(?i)certificate"):
        agree(*ends)


def test_old_versions_are_not_spoken(folder: Path) -> None:
    server, client = contexts(folder)
    assert TLSVersion.TLSv1_2 == server.minimum_version == client.minimum_version


@pytest.mark.parametrize(
    ("ca", "cert", "key", "words"),
    [
        ("missing", "server.pem", None, "no such file"),
        (
            "empty",
            "server.pem",
            None,
            "/empty as .* authorities: there is no certificate in PEM in it; .*certs",
        ),
        ("ca.pem", "missing", None, "no such file"),
        ("ca.pem", "empty", None, "PEM"),
        ("ca.pem", "ca.pem", None, "key"),
        ("ca.pem", "ca.pem", "server.pem", "does not belong"),
    ],
)
def test_files_that_cannot_be_used(folder: Path, ca: str, cert: str, key: str | None, words: str) -> None:
    (folder / "empty").write_text("")
    paths = [str(folder / name) if name else None for name in (ca, cert, key)]
    with pytest.raises(ConfigError, match=words):
        tls.server_context(paths[0], paths[1] or "", paths[2])
    with pytest.raises(ConfigError, match=words):
        tls.client_context(*Tls(*paths))


def test_a_key_needs_its_certificate(folder: Path) -> None:
    with pytest.raises(ConfigError, match="of no use without its certificate"):
        tls.client_context(*Tls(None, None, str(folder / "server.pem")))


@pytest.fixture
def files(folder: Path, tmp_path: Path) -> Tls:
    """A client's files that nothing has been made of yet."""
    shutil.copy(folder / "ca.pem", tmp_path / "ca.pem")
    shutil.copy(folder / "alice.pem", tmp_path / "own.pem")
    return Tls(str(tmp_path / "ca.pem"), str(tmp_path / "own.pem"))


def put(source: Path, path: str | None) -> None:
    """Replace a file as who renews certificates does."""
    assert path
    shutil.copy(source, f"{path}.new")
    os.replace(f"{path}.new", path)


def test_files_are_read_again_only_when_they_have_changed(folder: Path, files: Tls) -> None:
    context = tls.client_context(*files)
    assert context is tls.client_context(*files)
    put(folder / "alice.pem", files.cert)
    renewed = tls.client_context(*files)
    assert renewed is not context
    assert renewed is tls.client_context(*files)


def test_renewed_files_count_from_the_next_connection_on(folder: Path, files: Tls) -> None:
    server = tls.server_context(str(folder / "other/ca.pem"), str(folder / "other/server.pem"), None)
    with pair(server, tls.client_context(*files)) as ends, pytest.raises(OSError, match="certificate"):
        agree(*ends)
    put(folder / "other/ca.pem", files.ca)
    put(folder / "other/mallory.pem", files.cert)
    with pair(server, tls.client_context(*files)) as ends:
        agree(*ends)
        assert ("mallory",) == ends[0].names()


@pytest.mark.parametrize("spoil", [os.remove, lambda path: Path(path).write_text("")], ids=["gone", "empty"])
@pytest.mark.parametrize("which", ["ca", "cert"])
def test_files_that_cannot_be_used_any_more_are_waited_for_not_overlooked(
    folder: Path, files: Tls, which: str, spoil: Callable[[str], object]
) -> None:
    path, source = (files.ca, "ca.pem") if which == "ca" else (files.cert, "alice.pem")
    tls.client_context(*files)
    spoil(str(path))
    for _ in range(2):
        with pytest.raises(Untrusted, match=f"the files of TLS have changed: cannot use .*{path}"):
            tls.client_context(*files)
    put(folder / source, path)
    tls.client_context(*files)


def test_a_key_of_another_certificate_is_waited_for(folder: Path, files: Tls, tmp_path: Path) -> None:
    """As it is between the replacement of the one file and that of the other."""
    key = str(tmp_path / "key.pem")
    put(folder / "alice.pem", key)
    tls.client_context(files.ca, files.cert, key)
    put(folder / "other/mallory.pem", key)
    with pytest.raises(Untrusted, match="does not belong to the certificate"):
        tls.client_context(files.ca, files.cert, key)
    put(folder / "other/mallory.pem", files.cert)
    tls.client_context(files.ca, files.cert, key)


def test_a_file_that_no_system_can_have_cannot_be_used() -> None:
    with pytest.raises(ConfigError, match="cannot use"):
        tls.client_context("a\0b", None, None)
