"""`gear __complete`: live values for the shell that completes a command line.

The shell's script says what it wants (functions, handles, servers, contexts)
and which words stand on the line before it.  The answer is pairs of a value
and what it is, each ended by a NUL: a name may hold anything else.  Somebody
waits at the keyboard, so this is quick, never waits long for anybody, and
says nothing when it fails: no parser, a thread for each server, which ends
with the process, and of modules that are slow to load only what they are made
of: `_socket`, and `posix` for `os`.  The shells' scripts start it without
`site` where they can (completions/templates/start.py).
"""

from __future__ import annotations

import _socket
import _thread
import posix
import sys
import time

from gearcli.cli import config_file
from gearcli.protocol import address as addresses
from gearcli.protocol.address import Address, parse_list

TYPE_CHECKING = False  # `typing` takes longer than all else here
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeAlias

    from gearcli.cli.config import Section

    Values: TypeAlias = dict[bytes, bytes]
    """What may be written, and what it is."""

PATIENCE = 0.5
"""Seconds after which whatever has been heard is the answer."""
LONGEST = 1 << 20
"""Bytes of an answer that are read."""
MOST_DIGITS = 20
"""Digits that a count may have: those of 64 bits."""
MOST_JOBS = 10_000
"""No handles are offered where there are more: nobody could choose, and the server would be busy."""

_SYSTEMS = (sys.getfilesystemencoding(), "surrogateescape")
"""How the system's bytes are text, as for `os.fsencode`."""

_FLAGS = "0bknqvxy"  # options without a value that may stand before one with a value in the same word
_SERVER = ("--server", "-s", "-H")
_CONTEXT = ("--context",)


def answer(arguments: Sequence[str]) -> None:
    """Print the values of a kind, and end the process with status 0 whatever happens."""
    try:
        kind, *words = arguments
        found = _KINDS[kind](words)
        data = b"".join(
            b"%b\0%b\0" % (value, _plain(what))
            for value, what in sorted(found.items())
            if _can_be_said(value)
        )
        while data:
            data = data[posix.write(1, data) :]
    except BaseException:
        pass  # whoever presses Tab wants no message
    finally:
        posix._exit(0)  # with the threads that still wait


def _can_be_said(value: bytes) -> bool:
    """Whether a value can be a word; a NUL would end it, and the rest would pass for a description."""
    return value != b"" and b"\0" not in value


def _plain(what: bytes) -> bytes:
    """A description as a terminal may get it: shells quote a value, but show this as it is."""
    if what.isascii() and what.decode("ascii").isprintable():
        return what
    from gearcli.escape import shown  # seldom needed, and slow to load

    return shown(what).encode()


# -- the command line so far ---------------------------------------------------------------


def values_of(names: Sequence[str], words: Sequence[str]) -> Iterator[str]:
    """The values of an option, by any of its names, in words of a command line; not after ``--``."""
    left = iter(words)
    for word in left:
        if word == "--":
            return
        name, equals, value = word.partition("=")
        if word.startswith("--"):
            if name in names:
                yield value if equals else next(left, "")
        elif word.startswith("-"):
            bare = word[1:].lstrip(_FLAGS)
            if f"-{bare[:1]}" in names:
                yield bare[1:] or next(left, "")


def servers_on(words: Sequence[str]) -> list[Address]:
    """The servers that a command line would use.  Raises UsageError or ConfigError."""
    given = parse_list(values_of(_SERVER, words))
    if given:
        return given
    context = next(values_of(_CONTEXT, words), None)
    environ = _environ()
    if not config_file.concerns(context, environ):
        return addresses.servers([], environ)
    from gearcli.cli import config

    return config.servers_of([], config.load(context, environ), environ, named=context is not None)


# -- what is known here ----------------------------------------------------------------------


def servers(words: Sequence[str]) -> Values:
    """Servers that somebody has written down: in the environment or the config file."""
    found = {str(each): "" for each in addresses.servers([], {})}
    for name, section in _sections().items():
        for each in section.servers or []:
            found[str(each)] = f"of the context {name}" if name else "of the config file"
    found |= {str(each): "" for each in addresses.servers([], _environ())}
    return {address.encode(*_SYSTEMS): what.encode() for address, what in found.items()}


def contexts(words: Sequence[str]) -> Values:
    """The contexts of the config file."""
    return {
        name.encode(): ", ".join(map(str, section.servers or [])).encode("utf-8", "replace")
        for name, section in _sections().items()
        if name is not None
    }


def _sections() -> dict[str | None, Section]:
    """What the config file says.  Raises ConfigError."""
    environ = _environ()
    if not config_file.concerns(None, environ):
        return {}
    from gearcli.cli import config

    return config.contexts(environ)


