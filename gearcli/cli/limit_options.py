"""The options of `gear serve` that bound what peers may cost."""

from __future__ import annotations

from typing import Annotated

import typer

from gearcli.cli.options import lasting, parsed
from gearcli.errors import UsageError
from gearcli.server.bounds import CONNECTIONS
from gearcli.units import in_units, size

LEAST_PACKET, MOST_PACKET = 1 << 16, (1 << 32) - 1
"""Bytes of a packet that may be set as the limit; the protocol has no larger ones."""
LEAST_MEMORY = 16 << 20


def _packet_limit(text: str) -> int:
    """The size of a packet.  Raises UsageError."""
    return _within(text, LEAST_PACKET, MOST_PACKET, "for a packet")


def _memory_limit(text: str) -> int:
    """The size of all that is held.  Raises UsageError."""
    return _within(text, LEAST_MEMORY, 1 << 60, "for everything")


def _within(text: str, least: int, most: int, what: str) -> int:
    wanted = size(text)
    if wanted < least:
        raise UsageError(f"{text!r} is too little {what}; at least {in_units(least)}")
    return min(wanted, most)


MaxPacket = Annotated[
    int,
    typer.Option(
        "--max-packet",
        metavar="SIZE",
        parser=parsed(_packet_limit),
        help="The largest packet taken: a workload or a result with its names.",
    ),
]
MaxConnections = Annotated[
    int | None,
    typer.Option(
        "--max-connections",
        min=1,
        metavar="N",
        help="Connections at a time; more wait until one ends. "
        f"Default: {CONNECTIONS}, or as many as files may be open.",
    ),
]
MaxQueue = Annotated[
    int,
    typer.Option(
        "--max-queue",
        min=0,
        metavar="N",
        help="Jobs that a function may have, where `maxqueue` says nothing else; 0: any number.",
    ),
]
MaxMemory = Annotated[
    int,
    typer.Option(
        "--max-memory",
        metavar="SIZE",
        parser=parsed(_memory_limit),
        help="What all queued jobs, packets in progress and unread answers may take; "
        "from three quarters of it on no new jobs are taken.",
    ),
]
IdleTimeout = Annotated[
    float,
    lasting(
        "--idle-timeout",
        help="Who stops in the middle of a packet that long, or reads no answers, is closed; 0: never. "
        "Who only waits may wait for ever.",
    ),
]
