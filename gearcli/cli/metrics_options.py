"""The options of `gear metrics`, and which of them go together."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from gearcli.cli.options import every, page_address, parsed
from gearcli.errors import UsageError
from gearcli.protocol.address import Address

PORT = 9418
"""gearman-exporter's."""


def exporter_address(text: str) -> Address:
    """Where figures are to be served: on loopback and gearman-exporter's port unless it says another."""
    return page_address(text, default_port=PORT)


Listen = Annotated[
    Any,
    typer.Option(
        "--listen",
        metavar="ADDR",
        parser=parsed(exporter_address),
        help=f"Serve them at /metrics, and /healthz: host, :port, host:port. Default port: {PORT}.",
    ),
]
InsecureListen = Annotated[
    bool, typer.Option("--insecure-listen", help="Allow an address that other machines can reach.")
]
Output = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE.prom",
        help="Write them into a file, whole at any time; -: print them.",
    ),
]
Interval = Annotated[float | None, every("Write the file again and again.")]
LegacyNames = Annotated[
    bool, typer.Option("--legacy-names", help="Also the names of gearman-exporter's first versions.")
]


def check(
    listen: Address | None, output: str | None, interval: float | None, *, insecure_listen: bool
) -> None:
    """Raise UsageError for options that do not go together."""
    if listen is not None and output is not None:
        raise UsageError("--listen and --output exclude each other")
    if interval is not None and output is None:
        raise UsageError("-i is how often a file is written; say --output FILE.prom too")
    if interval is not None and output is not None and not _is_file(output):
        raise UsageError(f"-i is how often a file is written; {output} is none")
    if interval is not None and interval < 0.1:
        raise UsageError("-i is 100ms at least")
    if insecure_listen and listen is None:
        raise UsageError("--insecure-listen is about --listen")


def _is_file(path: str) -> bool:
    from gearcli.wholefile import is_file

    return path != "-" and is_file(path)