def _environ() -> dict[str, str]:
    """The environment, as `os.environ` has it."""
    return {name.decode(*_SYSTEMS): value.decode(*_SYSTEMS) for name, value in posix.environ.items()}


# -- what servers know ---------------------------------------------------------------------


def functions(words: Sequence[str]) -> Values:
    """The functions of the servers of a command line."""
    return _from_all(words, _functions)


def handles(words: Sequence[str]) -> Values:
    """The handles of their jobs."""
    return _from_all(words, _handles)


_KINDS: dict[str, Callable[[Sequence[str]], Values]] = {
    "functions": functions,
    "handles": handles,
    "servers": servers,
    "contexts": contexts,
}


def _from_all(words: Sequence[str], ask: Callable[[_socket.socket, Values], None]) -> Values:
    """What all servers know, as far as they say it in time."""
    deadline = time.monotonic() + PATIENCE
    found: Values = {}
    asked = [_begin(address, ask, found) for address in servers_on(words)]
    for done in asked:
        done.acquire(timeout=max(0.0, deadline - time.monotonic()))
    return dict(found)


def _begin(
    address: Address, ask: Callable[[_socket.socket, Values], None], found: Values
) -> _thread.LockType:
    """Begin to ask a server; the lock that is free once it has answered."""
    done = _thread.allocate_lock()
    done.acquire()

    def asking() -> None:
        try:
            connection = _connected(address)
            try:
                ask(connection, found)
            finally:
                connection.close()
        except Exception:
            pass  # what it knows is not offered
        finally:
            done.release()

    _thread.start_new_thread(asking, ())
    return done


def _connected(address: Address) -> _socket.socket:
    """A connection, of which an end may be waited for no longer than there is patience.  Raises OSError."""
    if address.path:
        places: list[tuple[int, Any]] = [(_socket.AF_UNIX, address.path)]
    else:
        found = _socket.getaddrinfo(address.node(), address.port, 0, _socket.SOCK_STREAM)
        places = [(family, where) for family, _, _, _, where in found]
    for family, where in places:
        opened = _socket.socket(family, _socket.SOCK_STREAM)
        opened.settimeout(PATIENCE)
        try:
            opened.connect(where)
        except OSError:
            opened.close()
        else:
            return opened
    raise OSError(f"no connection to {address}")


def _rows(connection: _socket.socket, command: bytes) -> list[bytes]:
    """The rows that answer a text command; none for a refusal."""
    connection.send(command + b"\r\n")
    heard = b""
    while len(heard) < LONGEST and heard != b".\n" and not heard.endswith(b"\n.\n"):
        data = connection.recv(1 << 16)
        heard += data
        if not data or (heard.startswith(b"ERR ") and heard.endswith(b"\n")):
            return []
    return heard.split(b"\n")[:-2]


def _functions(connection: _socket.socket, found: Values) -> None:
    escaped = False
    for name, jobs, workers in _counts(connection):
        escaped |= b"\\x" in name
        found.setdefault(name, _counted(jobs, b"job") + b", " + _counted(workers, b"worker"))
    if escaped:
        _exactly(connection, found)


def _counts(connection: _socket.socket) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Functions with their jobs and workers; a row that counts in anything but digits is none."""
    for row in _rows(connection, b"status"):
        name, *numbers = row.rsplit(b"\t", 3)
        if len(numbers) == 3 and all(each.isdigit() and len(each) <= MOST_DIGITS for each in numbers):
            yield name, numbers[0], numbers[2]


def _exactly(connection: _socket.socket, found: Values) -> None:
    r"""Put names in the place of those that rows escape; a gear server tells them percent-encoded.

    Else a row with ``\x0a`` may stand for a line end, or for itself.
    """
    names = {}
    for document in _rows(connection, b"functions"):
        word = document.partition(b'"function":"')[2].partition(b'"')[0]
        first, *others = word.split(b"%")
        names[first + b"".join(bytes([int(each[:2], 16)]) + each[2:] for each in others)] = b""
    if names:
        for name in [*found]:
            if name not in names:
                del found[name]
        found.update({name: found.get(name, b"") for name in names})


def _handles(connection: _socket.socket, found: Values) -> None:
    if sum(int(jobs) for _, jobs, _ in _counts(connection)) > MOST_JOBS:
        return
    for row in _rows(connection, b"show jobs"):
        handle, *columns = row.split(b"\t")
        if handle.decode("utf-8", "replace").isprintable():  # as servers make them
            found[handle] = b"in the background" if columns[-1:] == [b"1"] else b""


def _counted(number: bytes, noun: bytes) -> bytes:
    return b"%b %b%b" % (number, noun, b"" if number == b"1" else b"s")
