"""Addresses of servers: ``host``, ``host:port``, ``:port``, ``[::1]:4730``, ``unix:/path``.

Lists are separated by commas, in options and in the environment alike.
"""

from __future__ import annotations

from collections import namedtuple

from gearcli.errors import AddressError

TYPE_CHECKING = False  # completion waits for every import, and `typing` is a slow one
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import NamedTuple

    class _TlsFields(NamedTuple):
        ca: str | None = None
        cert: str | None = None
        key: str | None = None

    class _Fields(NamedTuple):
        host: str
        port: int
        path: str = ""
        tls: Tls | None = None
else:
    _TlsFields = namedtuple("_TlsFields", ("ca", "cert", "key"), defaults=(None, None, None))
    _Fields = namedtuple("_Fields", ("host", "port", "path", "tls"), defaults=("", None))

DEFAULT_PORT = 4730
"""Gearman's port, as registered with IANA."""

PATH_LIMIT = 107
"""Bytes that a Unix socket's path may have on Linux (unix(7)); on other systems it is four fewer."""

ENVIRONMENT = ("GEARMAN_SERVERS", "GEARMAN_SERVER")
"""Variables with a list of servers, the first that is set counts.
libgearman reads the first, the C tool `gearman` the second."""


class Tls(_TlsFields):
    """That a server is reached with TLS, and with which files, all in PEM.

    `ca` are the certificates of the authorities that vouch for the server,
    None for those of the system; `cert` is the certificate by which we are
    known to it, `key` the key of that, None if it is in the same file.
    """

    __slots__ = ()


class Address(_Fields):
    """Where a server is: a TCP host and port, or the path of a Unix socket (then `host` is empty).

    `tls` is how a TCP server is reached with TLS, None for without.
    """

    __slots__ = ()

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def too_long(path: str) -> str:
    """Why a path cannot be that of a Unix socket; empty for one that can be."""
    length = len(path.encode("utf-8", "surrogateescape"))
    if length <= PATH_LIMIT:
        return ""
    return f"a Unix socket's path has {PATH_LIMIT} bytes at most, this one has {length}; name a shorter one"


def parse(text: str, *, default_host: str = "localhost", default_port: int = DEFAULT_PORT) -> Address:
    """The address that a text names.  Raises AddressError."""
    text = text.strip()
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        if not path or "\0" in path:
            raise AddressError(f"{text!r} names no Unix socket; write unix:/path/to/socket")
        return Address("", 0, path)
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or not host or (rest and not rest.startswith(":")):
            raise AddressError(f"{text!r} is not an address; write [::1]:4730")
        return Address(host, _port(rest[1:], text) if rest else default_port)
    if text.count(":") > 1:  # an IPv6 address without brackets has no room for a port
        return Address(text, default_port)
    host, colon, port = text.partition(":")
    if not host and not colon:
        raise AddressError("an empty text is not an address; write host, host:port or unix:/path")
    return Address(host or default_host, _port(port, text) if colon else default_port)


def _port(text: str, whole: str) -> int:
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit()) or len(digits) > 5 or int(digits or "0") > 65535:
        raise AddressError(f"{whole!r} has no valid port; a port is a number from 0 to 65535")
    return int(digits or "0")


def parse_list(texts: Iterable[str]) -> list[Address]:
    """The addresses in texts that may hold several each, separated by commas, without repeats."""
    found = (parse(part) for text in texts for part in text.split(",") if part.strip())
    return list(dict.fromkeys(found))


def servers(given: Iterable[str], environ: Mapping[str, str]) -> list[Address]:
    """The servers to use: those given, else the environment's, else localhost on Gearman's port."""
    for texts in (list(given), *([environ[name]] for name in ENVIRONMENT if environ.get(name))):
        if addresses := parse_list(texts):
            return addresses
    return [Address("localhost", DEFAULT_PORT)]


def named(given: str | Address | Sequence[str | Address] | None, environ: Mapping[str, str]) -> list[Address]:
    """The servers that a caller of the Python API names; the environment's for None.  Raises AddressError."""
    if given is None:
        return servers([], environ)
    each = [given] if isinstance(given, str | Address) else given
    found = [address for one in each for address in (parse_list([one]) if isinstance(one, str) else [one])]
    if not found:
        raise AddressError("no server is named; for those of the environment leave the argument out")
    return list(dict.fromkeys(found))
