"""`gear serve --metrics`: where the figures can be read, from before the server runs until it has ended."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gearcli.server import listener as listening

if TYPE_CHECKING:
    from gearcli.protocol.address import Address
    from gearcli.server.engine import Engine
    from gearcli.server.log import Log
    from gearcli.server.loop import Server


@contextlib.contextmanager
def listening_at(address: Address | None, mode: int) -> Iterator[list[socket.socket]]:
    """The sockets of an address, none without one; `mode` is for a Unix socket.  Raises BindError."""
    listeners: list[socket.socket] = []
    if address is not None:
        listeners = listening.listen(address, mode=mode, in_use="Choose another with --metrics.")
    try:
        yield listeners
    finally:
        for each in listeners:
            listening.close(each)


@contextlib.contextmanager
def pages(
    server: Server, engine: Engine, listeners: list[socket.socket], where: Sequence[str]
) -> Iterator[None]:
    """Have a server counted and shown, if there are `listeners`; else nothing of this is even loaded."""
    if not listeners:
        yield
        return
    from gearcli.server.endpoint import Endpoint

    with contextlib.closing(Endpoint(server, engine, listeners, where)):
        yield


def announce(listeners: list[socket.socket], log: Log) -> None:
    """Say where the figures can be read; a program that chose no port learns it here."""
    for each in listeners:
        address = listening.name_of(each)
        where = f"{address}:" if address.startswith("unix:") else f"http://{address}"
        log.notice(f"metrics at {where}/metrics, and for people at {where}/")
