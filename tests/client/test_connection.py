"""One connection: bytes both ways without waiting for each other, and never longer than allowed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from math import inf
from pathlib import Path

import pytest

from gearcli import certs
from gearcli.client.connection import (
    Connection,
    Opening,
    connect,
    expired,
    milliseconds_until,
    seconds_until,
)
from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError, TimeLimit, Untrusted
from gearcli.protocol.address import Address
from gearcli.protocol.lines import Lines
from gearcli.protocol.packets import PacketType, response
from gearcli.protocol.tls_files import Tls
from tests.client.peer import Peer, listening
from tests.support import DEADLINE, FRAGMENTATIONS, free_port

P = PacketType
SERVER = Address("server", 4730)


@pytest.fixture
def ends() -> Iterator[tuple[Connection, Peer]]:
    """A connection and the peer at its other end."""
    ours, theirs = socket.socketpair()
    connection, peer = Connection(ours, SERVER), Peer(theirs)
    yield connection, peer
    connection.close()
    peer.close()


def soon() -> float:
    return time.monotonic() + DEADLINE


@pytest.mark.parametrize("cut", FRAGMENTATIONS)
def test_packets_arrive_however_they_are_cut(
    ends: tuple[Connection, Peer], cut: Callable[[bytes], list[bytes]]
) -> None:
    connection, peer = ends
    for piece in cut(response(P.JOB_CREATED, b"H:1") + response(P.WORK_COMPLETE, b"H:1", b"a\0b")):
        peer.send(piece)
        connection.exchange()
    received = [connection.next_packet(soon()) for _ in range(2)]
    assert [(P.JOB_CREATED, [b"H:1"]), (P.WORK_COMPLETE, [b"H:1", b"a\0b"])] == received


def test_what_is_sent_leaves_when_there_is_room(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    parts = [b"\0REQ\0\0\0\x10\0\x80\0\0", bytes(1 << 23)]
    connection.send(parts[0], b"", parts[1])
    assert connection.unsent
    connection.flush()
    assert connection.unsent
    received = 0
    while received < 12 + (1 << 23):
        received += len(peer.socket.recv(1 << 20))
        connection.flush()
    assert not connection.unsent


def test_many_small_parts_leave_whole(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    connection.send(*[b"x"] * 5000)
    connection.flush()
    assert b"x" * 5000 == b"".join(peer.socket.recv(1) for _ in range(5000))


def test_silence_is_over_at_the_deadline(ends: tuple[Connection, Peer]) -> None:
    with pytest.raises(TimeLimit, match="server:4730 did not answer in time"):
        ends[0].next_packet(time.monotonic() + 0.01)


def test_what_arrived_before_the_cut_counts(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    peer.say(P.JOB_CREATED, b"H:1")
    peer.close()
    assert (P.JOB_CREATED, [b"H:1"]) == connection.next_packet(soon())
    with pytest.raises(ConnectionLost, match="the connection to server:4730 was closed by the server"):
        connection.next_packet(soon())


def test_a_server_that_closes_before_any_answer_may_speak_tls() -> None:
    hint = "was closed by the server, before any answer; if it speaks TLS, say --tls"
    for address, expected in (
        (SERVER, True),
        (Address("", 0, "/path"), False),
        (SERVER.with_tls(Tls()), False),
    ):
        ours, theirs = socket.socketpair()
        theirs.close()
        connection = Connection(ours, address)
        with pytest.raises(ConnectionLost) as caught:
            connection.next_packet(soon())
        assert expected == str(caught.value).endswith(hint)
        connection.close()


def test_a_server_that_has_answered_does_not_speak_tls(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    peer.say(P.NOOP)
    connection.next_packet(soon())
    peer.close()
    with pytest.raises(ConnectionLost, match=r"was closed by the server$"):
        connection.next_packet(soon())


@pytest.mark.parametrize("lines", [lambda: None, Lines])
@pytest.mark.parametrize("answer", [b"\x15\x03\x01\0\x02\x02\x46", b"\x16\x03\x03\0\x05hello"])
def test_a_server_that_answers_by_tls_is_told_from_others(
    answer: bytes, lines: Callable[[], Lines | None]
) -> None:
    ours, theirs = socket.socketpair()
    connection, peer = Connection(ours, SERVER, lines()), Peer(theirs)
    peer.send(answer)
    with pytest.raises(ProtocolError, match=r"server:4730 does not speak .*: it speaks TLS; say --tls"):
        connection.next_packet(soon())
    connection.close()
    peer.close()


def test_an_answer_before_a_broken_pipe_counts(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    peer.say(P.ERROR, b"CODE", b"go away")
    peer.close()
    connection.send(b"late")
    connection.exchange()
    assert (P.ERROR, [b"CODE", b"go away"]) == connection.next_packet(soon())
    assert isinstance(connection.lost, ConnectionLost)


def test_a_broken_packet_is_said_once_and_stays(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    peer.send(b"\0RES\xff\xff\xff\xff\0\0\0\0")
    for _ in range(2):
        with pytest.raises(ProtocolError, match="server:4730 does not speak Gearman's protocol: "):
            connection.next_packet(soon())


def test_a_connection_for_text_commands_takes_long_lines() -> None:
    with listening() as listener:
        connection = connect(listener.address, lines=Lines())
        with listener.accept() as peer:
            peer.send(b"x" * 20_000 + b"\r\n")
            assert (P.TEXT, [b"x" * 20_000]) == connection.next_packet(soon())
            connection.close()


def test_the_end_can_be_said_while_answers_are_read(ends: tuple[Connection, Peer]) -> None:
    connection, peer = ends
    connection.finish()
    assert b"" == peer.socket.recv(1)
    peer.say(P.NOOP)
    assert (P.NOOP, []) == connection.next_packet(soon())


def test_an_end_of_a_connection_that_is_gone_is_no_error() -> None:
    opened = socket.socket()
    connection = Connection(opened, SERVER)
    connection.finish()
    connection.close()


# -- deadlines ----------------------------------------------------------------------


def test_a_deadline_in_milliseconds_is_rounded_up() -> None:
    assert milliseconds_until(None) is None
    assert 0 == milliseconds_until(time.monotonic() - 10)
    assert 1 <= (milliseconds_until(time.monotonic() + 0.0001) or 0) <= 2


def test_a_wait_for_ever_is_one_for_a_day() -> None:
    """No system call takes more than 24 of them."""
    assert 86400 * 1000 + 1 == milliseconds_until(inf)
    assert (0.0, 86400.0) == (seconds_until(time.monotonic() - 10), seconds_until(inf))


def test_no_deadline_never_passes() -> None:
    assert [False, False, True] == [
        expired(None), expired(time.monotonic() + 10), expired(time.monotonic() - 1),
    ]  # fmt: skip


# -- connecting -------------------------------------------------------------------------


def test_a_server_on_a_port() -> None:
    with listening() as listener:
        connection = connect(listener.address)
        with listener.accept() as peer:
            peer.say(P.NOOP)
            assert (P.NOOP, []) == connection.next_packet(soon())
        connection.close()


def test_a_server_on_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        connection = connect(Address("", 0, path))
        assert path == connection.address.path
        connection.close()


def test_nobody_listens() -> None:
    address = Address("127.0.0.1", free_port())
    with pytest.raises(ConnectFailed, match=f"cannot connect to {address}: connection refused"):
        connect(address)


def test_a_name_without_an_address() -> None:
    with pytest.raises(ConnectFailed, match=r"cannot find the host no-such-host\.invalid: "):
        connect(Address("no-such-host.invalid", 1))


def test_a_unix_socket_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed, match=f"cannot connect to unix:{tmp_path}/no: no such file"):
        connect(Address("", 0, f"{tmp_path}/no"))


def test_a_unix_path_that_is_too_long() -> None:
    words = "unix:/x+: a Unix socket's path has 107 bytes at most, this one has 201;"
    with pytest.raises(ConnectFailed, match=words):
        connect(Address("", 0, "/" + "x" * 200))


def test_files_of_tls_count_as_they_are_when_a_connection_is_made(tmp_path: Path) -> None:
    certs.make(str(tmp_path), ["localhost"], [])
    with listening() as listener:
        opening = Opening(listener.address.with_tls(Tls(str(tmp_path / "ca.pem"))))
        while not opening.wants_read:
            assert opening.proceed() is None
        opening.close()
        (tmp_path / "ca.pem").unlink()
        words = f"cannot connect to {listener.address}: the files of TLS have changed: .* no such file"
        with pytest.raises(Untrusted, match=words):
            connect(opening.address)


@pytest.fixture(params=["unix", "tcp"])
def busy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Address, socket.socket]]:
    """A server that accepts nobody, and with which as many connections wait as may."""
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX if request.param == "unix" else socket.AF_INET) as server:
        server.bind(path if request.param == "unix" else ("127.0.0.1", 0))
        server.listen(0)
        address = Address("", 0, path) if request.param == "unix" else Address(*server.getsockname())
        waiting = connect(address)
        yield address, server
        waiting.close()


def test_a_server_that_does_not_accept_in_time(busy: tuple[Address, socket.socket]) -> None:
    address, _ = busy
    with pytest.raises(ConnectFailed, match=rf"cannot connect to {address}: no answer within 0\.05 s"):
        connect(address, 0.05)


def test_a_server_that_is_busy_for_a_moment(busy: tuple[Address, socket.socket]) -> None:
    address, server = busy

    def accept() -> None:
        for _ in range(2):
            server.accept()[0].close()

    accepting = threading.Thread(target=accept)
    accepting.start()
    connect(address).close()
    accepting.join()


def test_every_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening() as listener:
        port = listener.port
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", free_port())),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
        connect(Address("two.example", port)).close()
