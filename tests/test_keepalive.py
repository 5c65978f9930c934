"""How a TCP connection notices that the other end is gone without a word."""

from __future__ import annotations

import socket

from gearcli.client.connection import connect
from gearcli.keepalive import USUAL, Keepalive, keep_alive
from gearcli.protocol.address import Address
from tests.client.peer import listening
from tests.support import DEADLINE

TCP = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)


def options_of(end: socket.socket) -> list[int]:
    """What keepalive a connection has: on, idle, interval, count."""
    on = end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    return [on, *(end.getsockopt(socket.IPPROTO_TCP, option) for option in TCP)]


def options_of_accepted(keepalive: Keepalive | None) -> list[int]:
    """What keepalive a connection has that a listener accepted."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        keep_alive(listener, keepalive)
        with socket.create_connection(listener.getsockname(), DEADLINE):
            connection, _ = listener.accept()
            with connection:
                return options_of(connection)


def test_accepted_connections_are_kept_alive_as_was_said() -> None:
    with socket.socket() as fresh:
        system = [fresh.getsockopt(socket.IPPROTO_TCP, option) for option in TCP]
    assert [0, *system] == options_of_accepted(None)
    assert [1, *system] == options_of_accepted(Keepalive())
    assert [1, 11, 12, 13] == options_of_accepted(Keepalive(11, 12, 13))
    assert [1, 11, *system[1:]] == options_of_accepted(Keepalive(idle=11))


def test_it_means_nothing_to_a_unix_socket_and_is_no_error() -> None:
    with socket.socket(socket.AF_UNIX) as end:
        keep_alive(end, USUAL)


def test_clients_and_workers_notice_a_lost_server_as_soon_as_it_notices_them() -> None:
    """The system's two hours are no answer to a server that lost power."""
    with listening() as listener:
        connection = connect(Address("127.0.0.1", listener.port))
        with socket.socket(fileno=connection.fileno()) as end:
            assert [1, *USUAL] == options_of(end)
            end.detach()
        connection.close()
