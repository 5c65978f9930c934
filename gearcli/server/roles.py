"""Who may do what: submit jobs of some functions, work on some, command the server.

A peer is known by the names in its certificate, on a Unix socket by its user:
``user:NAME`` or ``user:NUMBER``.  Where no role is given to anybody,
everybody may do everything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from enum import Enum
from fnmatch import translate
from typing import NamedTuple, TypeAlias

from gearcli.errors import UsageError
from gearcli.protocol.packets import ABILITIES, SUBMISSIONS, PacketType
from gearcli.protocol.refusals import Refusal
from gearcli.protocol.text import FOR_ADMINS, err, words_of
from gearcli.server.peers import Peer


class Role(Enum):
    """What somebody may do."""

    SUBMIT = "submit"
    WORK = "work"
    ADMIN = "admin"


class Grant(NamedTuple):
    """That who is called `name` has a role, for the functions that match `glob`."""

    name: str
    role: Role
    glob: str = "*"


def parse(text: str) -> Grant:
    """The grant that ``NAME=ROLE[:GLOB]`` says.  Raises UsageError."""
    name, equals, rest = text.rpartition("=")
    word, colon, glob = rest.partition(":")
    roles = {role.value: role for role in Role}
    if not equals or not name or word not in roles or (colon and not glob):
        raise UsageError(
            f"{text!r} is no role; write NAME=submit, NAME=work or NAME=admin, "
            "for some functions NAME=work:thumbs_*"
        )
    if roles[word] is Role.ADMIN and colon:
        raise UsageError(f"{text!r}: an admin commands the whole server; leave :{glob} away")
    return Grant(name, roles[word], glob or "*")


class Rights:
    """What one peer may do."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        mine = list(grants)
        self.admin = any(grant.role is Role.ADMIN for grant in mine)
        self._may = {
            role: re.compile("|".join(translate(grant.glob) for grant in mine if grant.role is role))
            for role in (Role.SUBMIT, Role.WORK)
            if any(grant.role is role for grant in mine)
        }

    def may(self, role: Role, function: bytes) -> bool:
        """Whether a role is theirs for a function.  An admin has all of them."""
        allowed = self._may.get(role)
        return self.admin or (allowed is not None and bool(allowed.match(os.fsdecode(function))))


class Roles:
    """All grants of a server."""

    def __init__(self, grants: Iterable[Grant]) -> None:
        self._grants = list(grants)

    def of(self, names: Iterable[str]) -> Rights:
        """The rights of a peer that has these names."""
        known = frozenset(names)
        return Rights(grant for grant in self._grants if grant.name in known)


Handler: TypeAlias = Callable[..., None]

_FORBIDDEN = err("PERMISSION_DENIED", "This needs the role admin")


def guard(handlers: dict[PacketType, Handler], rights: dict[Peer, Rights]) -> None:
    """Have packets and commands that a peer may not send refused, by the rights that are its own."""
    for type_ in SUBMISSIONS:
        handlers[type_] = _for_function(handlers[type_], rights, Role.SUBMIT)
    for type_ in ABILITIES:
        handlers[type_] = _for_function(handlers[type_], rights, Role.WORK)
    handlers[PacketType.TEXT] = _for_admins(handlers[PacketType.TEXT], rights)


def _for_function(handler: Handler, rights: dict[Peer, Rights], role: Role) -> Handler:
    def guarded(peer: Peer, function: bytes, *fields: bytes) -> None:
        if rights[peer].may(role, function):
            handler(peer, function, *fields)
        else:
            peer.refuse(Refusal.PERMISSION)

    return guarded


def _for_admins(handler: Handler, rights: dict[Peer, Rights]) -> Handler:
    def guarded(peer: Peer, line: bytes) -> None:
        if rights[peer].admin or not _is_for_admins(line):
            handler(peer, line)
        else:
            peer.send(_FORBIDDEN)

    return guarded


def _is_for_admins(line: bytes) -> bool:
    return words_of(line)[0].lower().decode("latin-1") in FOR_ADMINS
