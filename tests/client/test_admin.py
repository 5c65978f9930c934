"""Typed answers to the text commands, from a server that the test plays, and what may be said to it."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from gearcli.client.admin import Admin
from gearcli.errors import ConnectFailed, ConnectionLost, NoAnswer, ProtocolError, ServerError, UsageError
from gearcli.protocol.address import Address
from gearcli.protocol.text import FunctionRow
from tests.client import operators
from tests.client.answering import Answering, Reply, answering
from tests.support import free_port

ends = operators.ends

# -- answers -----------------------------------------------------------------------------


def cut_after(data: bytes) -> Reply:
    """Say this and close the connection."""

    def reply(accepted: socket.socket) -> None:
        accepted.sendall(data)
        accepted.shutdown(socket.SHUT_RDWR)

    return reply


def test_status_is_sorted_by_function(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"z\t1\t0\t2\na\tb\t3\t1\t0\n.\n")
    assert [FunctionRow(b"a\tb", 3, 1, 0), FunctionRow(b"z", 1, 0, 2)] == admin.status()
    assert [b"status"] == server.asked


def test_a_status_may_be_empty(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b".\n")
    assert [] == admin.status()


@pytest.mark.parametrize(
    ("line", "version"),
    [(b"OK 1.1.20\n", "1.1.20"), (b"1.11\n", "1.11"), (b"OK gear\x1b[1m 1\r\n", "gear\\x1b[1m 1")],
)
def test_every_server_words_its_version_in_its_way(
    ends: tuple[Admin, Answering], line: bytes, version: str
) -> None:
    admin, server = ends
    server.say(line)
    assert version == admin.version()


def test_a_refusal_is_an_error_with_its_words(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"ERR UNKNOWN_COMMAND Unknown+server+command\r\n")
    with pytest.raises(ServerError, match="refused: Unknown server command") as caught:
        admin.version()
    assert "UNKNOWN_COMMAND" == caught.value.code


def test_a_function_may_be_named_like_a_refusal(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"ERR or\t1\t0\t0\n.\n")
    assert [FunctionRow(b"ERR or", 1, 0, 0)] == admin.status()


def test_a_binary_answer_breaks_the_protocol(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"\0RES\0\0\0\x06\0\0\0\0")
    with pytest.raises(ProtocolError, match="answers a text command with a binary packet"):
        admin.version()


def test_a_cut_answer(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(cut_after(b"f\t1\t0\t0\n"), cut_after(b"f\t1"), None)
    for _ in range(2):
        with pytest.raises(ProtocolError, match="closed the connection in the middle of an answer"):
            admin.status()
    with pytest.raises(ConnectionLost):
        admin.status()


def test_silence_has_an_end() -> None:
    with (
        answering() as server,
        Admin(server.address, timeout=0.02) as admin,
        pytest.raises(NoAnswer, match=f"^{server.address} did not answer in time$"),
    ):
        admin.version()


def test_no_server_is_there() -> None:
    with pytest.raises(ConnectFailed):
        Admin(Address("127.0.0.1", free_port()))


def test_it_closes_at_the_end_of_a_block(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK 1\n", b"OK 2\n")
    with admin:
        admin.version()
    assert "2" == admin.version()  # over another connection


def test_a_process_id_is_a_number(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK 123\n", b"OK many\n")
    assert 123 == admin.getpid()
    with pytest.raises(ProtocolError, match="something else than its process id"):
        admin.getpid()


@pytest.mark.parametrize("rows", [b"?", b"{", b'{"a":1},{"b":2}', b"1],[2", b"[" * 100_000, b"7"])
def test_what_is_not_our_json(ends: tuple[Admin, Answering], rows: bytes) -> None:
    admin, server = ends
    for ask in (Admin.functions, Admin.jobs, Admin.dead, Admin.clients, Admin.settings):
        server.say(rows + b"\n.\n")
        with pytest.raises(ProtocolError, match="is it a gear server"):
            ask(admin)


def test_a_version_may_not_be_endless(ends: tuple[Admin, Answering]) -> None:
    ends[1].say(b"OK " + b"x" * 100_000 + b"\n")
    assert 200 == len(ends[0].version())


# -- commands ----------------------------------------------------------------------------


def test_commands_of_gearmand_are_written_so(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(*[b"OK\r\n"] * 6)
    admin.maxqueue(b"f", 3)
    admin.maxqueue(b"f", 1, 2, 3)
    admin.create(b"f")
    admin.drop(b"f")
    admin.shutdown()
    admin.shutdown(graceful=True)
    assert [
        b"maxqueue f 3", b"maxqueue f 1 2 3", b"create function f", b"drop function f", b"shutdown",
        b"shutdown graceful",
    ] == server.asked  # fmt: skip


@pytest.mark.parametrize(
    "command",
    [
        lambda admin: admin.maxqueue(b"f"),  # gearmand would take the limit away
        lambda admin: admin.maxqueue(b"f", 1, 2),
        lambda admin: admin.maxqueue(b"f", -1),  # and this one any server
        lambda admin: admin.create(b"two words"),
        lambda admin: admin.drop(b""),
        lambda admin: admin.create(b"f\r\nshutdown"),
        lambda admin: admin.verbose("INFO\nshutdown"),
        lambda admin: admin.raw(b"status\nshutdown"),
        lambda admin: admin.purge(b""),
    ],
)
def test_what_cannot_be_said_is_not_said(
    ends: tuple[Admin, Answering], command: Callable[[Admin], object]
) -> None:
    with pytest.raises(UsageError):
        command(ends[0])
    assert [] == ends[1].asked


def test_gearmands_level_stays(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK ERROR\n", b"OK ERROR\n", b"OK 1.1.20\n", b"OK INFO\n")
    assert "ERROR" == admin.verbose()
    with pytest.raises(ServerError, match=r"this needs a gear server; .* is gearmand 1\.1\.20"):
        admin.verbose("INFO")
    assert "INFO" == admin.verbose("info")


def test_any_line_may_be_said(ends: tuple[Admin, Answering]) -> None:
    admin, server = ends
    server.say(b"OK 1\n", b"a\nb\n.\n", b"ERR UNKNOWN_COMMAND What\r\n")
    assert [b"OK 1"] == admin.raw(b"version")
    assert [b"a", b"b"] == admin.raw(b"SHOW unique jobs")
    with pytest.raises(ServerError):
        admin.raw(b"what")
