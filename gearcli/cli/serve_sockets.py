"""The sockets at which `gear serve` takes jobs."""

from __future__ import annotations

import os
import socket

from gearcli.keepalive import Keepalive, keep_alive
from gearcli.protocol.address import Address, parse
from gearcli.server import listener as listening


def addresses(texts: list[str], port: int) -> list[Address]:
    """The addresses to listen on, each once.  Raises AddressError."""
    parts = (part for text in texts for part in text.split(","))
    return list(dict.fromkeys(parse(part, default_host="127.0.0.1", default_port=port) for part in parts))


def whole(address: Address) -> Address:
    """The address with its whole path: a daemon leaves its folder, and has to find its socket at the end."""
    return Address("", 0, os.path.abspath(address.path)) if address.path else address


def require_loopback(wanted: list[Address], given: list[socket.socket]) -> None:
    """Raise UsageError where other machines could reach the server."""
    for address in wanted:
        listening.require_loopback(address)
    for listener in given:
        listening.require_inherited_loopback(listener)


def opened(
    wanted: list[Address],
    given: list[socket.socket],
    backlog: int,
    mode: int,
    alive: Keepalive | None,
) -> list[socket.socket]:
    """Listen on all addresses.  Raises BindError."""
    listeners = list(given)
    try:
        for address in wanted:
            taken = [listening.name_of(listener) for listener in listeners]
            listeners += listening.listen(address, backlog=backlog, mode=mode, taken=taken)
    except Exception:
        for listener in listeners:
            listening.close(listener)  # with the files of Unix sockets, which would remain
        raise
    for listener in listeners:
        keep_alive(listener, alive)
    return listeners


def keepalive(*numbers: int) -> Keepalive:
    """When to ask silent connections; what is not above 0 is left to the system."""
    return Keepalive(*(number if number > 0 else None for number in numbers))
