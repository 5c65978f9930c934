"""Addresses of servers: ``host``, ``host:port``, ``:port``, ``[::1]:4730``, ``unix:/path``.

Lists are separated by commas, in options and in the environment alike.
"""

from __future__ import annotations

TYPE_CHECKING = False  # completion waits for every import, and `typing` is a slow one
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Final

    from gearcli.errors import AddressError
    from gearcli.protocol.tls_files import Tls

DEFAULT_PORT = 4730
"""Gearman's port, as registered with IANA."""

PATH_LIMIT = 107
"""Bytes that a Unix socket's path may have on Linux (unix(7)); on other systems it is four fewer."""

ENVIRONMENT = ("GEARMAN_SERVERS", "GEARMAN_SERVER")
"""Variables with a list of servers, the first that is set counts.
libgearman reads the first, the C tool `gearman` the second."""


class Address:
    """Where a server is: a TCP host and port, or the path of a Unix socket (then `host` is empty).

    `tls` is how a TCP server is reached with TLS, None for without.  Two of
    the same fields are equal.
    """

    # A named tuple in all but the time that `collections` takes to load.
    __slots__ = ("host", "path", "port", "tls")

    def __init__(self, host: str, port: int, path: str = "", tls: Tls | None = None) -> None:
        self.host: Final = host
        self.port: Final = port
        self.path: Final = path
        self.tls: Final = tls

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        return f"Address{self._fields()}"

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def with_tls(self, tls: Tls | None) -> Address:
        """The same server reached with TLS, or without; the same one where it is a Unix socket."""
        return self if self.path else Address(self.host, self.port, tls=tls)

    def node(self) -> str | bytes:
        """The host as getaddrinfo(3) is to be asked for it.

        That is bytes where the codec for names of other scripts, which is slow to load,
        would change nothing.
        """
        labels = self.host.removesuffix(".").split(".")
        plain = self.host.isascii() and all(0 < len(label) < 64 for label in labels)
        return self.host.encode("ascii") if plain else self.host

    def _fields(self) -> tuple[str, int, str, Tls | None]:
        return self.host, self.port, self.path, self.tls


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
            raise _wrong(f"{text!r} names no Unix socket; write unix:/path/to/socket")
        return Address("", 0, path)
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or not host or (rest and not rest.startswith(":")):
            raise _wrong(f"{text!r} is not an address; write [::1]:4730")
        return Address(host, _port(rest[1:], text) if rest else default_port)
    if text.count(":") > 1:  # an IPv6 address without brackets has no room for a port
        return Address(text, default_port)
    host, colon, port = text.partition(":")
    if not host and not colon:
        raise _wrong("an empty text is not an address; write host, host:port or unix:/path")
    return Address(host or default_host, _port(port, text) if colon else default_port)


def _wrong(message: str) -> AddressError:
    """The error of a text that is no address; who completes a line with good ones does not wait for it."""
    from gearcli.errors import AddressError

    return AddressError(message)


def _port(text: str, whole: str) -> int:
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit()) or len(digits) > 5 or int(digits or "0") > 65535:
        raise _wrong(f"{whole!r} has no valid port; a port is a number from 0 to 65535")
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
        raise _wrong("no server is named; for those of the environment leave the argument out")
    return list(dict.fromkeys(found))
