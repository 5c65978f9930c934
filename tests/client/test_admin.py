"""Typed answers to the text commands, from a server that the test plays."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gearcli.client import admin as module
from gearcli.client.admin import Admin
from gearcli.errors import ConnectFailed, ConnectionLost, ProtocolError, ServerError, TimeLimit
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.protocol.text import FunctionRow
from tests.client.peer import Peer, listening
from tests.support import free_port


@pytest.fixture
def ends() -> Iterator[tuple[Admin, Peer]]:
    """An operator's connection and the server at its other end."""
    with listening() as listener:
        admin = Admin(listener.address)
        with listener.accept() as peer:
            yield admin, peer
        admin.close()


def test_status_is_sorted_by_function(ends: tuple[Admin, Peer]) -> None:
    admin, peer = ends
    peer.send(b"z\t1\t0\t2\na\tb\t3\t1\t0\n.\n")
    assert [FunctionRow(b"a\tb", 3, 1, 0), FunctionRow(b"z", 1, 0, 2)] == admin.status()
    assert (PacketType.TEXT, [b"status\r\n"]) == peer.packet()


def test_a_status_may_be_empty(ends: tuple[Admin, Peer]) -> None:
    admin, peer = ends
    peer.send(b".\n")
    assert [] == admin.status()


@pytest.mark.parametrize(
    ("line", "version"),
    [(b"OK 1.1.20\n", "1.1.20"), (b"1.11\n", "1.11"), (b"OK gear\x1b[1m 1\r\n", "gear\\x1b[1m 1")],
)
def test_every_server_words_its_version_in_its_way(
    ends: tuple[Admin, Peer], line: bytes, version: str
) -> None:
    admin, peer = ends
    peer.send(line)
    assert version == admin.version()


def test_a_refusal_is_an_error_with_its_words(ends: tuple[Admin, Peer]) -> None:
    admin, peer = ends
    peer.send(b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n")
    with pytest.raises(ServerError, match="refused: Unknown server command") as caught:
        admin.version()
    assert "UNKNOWN_COMMAND" == caught.value.code


def test_a_function_may_be_named_like_a_refusal(ends: tuple[Admin, Peer]) -> None:
    admin, peer = ends
    peer.send(b"ERR or\t1\t0\t0\n.\n")
    assert [FunctionRow(b"ERR or", 1, 0, 0)] == admin.status()


def test_a_binary_answer_breaks_the_protocol(ends: tuple[Admin, Peer]) -> None:
    admin, peer = ends
    peer.say(PacketType.NOOP)
    with pytest.raises(ProtocolError, match="answered a text command with a binary packet"):
        admin.version()


def test_a_cut_answer(ends: tuple[Admin, Peer]) -> None:
    admin, peer = ends
    peer.send(b"f\t1\t0\t0\n")
    peer.close()
    with pytest.raises(ConnectionLost):
        admin.status()


def test_silence_has_an_end(ends: tuple[Admin, Peer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ANSWER_TIMEOUT", 0.02)
    with pytest.raises(TimeLimit):
        ends[0].version()


def test_no_server_is_there() -> None:
    with pytest.raises(ConnectFailed):
        Admin(Address("127.0.0.1", free_port()))
