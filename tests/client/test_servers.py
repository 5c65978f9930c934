"""Servers that are there, that are not, and which of them a task belongs to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from gearcli.client.servers import Server, by_preference
from gearcli.client.tasks import Task
from gearcli.errors import ConfigError, ConnectFailed, ConnectionLost
from gearcli.protocol.address import Address
from gearcli.protocol.packets import PacketType
from gearcli.protocol.tls_files import Tls
from tests.client.peer import Listener
from tests.support import free_port, wait_until


def servers(*names: str) -> list[Server]:
    return [Server(Address(name, 4730), 1.0) for name in names]


def keyed(unique: str) -> Task:
    return Task(b"f", b"", unique.encode(), shared=True)


def reached(server: Server) -> Server:
    """A server that is there."""

    def connection() -> object:
        server.reach()
        return server.connection

    wait_until(connection)
    return server


def test_a_server_is_absent_until_it_is_reached(listener: Listener) -> None:
    server = Server(listener.address, 1.0)
    assert not server.absent
    reached(server)
    with listener.accept() as peer:
        assert server.connection is not None
        server.submit(task := keyed("u"), (b"\0REQ\0\0\0\x10\0\0\0\0",))
        server.connection.flush()
        assert [PacketType.OPTION_REQ, PacketType.ECHO_REQ] == peer.types(2)
    assert listener.address == task.server
    assert [task] == server.tasks.unfinished()
    server.close()


def test_one_that_is_not_there_is_left_alone_for_a_while() -> None:
    server = Server(Address("127.0.0.1", free_port()), 1.0)

    def absent() -> bool:
        server.reach()
        return server.absent

    wait_until(absent)
    assert isinstance(server.failure, ConnectFailed)


def test_a_name_that_nobody_knows_is_not_there_either() -> None:
    server = Server(Address("no-such-host.invalid", 1), 1.0)
    server.reach()
    assert server.absent


def test_files_of_tls_that_cannot_be_used_leave_nothing_half_done(listener: Listener, tmp_path: Path) -> None:
    server = Server(listener.address.with_tls(Tls(str(tmp_path / "missing"))), 1.0)
    for _ in range(2):
        with pytest.raises(ConfigError, match="no such file"):
            reached(server)
    assert (None, None) == (server.opening, server.connection)


def test_pauses_grow_and_an_answer_ends_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    monkeypatch.setattr("time.monotonic", lambda: 100.0)
    (server,) = servers("a")

    def pause() -> float:
        server.gone(ConnectionLost("gone"))
        return round(server.retry_at - 100, 3)

    assert [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0] == [pause() for _ in range(9)]
    server.heard()
    assert 0.1 == pause()
    server.gone(ConnectionLost("gone"), idle=True)
    assert 100.0 == server.retry_at


def test_every_client_finds_the_same_server() -> None:
    forwards, backwards = servers("a", "b", "c"), servers("c", "b", "a")
    for number in range(100):
        task = keyed(f"unique-{number}")
        assert [server.address for server in by_preference(forwards, task)] == [
            server.address for server in by_preference(backwards, task)
        ]


def test_functions_and_uniques_are_told_apart() -> None:
    tasks = [Task(b"f" * a, b"", b"u" * b, shared=True) for a in range(1, 5) for b in range(1, 5)]
    assert 1 < len({by_preference(servers("a", "b"), task)[0].address for task in tasks})


@pytest.mark.parametrize("count", [2, 3, 8])
def test_tasks_are_spread_evenly(count: int) -> None:
    all_servers = [Server(Address("127.0.0.1", 4730 + number), 1.0) for number in range(count)]
    shares = Counter(by_preference(all_servers, keyed(str(n)))[0].address for n in range(1000 * count))
    assert count == len(shares)
    assert all(800 < share < 1200 for share in shares.values())


def test_only_the_tasks_of_a_server_that_is_gone_move() -> None:
    all_servers = servers("a", "b", "c", "d")
    fewer = all_servers[:-1]
    for number in range(500):
        first, *_ = by_preference(all_servers, keyed(str(number)))
        if first in fewer:
            assert first is by_preference(fewer, keyed(str(number)))[0]
