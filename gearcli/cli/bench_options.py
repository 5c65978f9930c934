"""The options of `gear bench`, and what they mean."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from gearcli.cli.options import lasting, parsed
from gearcli.client.load import WORKLOADS
from gearcli.errors import UsageError
from gearcli.protocol.address import Address
from gearcli.units import size

SIZE_LIMIT = 64 << 20
"""Bytes of a workload: what every server takes."""


def chosen(workloads: list[str] | None) -> list[str]:
    """The workloads in the order given, or all.  Raises UsageError."""
    unknown = next((each for each in workloads or () if each not in WORKLOADS), None)
    if unknown is not None:
        raise UsageError(f"{unknown!r} is not a workload; there are {', '.join(WORKLOADS)}")
    return workloads or list(WORKLOADS)


def only(servers: list[Address]) -> Address:
    """The one server that is measured.  Raises UsageError for several."""
    if len(servers) > 1:
        raise UsageError(f"one server is measured at a time, not {len(servers)}; name it with -s")
    return servers[0]


def name(function: str | None) -> bytes:
    """The function that was named, or one that nobody else uses.  Raises UsageError."""
    if function == "":
        raise UsageError("a function has a name; without -f it is a random one")
    return os.fsencode(function or f"gear-bench-{os.urandom(4).hex()}")


def content(count: int) -> bytes:
    """A workload of so many bytes.  Raises UsageError."""
    if count > SIZE_LIMIT:
        raise UsageError(
            f"a workload has at most {SIZE_LIMIT >> 20}M here, because not every server takes more"
        )
    return b"x" * count


Workloads = Annotated[
    list[str] | None,
    typer.Argument(
        metavar=f"[{'|'.join(WORKLOADS)}]...", help="What to measure. Default: all.", show_default=False
    ),
]
Jobs = Annotated[
    int, typer.Option("-n", "--jobs", min=1, metavar="N", help="Jobs of a workload; latency: a tenth.")
]
Connections = Annotated[int, typer.Option("-c", "--connections", min=1, metavar="N", help="Clients.")]
Workers = Annotated[int, typer.Option("-w", "--workers", min=1, metavar="N", help="Workers.")]
Window = Annotated[int, typer.Option("--window", min=1, metavar="N", help="Jobs in flight for each client.")]
Size = Annotated[
    int, typer.Option("--size", metavar="SIZE", parser=parsed(size), help="Bytes of each job's workload.")
]
Function = Annotated[
    str | None,
    typer.Option(
        "-f",
        "--function",
        metavar="NAME",
        help="Function of the jobs; nobody else may use it. Default: a random name.",
    ),
]
Timeout = Annotated[float, lasting("--timeout", help="How long each workload may take.")]
