"""Listening sockets: where a server can be reached, and by whom."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import os
import socket
import stat
from collections.abc import Collection
from typing import TYPE_CHECKING, Any, TypeAlias
from weakref import WeakKeyDictionary

from gearcli.errors import BindError, UsageError, reason_of
from gearcli.protocol.address import Address, too_long

if TYPE_CHECKING:
    from gearcli.tls import Socket

BACKLOG = 1024
"""Connections that may wait to be accepted; gearmand's 32 made 10,000 connects take minutes."""


SOCKET_MODE = 0o600
"""Who may use a Unix socket: its owner."""

_MISSING_HERE = frozenset({errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL})
"""What an address of a family that the machine does not have is answered with."""

_IN_USE = "Is a server running there already? Choose another address with -L or port with -p."
"""What to do about an address that is taken."""

_files: WeakKeyDictionary[socket.socket, tuple[int, int]] = WeakKeyDictionary()
"""The Unix sockets that this module has bound: their files go with them."""


def listen(
    address: Address,
    *,
    backlog: int = BACKLOG,
    mode: int = SOCKET_MODE,
    taken: Collection[str] = (),
    in_use: str = _IN_USE,
) -> list[socket.socket]:
    """Sockets that listen on an address: one for a Unix path, one for each address of a host name.

    `mode` is the permissions of a Unix socket; `taken` are the names of
    sockets that listen already, of which a host name may be another name;
    `in_use` is what to do about an address that somebody else has.  Raises
    BindError where it is impossible; of a name with several addresses those are left out that
    the machine does not have (localhost as ::1 where IPv6 is off).
    """
    try:
        if address.path:
            if fault := _path_fault(address.path):
                raise BindError(f"cannot listen on {address}: {fault}")
            return [_listen_unix(address.path, backlog, mode)]
        return _listen_tcp(address, backlog, taken)
    except OSError as error:
        raise BindError(f"cannot listen on {address}: {reason_of(error)}{_advice(error, in_use)}") from None


def _path_fault(path: str) -> str:
    """Why no socket can be made at a path; empty where one may, or where a socket is."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return too_long(path)
    if stat.S_ISDIR(mode):
        return f"a folder is there; name a path in it, such as unix:{os.path.join(path, 'gear.sock')}"
    return "" if stat.S_ISSOCK(mode) else "something that is no socket is there; name another path"


def _advice(error: OSError, in_use: str) -> str:
    """What to do about it, where that can be known."""
    return f". {in_use}" if error.errno == errno.EADDRINUSE else ""


def _listen_tcp(address: Address, backlog: int, taken: Collection[str]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    port = address.port
    try:
        for found in _resolved(address):
            if str(_address(found[0], found[4])) in taken:
                continue
            try:
                sockets.append(_bound(found, port, backlog))
            except OSError as error:
                if error.errno not in _MISSING_HERE:
                    raise
                missing = missing or error
            else:
                port = sockets[0].getsockname()[1]  # with port 0 all share the one picked first
        if missing is not None and not sockets:
            raise missing
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def _bound(found: _Resolved, port: int, backlog: int) -> socket.socket:
    family, kind, protocol, _, where = found
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if _is_loopback(where[0]):
            _unpaced(listener)
        listener.bind((where[0], port, *where[2:]))
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _unpaced(listener: socket.socket) -> None:
    """Keep connections inside this machine free of congestion control that paces.

    There is nothing to congest, and where BBR is the system's choice its
    timers cost a tenth of a job.  Linux always has reno; others ignore this.
    """
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def _listen_unix(path: str, backlog: int, mode: int) -> socket.socket:
    """A Unix socket.  One that nobody listens on any longer is replaced."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        _remove_stale(path)
        previous = os.umask(0o777 & ~mode)
        try:
            listener.bind(path)
        finally:
            os.umask(previous)
        listener.listen(backlog)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    _files[listener] = _identity(path)
    return listener


def _identity(path: str) -> tuple[int, int]:
    """Which file a path leads to.  Raises OSError."""
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def give(listener: socket.socket, uid: int, gid: int) -> None:
    """Make a user the owner of a Unix socket's file, so that it stays the server's own."""
    if listener in _files:
        os.chown(listener.getsockname(), uid, gid, follow_symlinks=False)


def _remove_stale(path: str) -> None:
    """Remove a socket that a killed server left behind; one in use stays, and bind says so."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return
    except OSError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)  # one whose backlog is full is in use too
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
        except OSError:
            pass


def close(listener: socket.socket) -> None:
    """Stop listening; the file of a Unix socket goes too, unless somebody else has made it."""
    path = listener.getsockname() if listener in _files else ""
    listener.close()
    if path:
        with contextlib.suppress(OSError):
            if _identity(path) == _files.pop(listener):
                os.unlink(path)


def name_of(listener: socket.socket) -> str:
    """The address of a listening socket, as one would type it."""
    return str(_address(listener.family, listener.getsockname()))


def peer_name(connection: Socket, sockname: object) -> tuple[str, bytes]:
    """A connection's other end: with its port for a log, without for ``workers``."""
    if connection.family == socket.AF_UNIX:
        return f"unix:{connection.fileno()}", b"unix"
    address = _address(connection.family, sockname)
    return str(address), address.host.encode("ascii", "backslashreplace")


def _address(family: int, sockname: object) -> Address:
    if family == socket.AF_UNIX:  # an abstract one is bytes and begins with a NUL
        path = sockname.decode(errors="backslashreplace") if isinstance(sockname, bytes) else str(sockname)
        return Address("", 0, path.replace("\0", "@"))
    assert isinstance(sockname, tuple)
    return Address(str(sockname[0]), int(sockname[1]))


_FOR_JOBS = (
    "Gearman has no passwords. Listen on 127.0.0.1, use --tls with --ca, "
    "or say --insecure-listen if the network is trusted."
)
FOR_PAGES = "these pages are shown to anybody. Use 127.0.0.1, or say --insecure-listen if that is meant."
"""What to do about an address at which figures would be seen from other machines."""


def require_loopback(address: Address, advice: str = _FOR_JOBS) -> None:
    """Raise UsageError, with an advice, for an address that other machines could reach."""
    if address.path:
        return
    try:
        found = _resolved(address)
    except OSError as error:
        raise BindError(f"cannot listen on {address}: {reason_of(error)}") from None
    for *_, where in found:
        _require_loopback(where[0], str(address), advice)


def require_inherited_loopback(listener: socket.socket) -> None:
    """Raise UsageError for a socket that other machines could reach: also systemd's default is that."""
    if listener.family != socket.AF_UNIX:
        _require_loopback(listener.getsockname()[0], name_of(listener))


def _require_loopback(host: object, name: str, advice: str = _FOR_JOBS) -> None:
    if not _is_loopback(host):
        raise UsageError(f"{name} can be reached from other machines, and {advice}")


def _is_loopback(host: object) -> bool:
    return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback


_Resolved: TypeAlias = tuple[int, int, int, str, tuple[Any, ...]]


def _resolved(address: Address) -> list[_Resolved]:
    """The socket addresses of a host name, each once.  Raises OSError."""
    node, port, flags = address.node(), address.port, socket.AI_PASSIVE
    try:
        return list(dict.fromkeys(socket.getaddrinfo(node, port, type=socket.SOCK_STREAM, flags=flags)))
    except UnicodeError:  # an empty or overlong part, or bytes that are no text
        raise OSError("not a host name") from None
