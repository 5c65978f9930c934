"""`gear metrics`: what servers tell of their functions, for Prometheus."""

from __future__ import annotations

from functools import partial

from gearcli.cli import metrics_options as options
from gearcli.cli.asking import say_failures
from gearcli.cli.exits import ExitStatus
from gearcli.cli.options import ConnectTimeout, Context, Servers, reach
from gearcli.cli.output import message, write_file
from gearcli.cli.page_sockets import listening_at, place_of, require_loopback
from gearcli.client import exposition
from gearcli.client.snapshot import Snapshot, snapshot
from gearcli.client.survey import Survey
from gearcli.protocol.address import Address


def metrics(
    server: Servers = None,
    context: Context = None,
    listen: options.Listen = None,
    insecure_listen: options.InsecureListen = False,
    output: options.Output = None,
    interval: options.Interval = None,
    legacy_names: options.LegacyNames = False,
    connect_timeout: ConnectTimeout = None,
) -> int:
    """Print figures of functions in Prometheus's format, under gearman-exporter's names.

    Or serve them (--listen), or keep them in a file for node_exporter's
    textfile collector (--output). A server that does not answer is
    gearman_up 0; printed or written once, exit status 69 tells of it too.
    """
    options.check(listen, output, interval, insecure_listen=insecure_listen)
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


def _serve(address: Address, servers: Survey[Snapshot], render: partial[str]) -> ExitStatus:
    """Serve the figures until TERM or INT."""
    from gearcli.cli import metrics_service as service

    with listening_at(address, "--listen") as listeners:
        for each in listeners:
            message(f"metrics at {place_of(each)}/metrics")
        service.serve(listeners, servers, render, message)
    return ExitStatus.DONE
