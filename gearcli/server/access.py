"""Who gets in and what they may do there: TLS where it is wanted, roles where they are given.

By default everybody who can connect gets in and may do everything, which is
why a server listens on loopback only by default.
"""

from __future__ import annotations

import pwd
import selectors
import socket
import struct
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import TYPE_CHECKING, NamedTuple

from gearcli.errors import UsageError
from gearcli.protocol.packets import PacketType
from gearcli.server.log import Log
from gearcli.server.peers import Peer
from gearcli.server.roles import Grant, Handler, Rights, Roles, guard

if TYPE_CHECKING:
    from gearcli.server.handshakes import Handshakes
    from gearcli.tls import Context, Socket

_CREDENTIALS = struct.Struct("iII")  # struct ucred: pid, uid, gid
_USER = "user:"
"""What names begin with that only the system gives: a certificate that says such a name says nothing."""


class Files(NamedTuple):
    """What TLS is made of, in PEM; without a `ca` anybody is let in, with it who has a certificate of it."""

    cert: str
    key: str | None = None
    ca: str | None = None

    def context(self) -> Context:
        """What the files say now.  Raises ConfigError for files that cannot be used."""
        from gearcli.tls import server_context

        return server_context(self.ca, self.cert, self.key)


class Access:
    """What stands between a connection and the engine.  Raises ConfigError for files that cannot be used."""

    def __init__(self, files: Files | None = None, grants: Sequence[Grant] = ()) -> None:
        self._files = files
        self._context = files.context() if files else None
        self._roles = Roles(grants) if grants else None
        self._rights: dict[Peer, Rights] = {}
        self._handshakes: Handshakes | None = None

    def door(
        self, selector: selectors.BaseSelector, admitted: Callable[[Socket, object], None], log: Log
    ) -> Callable[[socket.socket, object], None]:
        """What to call with each new connection, so that `admitted` is called with those that may come in."""
        if self._context is None:
            return admitted
        from gearcli.server.handshakes import Handshakes

        self._handshakes = Handshakes(selector, self._context, admitted, log)
        return self._handshakes.begin

    def guard(self, handlers: dict[PacketType, Handler]) -> None:
        """Have everybody's packets refused that its rights do not permit."""
        if self._roles is not None:
            guard(handlers, self._rights)

    def welcome(self, peer: Peer, connection: Socket) -> bool:
        """Learn who a new peer is; whether it may do everything."""
        if self._roles is None:
            return True
        self._rights[peer] = self._roles.of(_names(connection))
        return False

    def leave(self, peer: Peer) -> None:
        """A peer is gone."""
        self._rights.pop(peer, None)

    def renew(self, log: Log) -> None:
        """Read the files again, for new connections; those that cannot be used change nothing."""
        if self._files is None or self._handshakes is None:
            return
        from gearcli.errors import ConfigError

        try:
            self._handshakes.context = self._files.context()
        except ConfigError as error:
            log.notice(f"TLS goes on as before: {error}")

    @property
    def due(self) -> float:
        """When `expire` is wanted, monotonic; infinity if never."""
        return inf if self._handshakes is None else self._handshakes.due

    @property
    def pending(self) -> int:
        """How many connections have not come in yet."""
        return 0 if self._handshakes is None else len(self._handshakes)

    def expire(self, now: float) -> None:
        """End what takes too long."""
        if self._handshakes is not None:
            self._handshakes.expire(now)

    def close(self) -> None:
        """End what is not agreed upon yet."""
        if self._handshakes is not None:
            self._handshakes.close()


def require_bearers(grants: Iterable[Grant], *, certificates: bool, users: bool) -> None:
    """Raise UsageError for a role that nobody could ever have: who shall have it would be kept out.

    `certificates` says whether clients are asked for theirs, `users` whether
    there is a Unix socket, at which users are known.
    """
    for grant in grants:
        kind, _, user = grant.name.partition(":")
        if kind == "user":
            fault = _user_fault(user) if users else "users are known on Unix sockets only; add -L unix:/path"
        elif not certificates:
            fault = (
                "nobody has to show a certificate; that takes TCP with --tls, --cert and --ca. "
                "A user on a Unix socket is user:NAME"
            )
        else:
            continue
        if fault:
            raise UsageError(f"nobody could have the role {grant.name}={grant.role.value}: {fault}")


def _user_fault(user: str) -> str:
    """Why nobody is that user; empty for one who may be."""
    if user.isdigit():
        return ""
    try:
        pwd.getpwnam(user)
    except (KeyError, ValueError):
        return f"there is no user {user!r}; name one of /etc/passwd, or a number"
    return ""


def _names(connection: Socket) -> tuple[str, ...]:
    """The names by which the other side is known: those of its certificate; of its user on a Unix socket."""
    if not isinstance(connection, socket.socket):
        return tuple(name for name in connection.names() if not name.startswith(_USER))
    if connection.family != socket.AF_UNIX or not hasattr(socket, "SO_PEERCRED"):
        return ()
    room = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _, uid, _ = _CREDENTIALS.unpack(room)
    try:
        return f"{_USER}{uid}", f"{_USER}{pwd.getpwuid(uid).pw_name}"
    except KeyError:
        return (f"{_USER}{uid}",)
