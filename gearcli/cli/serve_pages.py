"""`gear serve --metrics`: where the figures can be read, from before the server runs until it has ended."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gearcli.cli.page_sockets import place_of

if TYPE_CHECKING:
    from gearcli.server.engine import Engine
    from gearcli.server.log import Log
    from gearcli.server.loop import Server


@contextlib.contextmanager
def pages(
    server: Server, engine: Engine, listeners: list[socket.socket], where: Sequence[str], log: Log
) -> Iterator[None]:
    """Have a server counted and shown, if there are `listeners`; else nothing of this is even loaded."""
    if not listeners:
        yield
        return
    from gearcli.server.endpoint import Endpoint

    with contextlib.closing(Endpoint(server, engine, listeners, where, say=log.notice)):
        yield


def announce(listeners: list[socket.socket], log: Log) -> None:
    """Say where the figures can be read."""
    for each in listeners:
        place = place_of(each)
        log.notice(f"metrics at {place}/metrics, and for people at {place}/")
