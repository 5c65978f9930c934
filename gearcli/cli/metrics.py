"""`gear metrics`: what servers tell of their functions, for Prometheus."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from gearcli.cli.asking import say_failures
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import ConnectTimeout, Context, Servers, every, page_address, parsed, reach
from gearcli.cli.output import message, write_file
from gearcli.cli.page_sockets import listening_at, place_of, require_loopback
from gearcli.client import exposition
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.client.survey import Survey
from gearcli.errors import UsageError
from gearcli.protocol.address import Address

PORT = 9418
"""gearman-exporter's."""


def exporter_address(text: str) -> Address:
    """Where figures are to be served: on loopback and gearman-exporter's port unless it says another."""
    return page_address(text, default_port=PORT)


def metrics(
    server: Servers = None,
    context: Context = None,
    listen: Annotated[
        Any,
        typer.Option(
            "--listen",
            metavar="ADDR",
            parser=parsed(exporter_address),
            help=f"Serve them at /metrics, and /healthz: host, :port, host:port. Default port: {PORT}.",
        ),
    ] = None,
    insecure_listen: Annotated[
        bool, typer.Option("--insecure-listen", help="Allow an address that other machines can reach.")
    ] = False,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE.prom",
            help="Write them into a file, whole at any time; -: print them.",
        ),
    ] = None,
    interval: Annotated[float | None, every("Write the file again and again.")] = None,
    legacy_names: Annotated[
        bool, typer.Option("--legacy-names", help="Also the names of gearman-exporter's first versions.")
    ] = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Print figures of functions in Prometheus's format, under gearman-exporter's names.

    Or serve them (--listen), or keep them in a file for node_exporter's
    textfile collector (--output). A server that does not answer is
    gearman_up 0; printed or written once, exit status 69 tells of it too.
    """
    _check(listen, output, interval, insecure_listen=insecure_listen)
    reached = reach(server, context, connect_timeout)
    require_loopback(listen, insecure=insecure_listen)
    render = partial(exposition.metrics, legacy=legacy_names)
    with Survey(reached.servers, snapshot, connect_timeout=reached.connect_timeout) as servers:
        if listen is not None:
            return _serve(listen, servers, render)
        if output is not None and interval is not None:
            from gearcli.cli import metrics_service as service

            service.keep(output, interval, servers, render, message)
            return ExitStatus.DONE
        answers = servers.ask()
    write_file(output or "-", render(answers))
    return say_failures(answers)


def _check(
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


def _serve(address: Address, servers: Survey[Snapshot], render: partial[str]) -> ExitStatus:
    """Serve the figures until TERM or INT."""
    from gearcli.cli import metrics_service as service

    with listening_at(address, "--listen") as listeners:
        for each in listeners:
            message(f"metrics at {place_of(each)}/metrics")
        service.serve(listeners, servers, render, message)
    return ExitStatus.DONE
