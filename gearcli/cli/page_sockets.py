"""The sockets at which pages can be read: those of `serve --metrics`, `worker --metrics`, `metrics --listen`.

Who serves no pages does not even load what listens.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

    from gearcli.protocol.address import Address


def require_loopback(address: Address | None, *, insecure: bool) -> None:
    """Raise UsageError for an address that other machines could reach, unless that is meant."""
    if address is not None and not insecure:
        from gearcli.server import listener

        listener.require_loopback(address, listener.FOR_PAGES)


@contextlib.contextmanager
def listening_at(address: Address | None, option: str, **how: Any) -> Iterator[list[socket.socket]]:
    """The sockets of an address, none without one.  Raises BindError.

    `option` is what says another address, `how` as `gearcli.server.listener.listen` takes it.
    """
    if address is None:
        yield []
        return
    from gearcli.server import listener

    listeners = listener.listen(address, in_use=f"Choose another with {option}.", **how)
    try:
        yield listeners
    finally:
        for each in listeners:
            listener.close(each)


def place_of(listener: socket.socket) -> str:
    """Where pages can be read, up to their path; a program that chose no port learns it so."""
    from gearcli.server.listener import name_of

    address = name_of(listener)
    return f"{address}:" if address.startswith("unix:") else f"http://{address}"
