"""Listening sockets: where a server can be reached, and by whom."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import stat
from typing import Any, TypeAlias

from gearcli.errors import BindError, UsageError
from gearcli.protocol.address import Address

BACKLOG = 1024
"""Connections that may wait to be accepted; gearmand's 32 made 10,000 connects take minutes."""


def listen(address: Address, *, backlog: int = BACKLOG) -> list[socket.socket]:
    """Sockets that listen on an address: one for a Unix path, one for each address of a host name.

    Raises BindError where that is impossible.
    """
    try:
        if address.path:
            return [_listen_unix(address.path, backlog)]
        return _listen_tcp(address, backlog)
    except OSError as error:
        raise BindError(f"cannot listen on {address}: {_reason(error)}") from None


def _listen_tcp(address: Address, backlog: int) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    port = address.port
    try:
        for family, kind, protocol, _, where in _resolved(address):
            listener = socket.socket(family, kind, protocol)
            sockets.append(listener)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            if _is_loopback(where[0]):
                _unpaced(listener)
            listener.bind((where[0], port, *where[2:]))
            port = listener.getsockname()[1]  # with port 0 all addresses of a name share the one picked first
            listener.listen(backlog)
            listener.setblocking(False)
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def _unpaced(listener: socket.socket) -> None:
    """Keep connections inside this machine free of congestion control that paces.

    There is nothing to congest, and where BBR is the system's choice its
    timers cost a tenth of a job.  Linux always has reno; others ignore this.
    """
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def _listen_unix(path: str, backlog: int) -> socket.socket:
    """A Unix socket that only its owner may use.  A socket that nobody listens on any longer is replaced."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        previous = os.umask(0o177)
        try:
            listener.bind(path)
        finally:
            os.umask(previous)
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _remove_stale(path: str) -> None:
    """Remove a socket that a killed server left behind; one in use stays, and bind says so."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except OSError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            pass


def close(listener: socket.socket) -> None:
    """Stop listening; the file of a Unix socket goes too."""
    path = listener.getsockname() if listener.family == socket.AF_UNIX else ""
    listener.close()
    if path:
        with contextlib.suppress(OSError):
            os.unlink(path)


def name_of(listener: socket.socket) -> str:
    """The address of a listening socket, as one would type it."""
    return str(_address(listener.family, listener.getsockname()))


def peer_name(connection: socket.socket, sockname: object) -> tuple[str, bytes]:
    """A connection's other end: with its port for a log, without for ``workers``."""
    if connection.family == socket.AF_UNIX:
        return f"unix:{connection.fileno()}", b"unix"
    address = _address(connection.family, sockname)
    return str(address), address.host.encode("ascii", "backslashreplace")


def _address(family: int, sockname: object) -> Address:
    if family == socket.AF_UNIX:
        return Address("", 0, str(sockname))
    assert isinstance(sockname, tuple)
    return Address(str(sockname[0]), int(sockname[1]))


def require_loopback(address: Address) -> None:
    """Raise UsageError for an address that other machines could reach."""
    if address.path:
        return
    try:
        found = _resolved(address)
    except OSError as error:
        raise BindError(f"cannot listen on {address}: {_reason(error)}") from None
    for *_, where in found:
        if not _is_loopback(where[0]):
            raise UsageError(
                f"{address} can be reached from other machines, and Gearman has no passwords. "
                "Listen on 127.0.0.1, or say --insecure-listen if the network is trusted."
            )


def _is_loopback(host: object) -> bool:
    return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback


_Resolved: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]


def _resolved(address: Address) -> list[_Resolved]:
    """The socket addresses of a host name, each once.  Raises OSError."""
    host, port, flags = address.host, address.port, socket.AI_PASSIVE
    return list(dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)))


def _reason(error: OSError) -> str:
    """The words of an operating system error, in small letters."""
    return (error.strerror or str(error)).lower()
