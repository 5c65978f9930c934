"""Which servers the tools `gearman` and `gearadmin` talk to."""

from __future__ import annotations

from collections.abc import Mapping

from gearcli.cli.reach import CA, CERT, KEY
from gearcli.errors import UsageError
from gearcli.protocol.address import DEFAULT_PORT, ENVIRONMENT, Address, parse_list
from gearcli.protocol.tls_files import Tls

ADDED, REPLACING = ENVIRONMENT
"""Variables with lists of servers: libgearman's count besides, the tool's instead of its options."""


def servers_of(host: str | None, port: str | None, environ: Mapping[str, str]) -> list[Address]:
    """The servers of `gearman`: those that its variable or its options name, and libgearman's besides.

    They stand in the order in which a job tries them, which is that of
    libgearman: who is named last is tried first, and libgearman's own come
    after all others.  Raises AddressError and UsageError.
    """
    found = parse_list([environ.get(REPLACING, "")])
    found = found or [Address(host or "localhost", _number(port or "0") or DEFAULT_PORT)]
    return list(dict.fromkeys([*reversed(found), *reversed(parse_list([environ.get(ADDED, "")]))]))


def _number(port: str) -> int:
    if not _is_port(port):
        raise UsageError(f"-p {port}: a port is a number up to 65535")
    return int(port)


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= 65535


def port_of(text: str) -> int:
    """The port of a number, or of the name of a service.  Raises UsageError."""
    if _is_port(text):
        return int(text)
    import socket

    try:
        return socket.getservbyname(text, "tcp")
    except (OSError, OverflowError):
        raise UsageError(f"{text!r} is no port, and no service has that name") from None


def secured(address: Address, environ: Mapping[str, str]) -> Address:
    """The address as it is reached with TLS, by the files that libgearman's variables name."""
    return address.with_tls(Tls(*map(environ.get, (CA, CERT, KEY))))
