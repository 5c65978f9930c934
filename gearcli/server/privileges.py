"""What the system lets a server do: as which user it runs, how many files it may open."""

from __future__ import annotations

import codecs
import contextlib
import os
import pwd
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from gearcli.errors import NotPermitted, UsageError, reason_of
from gearcli.server.bounds import CONNECTIONS, RESERVE

_CODECS = ("ascii", "latin-1", "utf-8", "unicode_escape")
"""What a server encodes and escapes with.  Python loads a codec from a file when it is first asked for."""


_MOST = "/proc/sys/fs/nr_open"
"""How many files root may let a process open (proc(5)); only Linux has it."""


class Account(NamedTuple):
    """A user of the system."""

    name: str
    uid: int
    gid: int


def account(name: str) -> Account:
    """The user of a name.  Raises UsageError."""
    try:
        found = pwd.getpwnam(name)
    except (KeyError, ValueError):
        raise UsageError(f"there is no user {name!r}; name one of /etc/passwd with --user") from None
    return Account(found.pw_name, found.pw_uid, found.pw_gid)


def require_may_become(user: Account) -> None:
    """Raise NotPermitted where this process could not become a user."""
    if os.geteuid() not in (0, user.uid):
        raise NotPermitted(f"only root can become {user.name}: run it as root, or without --user")


def become(user: Account) -> None:
    """Be that user from now on, for good, with its groups and no others.  Raises NotPermitted.

    What will be needed has to be loaded before: where root has installed
    Python for itself, the user cannot read its files.
    """
    _load_codecs()
    if os.geteuid() == user.uid != 0:
        return
    try:
        os.initgroups(user.name, user.gid)
        os.setgid(user.gid)  # of root also the real and the saved one
        os.setuid(user.uid)
    except OSError as error:
        raise _cannot_become(user, error) from None


@contextlib.contextmanager
def acting_as(user: Account | None) -> Iterator[None]:
    """Be that user, if there is one, and then root again: what is opened meanwhile is what the user may open.

    What is made is the user's.  Raises NotPermitted.  For what has to be loaded before see `become`.
    """
    _load_codecs()
    if user is None or os.geteuid() == user.uid != 0:
        yield
        return
    before = os.geteuid(), os.getegid(), os.getgroups()
    try:
        try:
            os.initgroups(user.name, user.gid)
            os.setegid(user.gid)
            os.seteuid(user.uid)
        except OSError as error:
            raise _cannot_become(user, error) from None
        yield
    finally:
        _return_to(*before)


def _return_to(uid: int, gid: int, groups: list[int]) -> None:
    if os.geteuid() != uid:
        os.seteuid(uid)  # first: only root may have the others back
    if os.getegid() != gid:
        os.setegid(gid)
    if os.getgroups() != groups:
        os.setgroups(groups)


def _load_codecs() -> None:
    for codec in _CODECS:
        codecs.lookup(codec)


def _cannot_become(user: Account, error: OSError) -> NotPermitted:
    return NotPermitted(f"cannot become {user.name}: {reason_of(error)}; run it as root, or without --user")


def allow_files(wanted: int | None) -> None:
    """Let this process have so many open files, by default as many as the system allows.

    Every connection is one.  Raises NotPermitted for more than the hard
    limit, which only root may raise.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft = hard if wanted is None else wanted
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard if _within(soft, hard) else soft))
    except (OSError, ValueError):
        more = "raise fs.nr_open" if os.geteuid() == 0 else "run it as root"
        raise NotPermitted(
            f"cannot have {wanted} open files, at most {_most_files(hard)}: ask for fewer, or {more}"
        ) from None


def _most_files(hard: int) -> int:
    """How many files this process may have open, now or after it has raised its hard limit, as root may."""
    if os.geteuid() != 0:
        return hard
    try:
        return max(hard, int(Path(_MOST).read_bytes()))
    except (OSError, ValueError):
        return hard


def connections(wanted: int | None, *, as_files_allow: bool) -> int:
    """How many connections there may be, so that `RESERVE` files can be open besides.

    Without a number: `CONNECTIONS`, or as many as files may be open if
    `as_files_allow`.  Raises NotPermitted for more than that.
    """
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted or CONNECTIONS
    possible = soft - min(RESERVE, soft // 2)
    if wanted is None:
        return possible if as_files_allow else min(CONNECTIONS, possible)
    if wanted > possible:
        raise NotPermitted(
            f"cannot have {wanted} connections: only {soft} files may be open, and some are needed besides; "
            "raise that limit (ulimit -n, LimitNOFILE=, --file-descriptors)"
        )
    return wanted


def _within(soft: int, hard: int) -> bool:
    return hard == resource.RLIM_INFINITY or soft <= hard
